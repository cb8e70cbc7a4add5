"""How a level's checks are run."""
