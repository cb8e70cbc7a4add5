"""What a promotion does next, from its plan and its journal. Pure."""
