"""People decide: request, approve, waive, freeze, recall, lift, review."""
