"""YAML with places: every value knows its line, and every error names it."""
