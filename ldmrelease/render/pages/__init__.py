"""Answers as HTML pages that need nothing else: no server, no script, no request."""
