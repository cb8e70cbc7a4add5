"""Predicates of statements: one file per type (in-toto Statement v1)."""
