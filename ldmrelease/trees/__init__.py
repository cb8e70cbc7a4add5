"""GitOps trees as teams have them: which images they ask for, and which scalars decide each."""
