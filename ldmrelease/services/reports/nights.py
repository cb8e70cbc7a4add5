"""The log of a night: what ran, what changed in it and why that was allowed, what waited, what nobody saw. Pure.

What happens after the first sighting of a place behind its end changes nothing in it any more.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.topology import Place
from ldmrelease.services.reports.promotion_records import (
    PromotionRecord,
    RecordedWait,
    StageRuling,
)
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import (
    Coverage,
    Period,
    PlaceImage,
    SeenChange,
    coverage,
    unobserved,
)


class Allowance(Struct, frozen=True):
    """Why something was let in, as far as it was known by then: the promotion, who asked for it, the latest decision
    about the place, and when it was admitted; None where it was not yet. `overlay` is what it was asked for as.
    """

    promotion: str
    intent: Intent
    by: str
    reason: str | None
    requested: datetime
    verdict: Verdict | None
    decision: str | None
    admitted: datetime | None
    overlay: OverlayRequest | None = None


class NightImage(Struct, frozen=True):
    """An image that ran at a place in the night, from when to when it was seen without a gap."""

    place: Place
    level: str
    image: PlaceImage
    begin: datetime
    end: datetime
    allowance: Allowance | None


class NightChange(Struct, frozen=True):
    """A change that was seen in the night, and why what came was allowed."""

    change: SeenChange
    allowance: Allowance | None


class NightWait(Struct, frozen=True):
    """A promotion that waited in the night; `end` of the wait is None where it still did at the end of it."""

    promotion: str
    release: str
    by: str
    wait: RecordedWait


class UnobservedTime(Struct, frozen=True):
    """A time in which nobody knows what ran at a place."""

    place: Place
    period: Period


class NightLog(Struct, frozen=True):
    """A night (`20230421`), as far as it is over. `complete`: every place was seen after its end, so nothing of it
    changes any more. `coverage` is of all places together.
    """

    night: str
    period: Period
    complete: bool
    images: tuple[NightImage, ...]
    changes: tuple[NightChange, ...]
    waits: tuple[NightWait, ...]
    unobserved: tuple[UnobservedTime, ...]
    coverage: Coverage


def night_log(record: DeploymentRecord, night: str, period: Period) -> NightLog:
    """What is known of the night `period` at the places of the record."""
    so_far = period
    if record.now < period.end:
        so_far = Period(period.begin, max(period.begin, record.now), closed=True)
    seen = Coverage()
    for each in record.places.values():
        seen = seen.plus(coverage(each, so_far, record.now))
    return NightLog(
        night,
        period,
        all(each.last is not None and each.last >= period.end for each in record.places.values()),
        tuple(_images(record, so_far)),
        tuple(_changed(record, so_far)),
        tuple(_waits(record, so_far)),
        tuple(unobserved_times(record, so_far)),
        seen,
    )


def unobserved_times(record: DeploymentRecord, period: Period) -> Iterator[UnobservedTime]:
    """Every time in a period in which nobody knows what ran at a place."""
    for place, each in record.places.items():
        for missed in unobserved(each, period, record.now):
            yield UnobservedTime(place, missed)


def _images(record: DeploymentRecord, period: Period) -> Iterator[NightImage]:
    for place, seen in record.places.items():
        for each in seen.stretches:
            if each.within(period):
                yield NightImage(
                    place,
                    record.level_of(place),
                    each.image,
                    max(each.begin, period.begin),
                    min(each.end, period.end),
                    allowance(record, place, each.image.promotion, period),
                )


def _changed(record: DeploymentRecord, period: Period) -> Iterator[NightChange]:
    found = [
        each
        for seen in record.places.values()
        for each in seen.changes
        if each.last is not None and period.has(each.time)
    ]
    for each in sorted(found, key=lambda each: (each.time, each.place, each.product, each.component)):
        let_in = next((image.promotion for image in each.come if image.promotion is not None), None)
        yield NightChange(each, allowance(record, each.place, let_in, period))


def _waits(record: DeploymentRecord, period: Period) -> Iterator[NightWait]:
    for each in record.promotions.values():
        for wait in each.waits:
            if wait.place in record.places and _is_in(wait, period):
                ended = wait.end if wait.end is not None and period.reaches(wait.end) else None
                told = RecordedWait(wait.place, wait.begin, ended, wait.until, wait.who, wait.code)
                yield NightWait(each.id, each.name, each.by, told)


def _is_in(wait: RecordedWait, period: Period) -> bool:
    return period.reaches(wait.begin) and (wait.end is None or wait.end > period.begin)


def allowance(
    record: DeploymentRecord, place: Place, promotion: str | None, known: Period
) -> Allowance | None:
    """Why a promotion was let in at a place, as it was known at the end of a period; None without one that counts."""
    found = record.promotions.get(promotion) if promotion is not None else None
    if found is None:
        return None
    decided = _decided(found, place, known)
    let_in = _admitted(record, found, place, known)
    return Allowance(
        found.id,
        found.intent,
        found.by,
        found.reason,
        found.requested,
        decided.verdict if decided is not None else None,
        decided.decision if decided is not None else None,
        let_in,
        found.overlay,
    )


def _decided(found: PromotionRecord, place: Place, known: Period) -> StageRuling | None:
    of_place = [each for each in found.decisions if each.place == place and known.reaches(each.time)]
    return of_place[-1] if of_place else None


def _admitted(
    record: DeploymentRecord, found: PromotionRecord, place: Place, known: Period
) -> datetime | None:
    told = record.admitted.get(place, ())
    return next((each.time for each in told if each.promotion == found.id and known.reaches(each.time)), None)
