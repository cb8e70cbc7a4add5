"""The kinds of check."""
