"""Overlays: a request asks a level for less than it asks of everybody (LDM-564 2.2.1, "may need to be compressed").

What is asked for, by whom and since when is a fact; what an overlay leaves away is the policy's (`domain/level.py`).
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class OverlayKind(StrEnum):
    """A compression is by the policy and has a receipt of its own name; an emergency has none, and ends soon."""

    COMPRESSED = "compressed"
    EMERGENCY = "emergency"


EMERGENCY = "emergency"
"""What the overlay of an emergency is called: a level has one at most."""


class OverlayRequest(Struct, frozen=True):
    """Which overlay a request asks for: `name` is that of a compression of the level, or `EMERGENCY`."""

    kind: OverlayKind
    name: str = EMERGENCY


class UnaskedSource(Struct, frozen=True):
    """A source of facts that was out of reach in an emergency: `where` was to be asked, `reason` is why it was not.

    `source` is a name of `services/decisions/facts/registry.py`.
    """

    source: str
    where: str
    reason: str


class OverlayFact(Struct, frozen=True):
    """An overlay that is asked for: the roles of whoever asked, as far as they are of the place, and since when."""

    kind: OverlayKind
    name: str
    roles: tuple[str, ...]
    since: datetime
    unasked: tuple[UnaskedSource, ...] = ()


def is_emergency(asked: OverlayRequest | OverlayFact | None) -> bool:
    """Whether an emergency is asked for."""
    return asked is not None and asked.kind is OverlayKind.EMERGENCY
