"""The ledger in one SQLite file. Nothing else of the package knows SQLite."""
