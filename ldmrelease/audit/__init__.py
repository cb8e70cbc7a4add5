"""What follows from the events: residences, claims, histories. Pure."""
