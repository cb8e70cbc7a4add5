"""A request to an API server, before it is sent."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class ApiCall(Struct, frozen=True):
    """One request. `verb` is the right that it needs; `is_read` says that it changes nothing. The body of a PATCH
    is what is applied, or the operations of a JSON Patch."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] | list[dict[str, Any]] | None = None
    is_read: bool = False
    verb: str = ""

    @property
    def is_json_patch(self) -> bool:
        """Whether its body are operations of a JSON Patch (RFC 6902)."""
        return isinstance(self.body, list)

    @property
    def name(self) -> str:
        """What it is, for a person."""
        return f"{self.method} {self.path}"
