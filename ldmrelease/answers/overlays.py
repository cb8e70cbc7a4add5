"""What a request was asked for as, where it asks for less than everybody is asked."""

import msgspec

from ldmrelease.domain.overlays import OverlayKind, OverlayRequest


class OverlayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A compression of the level's policy, by its name, or an emergency: less is asked, and a review is owed."""

    kind: OverlayKind
    name: str


def overlay_answer(asked: OverlayRequest | None) -> OverlayAnswer | None:
    """What a request was asked for as."""
    return OverlayAnswer(kind=asked.kind, name=asked.name) if asked is not None else None
