"""How an environment is written and observed."""
