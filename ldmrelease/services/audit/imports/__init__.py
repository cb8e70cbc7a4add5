"""Imports of history that others wrote."""
