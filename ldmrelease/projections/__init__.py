"""Pure folds of events into typed rows that can be rebuilt: pins, promotions, receipts, what was observed."""
