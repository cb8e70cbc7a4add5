"""Requests to an API server: access, transport, watches, and the errors that they end in."""
