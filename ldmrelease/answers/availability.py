"""How long after its tag each release was there, by level."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ldmrelease.answers.periods import DistributionAnswer, distribution_answer, interval_answer
from ldmrelease.answers.places import IntervalAnswer
from ldmrelease.answers.spellings import PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.services.reports.availability_report import (
    AvailabilityOutcome,
    AvailableRelease,
    LevelAvailability,
)
from ldmrelease.services.reports.stretches import Period

OutcomeName = Literal["met", "missed", "unlimited", "not-yet", "unknown"]


class AvailableReleaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A release at a place. `tagged_by`: `image`, its newest image says when it was built, or `pin`, it was first known
    then. `available_by`: `receipt` of a promotion, or an `observation` of what came there by another way. `seconds` are
    between the two, null where they are not both known. `overdue`: it is not there yet, and the policy's time is over.
    """

    release: ReleaseName
    place: PlaceName
    outcome: OutcomeName
    tagged: TimeText | None
    tagged_by: Literal["image", "pin"] | None
    available: TimeText | None
    available_by: Literal["receipt", "observation"] | None
    seconds: int | None
    promotion: str | None
    overdue: bool = False


class LevelAvailabilityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A level in a period. `asked` is what its policy asks now, in seconds. `met`, `missed`, `unlimited` (the policy
    asks nothing), `not_yet` and `unknown` add up to the number of `releases`; `outliers` took far longer than most.
    """

    level: str
    period: IntervalAnswer
    asked: int | None
    met: int
    missed: int
    unlimited: int
    not_yet: int
    unknown: int
    seconds: DistributionAnswer | None
    outliers: tuple[AvailableReleaseAnswer, ...]
    releases: tuple[AvailableReleaseAnswer, ...]


Availability = list[LevelAvailabilityAnswer]


def availability_answers(levels: Iterable[LevelAvailability], period: Period) -> Availability:
    """Level by level."""
    return [
        LevelAvailabilityAnswer(
            level=each.level,
            period=interval_answer(period),
            asked=each.asked,
            met=each.counts[AvailabilityOutcome.MET],
            missed=each.counts[AvailabilityOutcome.MISSED],
            unlimited=each.counts[AvailabilityOutcome.UNLIMITED],
            not_yet=each.counts[AvailabilityOutcome.NOT_YET],
            unknown=each.counts[AvailabilityOutcome.UNKNOWN],
            seconds=distribution_answer(each.seconds),
            outliers=tuple(map(_release, each.outliers)),
            releases=tuple(map(_release, each.rows)),
        )
        for each in levels
    ]


def _release(row: AvailableRelease) -> AvailableReleaseAnswer:
    return AvailableReleaseAnswer(
        release=row.release,
        place=str(row.place),
        outcome=row.outcome.value,
        tagged=time_text(row.tagged.time) if row.tagged is not None else None,
        tagged_by=row.tagged.by if row.tagged is not None else None,
        available=time_text(row.available),
        available_by=row.by,
        seconds=row.seconds,
        promotion=row.promotion,
        overdue=row.overdue,
    )
