"""Release management and container promotion, every step bound to image digests (LDM-564)."""
