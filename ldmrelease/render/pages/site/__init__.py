"""A site of static pages: what runs where, and why it was allowed, with links between all of it."""
