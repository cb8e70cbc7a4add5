"""Who claims a place, and for how long: at most one running promotion, by the events of the place."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.place import PlaceClaimed, PlaceReleased
from ldmrelease.domain.events.promotion import PromotionEnded
from ldmrelease.domain.streams import promotion_of
from ldmrelease.promotion.state import Told

QUIET = timedelta(minutes=10)
"""After so long without an append of its promotion a claim may be taken over."""


class Claim(Struct, frozen=True):
    """A claim that stands. `epoch` is the sequence of the event that made it: what fences an older holder.

    `last_append` is the time of the last event of the promotion that holds it, among the events given;
    `ended` says that the promotion has ended there and left its claim, as one that is stuck does.
    """

    promotion: str
    holder: str
    epoch: int
    since: datetime
    last_append: datetime
    ended: bool = False

    def has_lapsed(self, now: datetime) -> bool:
        """Whether another promotion may take it over unasked: its own has ended, or was quiet for too long."""
        return self.ended or now - self.last_append > QUIET


def claim_of(told: Iterable[Told]) -> Claim | None:
    """The claim that stands after a place's events, None where it is free.

    Events of the promotion that holds it may stand among them, in the order of the ledger: they show that
    the holder still works. A claim against another promotion's needs `takeover`; without it nothing
    changes. The same promotion claiming again gets a new epoch, since an earlier process of it may still
    sleep. A release counts only for the epoch that it names.
    """
    claim: Claim | None = None
    for each in told:
        claim = _after(claim, each.event, each.body)
    return claim


def _after(claim: Claim | None, event: Event, body: Any) -> Claim | None:
    if isinstance(body, PlaceClaimed) and _may_claim(claim, body):
        return Claim(body.promotion, body.holder, event.sequence, event.time, event.time)
    if claim is None or _promotion(event, body) != claim.promotion:
        return claim
    if isinstance(body, PlaceReleased) and body.epoch == claim.epoch:
        return None
    return replace(claim, last_append=event.time, ended=claim.ended or isinstance(body, PromotionEnded))


def _may_claim(claim: Claim | None, body: PlaceClaimed) -> bool:
    return claim is None or claim.promotion == body.promotion or body.takeover


def _promotion(event: Event, body: Any) -> str | None:
    if isinstance(body, PlaceClaimed | PlaceReleased):
        return body.promotion
    return promotion_of(event.stream)
