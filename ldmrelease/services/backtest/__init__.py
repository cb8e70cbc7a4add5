"""Replaying a history that others wrote against policies: what they would have refused, and what became of it."""
