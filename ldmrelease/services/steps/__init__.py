"""The steps of a promotion, one file each."""
