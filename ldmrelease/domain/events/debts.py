"""What is owed: the review of what a compressed or an emergency promotion lets in (design section 2)."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events.kinds import PROMOTER, EventKind, EventType
from ldmrelease.domain.overlays import OverlayRequest, UnaskedSource
from ldmrelease.domain.streams import debt_stream
from ldmrelease.domain.topology import Place


class ReviewOwed(Struct, frozen=True):
    """A promotion is about to write a release at a place under an overlay: somebody other than `person`, who asked for
    it, has to review it by `due`. `expires` is when what an emergency let in is let in no longer.

    `unasked` is what was out of reach, and is owed too.
    """

    place: Place
    promotion: str
    release: str
    name: str
    overlay: OverlayRequest
    person: str
    reason: str | None
    time: datetime
    due: datetime
    expires: datetime | None = None
    unasked: tuple[UnaskedSource, ...] = ()


def _owed(body: ReviewOwed) -> str:
    return debt_stream(body.place)


def _here(body: ReviewOwed) -> tuple[str, ...]:
    return (body.place.environment,)


TYPES = (EventType(EventKind.REVIEW_OWED, ReviewOwed, PROMOTER, "promotion", _owed, _here),)
