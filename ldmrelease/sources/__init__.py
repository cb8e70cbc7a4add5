"""Where releases come from: registry tags, git repositories, EUPS tag lists."""
