"""The shapes of trees, a file each."""
