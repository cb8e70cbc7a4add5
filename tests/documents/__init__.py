"""The documents are played: every command in them is given, and every answer in them is compared."""
