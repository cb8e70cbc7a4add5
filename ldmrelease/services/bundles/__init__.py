"""Bundles: what a ledger says of its places, signed, so that a gate elsewhere can do without ledger and network."""
