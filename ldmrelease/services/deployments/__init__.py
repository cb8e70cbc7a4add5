"""Places: which a target means, what they hold, how their clusters are reached."""
