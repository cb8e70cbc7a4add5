"""The index of a ledger whose roots are signed: which hash each event has, and what each stream and kind ends with."""
