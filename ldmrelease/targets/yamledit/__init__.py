"""Edits of YAML text that change one value and leave every other byte as it is. Pure."""
