"""The same answer everywhere: facts that a seed makes, and everybody who decides on them, each in its own process."""
