"""Telling people: by a command, a webhook, a chat's webhook, or mail."""
