"""Argo CD and Flux as their own resources say: what they bring from where, whether they have, and who changed it."""
