"""Who claims a place: at most one running promotion, by the events of the place (design section 4)."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events import Event, EventKind


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


def claim_of(events: Iterable[Event]) -> Claim | None:
    """The claim that stands after a place's events, None where it is free.

    Events of the stream `promotion/<id>` may stand among them, in the order of the ledger: they show that
    the holder still works. A claim against another promotion's needs `takeover`; without it nothing
    changes. The same promotion claiming again gets a new epoch, since an earlier process of it may still
    sleep. A release counts only for the epoch that it names.
    """
    claim: Claim | None = None
    for event in events:
        claim = _after(claim, event)
    return claim


def _after(claim: Claim | None, event: Event) -> Claim | None:
    if event.kind == EventKind.CLAIMED and _may_claim(claim, event):
        promotion, holder = str(event.body.get("promotion", "")), str(event.body.get("holder", ""))
        return Claim(promotion, holder, event.sequence, event.time, event.time)
    if claim is None or not _by(claim.promotion, event):
        return claim
    if event.kind == EventKind.RELEASED and event.body.get("epoch") == claim.epoch:
        return None
    return replace(claim, last_append=event.time, ended=claim.ended or event.kind == EventKind.ENDED)


def _may_claim(claim: Claim | None, event: Event) -> bool:
    return claim is None or _by(claim.promotion, event) or event.body.get("takeover") is True


def _by(promotion: str, event: Event) -> bool:
    return event.body.get("promotion") == promotion or event.stream == f"promotion/{promotion}"
