"""Evidence: collected, signed, published."""
