"""Releases: found, pinned, stored, compared."""
