"""Milestones at work: what campaigns found in a release, and their results, signed."""
