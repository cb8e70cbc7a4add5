"""Envelopes, keys, roles, and which statement counts."""
