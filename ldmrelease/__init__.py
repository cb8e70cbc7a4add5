"""Release management and container promotion, every step bound to image digests (LDM-564)."""

__version__ = "0.1.0"
