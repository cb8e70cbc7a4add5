"""The policy engine: from a level, facts and a time to a decision. Pure."""
