"""The ways of telling, a file each."""
