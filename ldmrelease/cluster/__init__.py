"""The way to Kubernetes API servers: requests, lists and watches on plain JSON objects."""
