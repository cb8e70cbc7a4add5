"""What a gate says, in the formats of those who read it."""
