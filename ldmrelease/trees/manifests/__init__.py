"""Kubernetes manifests as they are applied: every image that they ask for, and where it is written."""
