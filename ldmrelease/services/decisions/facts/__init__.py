"""Facts: what a decision rests on, from its sources, each in a file of its own."""
