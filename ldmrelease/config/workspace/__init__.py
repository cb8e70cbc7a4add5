"""The workspace file: its schema, what it names, and the values that it becomes."""
