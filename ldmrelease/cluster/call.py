"""A request to an API server, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `verb` is the right that it needs; `is_read` says that it changes nothing."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] | None = None
    is_read: bool = False
    verb: str = ""

    @property
    def name(self) -> str:
        """What it is, for a person."""
        return f"{self.method} {self.path}"
