"""How long after its tag each release was there, level by level, against what its policy asks. Pure.

When a tag was made nobody records: the newest image of a release says when it was built, which a promotion reads where
it settles. Where no image said so the time of the pin is taken instead, and told apart.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Place
from ldmrelease.services.reports.distribution import Distribution, distribution, outliers
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Period, SeenChange


class AvailabilityOutcome(StrEnum):
    """`met` or `missed` what the policy asks, `unlimited` where it asks nothing; `not-yet` where it was asked for and
    is not through; `unknown` where one of the two times is not known.
    """

    MET = "met"
    MISSED = "missed"
    UNLIMITED = "unlimited"
    NOT_YET = "not-yet"
    UNKNOWN = "unknown"


class TagTime(Struct, frozen=True):
    """When a release was tagged, as far as that is known: `by` is `image` (its newest image says when it was built) or
    `pin` (when it was first known here).
    """

    time: datetime
    by: Literal["image", "pin"]


class AvailableRelease(Struct, frozen=True):
    """A release at a place. `by` says how it is known that it is there: `receipt` or `observation`. `seconds` are from
    tag to there, None where that is not known; `overdue`: it is not there, and its time is over.
    """

    release: str
    place: Place
    level: str
    outcome: AvailabilityOutcome
    tagged: TagTime | None
    available: datetime | None
    by: Literal["receipt", "observation"] | None
    seconds: int | None
    promotion: str | None
    overdue: bool = False


class LevelAvailability(Struct, frozen=True):
    """A level in a period: `asked` is what its policy asks now, in seconds. `counts` add up to all `rows`;
    `outliers` are the rows that took far longer than most.
    """

    level: str
    asked: int | None
    counts: dict[AvailabilityOutcome, int]
    seconds: Distribution | None
    rows: tuple[AvailableRelease, ...]
    outliers: tuple[AvailableRelease, ...]


def availability_report(record: DeploymentRecord, period: Period) -> tuple[LevelAvailability, ...]:
    """Of the places of the record: what came there in the period, and what is on its way there now."""
    tagged = tag_times(record)
    rows = [row for place in record.places for row in _of_place(record, place, period, tagged)]
    found = []
    for name in dict.fromkeys(record.level_of(place) for place in record.places):
        own = tuple(each for each in rows if each.level == name)
        known = [(each.seconds, each) for each in own if each.seconds is not None]
        counts = {outcome: sum(each.outcome is outcome for each in own) for outcome in AvailabilityOutcome}
        told = distribution([seconds for seconds, _ in known])
        found.append(LevelAvailability(name, _asked(record, name), counts, told, own, tuple(outliers(known))))
    return tuple(found)


def tag_times(record: DeploymentRecord) -> dict[str, TagTime]:
    """By `product/tag`: when its images were built, or else when it was pinned."""
    found = {f"{each.product}/{each.tag}": TagTime(instant(each.pinned), "pin") for each in record.pinned}
    for each in record.promotions.values():
        if each.tagged is not None:
            found[each.name] = TagTime(each.tagged, "image")
    return found


def _asked(record: DeploymentRecord, level: str) -> int | None:
    found = record.levels.get(level)
    return found.availability if found is not None else None


def _of_place(
    record: DeploymentRecord, place: Place, period: Period, tagged: dict[str, TagTime]
) -> Iterator[AvailableRelease]:
    level = record.level_of(place)
    asked = _asked(record, level)
    there: set[str] = set()
    for release, at, promotion in _arrived(record, place):
        if release not in there and period.has(at):
            yield _row(release, place, level, asked, tagged.get(release), at, promotion)
        there.add(release)
    for change in record.places[place].changes:
        for release in _unadmitted(change, there):
            there.add(release)
            if period.has(change.time):
                seen = change.time if change.last is not None and change.joined else None
                yield _row(release, place, level, asked, tagged.get(release), seen, None)
    yield from _under_way(record, place, there, tagged)


def _arrived(record: DeploymentRecord, place: Place) -> Iterator[tuple[str, datetime, str]]:
    """What promotions brought there, oldest first; going back brings nothing new."""
    for each in record.admitted[place]:
        promotion = record.promotions.get(each.promotion)
        if promotion is None or promotion.intent is Intent.PROMOTE:
            yield each.name, each.time, each.promotion


def _unadmitted(change: SeenChange, there: set[str]) -> Iterable[str]:
    return dict.fromkeys(
        each.release
        for each in change.come
        if each.release is not None and each.promotion is None and each.release not in there
    )


def _under_way(
    record: DeploymentRecord, place: Place, there: set[str], tagged: dict[str, TagTime]
) -> Iterator[AvailableRelease]:
    level = record.level_of(place)
    asked = _asked(record, level)
    for each in record.promotions.values():
        open_here = not each.state.ended and each.intent is Intent.PROMOTE and place in each.places
        if not open_here or each.name in there:
            continue
        there.add(each.name)
        time = tagged.get(each.name)
        late = asked is not None and time is not None and (record.now - time.time).total_seconds() > asked
        yield AvailableRelease(
            each.name, place, level, AvailabilityOutcome.NOT_YET, time, None, None, None, each.id, late
        )


def _row(
    release: str,
    place: Place,
    level: str,
    asked: int | None,
    tagged: TagTime | None,
    at: datetime | None,
    promotion: str | None,
) -> AvailableRelease:
    by: Literal["receipt", "observation"] = "observation" if promotion is None else "receipt"
    seconds = None
    if at is not None and tagged is not None:
        seconds = int((at - tagged.time).total_seconds())
        # What was pinned when it ran already says nothing of its tag, and an image may be dated ahead.
        seconds = None if seconds < 0 else seconds
    if seconds is None:
        outcome = AvailabilityOutcome.UNKNOWN
    elif asked is None:
        outcome = AvailabilityOutcome.UNLIMITED
    else:
        outcome = AvailabilityOutcome.MET if seconds <= asked else AvailabilityOutcome.MISSED
    return AvailableRelease(
        release, place, level, outcome, tagged, at, by if at is not None else None, seconds, promotion
    )
