"""What a gate says, for people and for the systems that show it: CI, code review, code scanning."""
