"""What long work tells people who watch, and how often it has to show that it goes on."""

from collections.abc import Callable
from typing import Any

Progress = Callable[[str, dict[str, Any]], None]
"""Told what happens, for people who watch: a code and values."""


HEARTBEAT = 240.0
"""Seconds: well below the ten minutes without an append after which a claim may be taken (details.md, Claims)."""
