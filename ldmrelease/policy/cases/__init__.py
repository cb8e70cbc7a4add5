"""Cases: what is given, what a policy has to decide on it, and whether it does."""
