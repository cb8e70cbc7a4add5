"""One file per step of a promotion."""
