"""Patterns of a workspace's file: entries with variables, made into the plain entries that everything else reads."""
