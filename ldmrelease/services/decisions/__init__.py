"""Decisions: the facts that they rest on, and the same again from the ledger."""
