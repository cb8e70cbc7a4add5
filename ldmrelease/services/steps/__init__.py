"""The steps of a promotion, one file each. A step may be carried out again: it finds what it did before."""
