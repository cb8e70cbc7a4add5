"""Adopting a tree that a team has: what is found in it, and the workspace that a person would have written for it."""
