"""The audit: what is known of the past, by whom, and since when."""
