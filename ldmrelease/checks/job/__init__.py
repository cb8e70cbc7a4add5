"""Checks as Kubernetes Jobs."""
