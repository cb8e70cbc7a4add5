"""Catalogues of milestones: the one that ships, and those of a workspace; and the campaigns that bind them."""
