"""The rules of a level, one file each. Pure."""
