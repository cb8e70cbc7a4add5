"""Workspace, trust and policy files, read into domain values."""
