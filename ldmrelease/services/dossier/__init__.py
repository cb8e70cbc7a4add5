"""Everything that is known of a release, for whoever decides about it: a change control board."""
