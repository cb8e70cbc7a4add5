"""The demonstration: a workspace with real parts, and the week of 2023-04-20 played with the real services."""
