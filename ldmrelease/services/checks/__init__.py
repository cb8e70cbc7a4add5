"""Check runs: registered, executed, judged by what stood still meanwhile."""
