"""Answers as text, JSON and YAML."""
