"""Questions that people write as expressions: read, checked for types, and asked of values."""
