"""Grammars that a workspace writes itself: a pattern for each kind of tag, with named parts and an order.

`release-{year:4d}.{month:2d}-{patch}` reads `release-2026.11-3`, and nothing else is read by two patterns: that is
found out when the workspace is read. A tag takes time in proportion to its length, whatever the pattern.
"""
