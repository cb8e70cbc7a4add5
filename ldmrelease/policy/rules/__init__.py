"""The rules: each a small pure function with a file of its own, listed in `registry`."""
