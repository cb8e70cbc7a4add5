"""Reports over what is recorded: status, availability, metrics, timelines of environments, nights."""
