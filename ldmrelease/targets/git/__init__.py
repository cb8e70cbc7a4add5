"""Git repositories by the git program: commands, checkouts, remotes."""
