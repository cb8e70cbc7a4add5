"""What a projection is to a ledger: a name, and a pure fold over events."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ldmrelease.domain.events import Event

Fold = Callable[[Callable[[str], Any], Event], Mapping[str, Any]]
"""From (the state of a key, or None; an event) to the states that change; None removes one. Pure."""


class Projector(Struct, frozen=True):
    """A named fold over the events of a ledger; `kinds` are those that can change it, all where it is None."""

    name: str
    fold: Fold
    kinds: frozenset[str] | None = None

    def concerns(self, kind: str) -> bool:
        """Whether events of the kind can change the projection."""
        return self.kinds is None or kind in self.kinds
