"""Audit: history that others wrote, decisions made again, copies of ledgers verified, and why something runs."""
