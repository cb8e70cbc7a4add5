"""Stretches of time in reports, and how much of them was seen."""

import msgspec

from ldmrelease.answers.places import IntervalAnswer
from ldmrelease.answers.spellings import PlaceName
from ldmrelease.domain.times import spell
from ldmrelease.services.reports.distribution import Distribution
from ldmrelease.services.reports.nights import UnobservedTime
from ldmrelease.services.reports.stretches import Coverage, Period


class CoverageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The seconds of a period, all places together: `seen`, `unobserved`, and `pending` where the next observation is
    not due yet. They add up to the period times the number of places.
    """

    seen: int
    unobserved: int
    pending: int


class UnobservedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nobody knows what ran at a place."""

    place: PlaceName
    interval: IntervalAnswer
    seconds: int


class DistributionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How seconds are spread, by nearest rank: each figure is one that was measured."""

    count: int
    median: int
    p90: int
    greatest: int


def interval_answer(period: Period) -> IntervalAnswer:
    """A period."""
    return IntervalAnswer(start=spell(period.begin), end=spell(period.end))


def coverage_answer(seen: Coverage) -> CoverageAnswer:
    """How much was seen."""
    return CoverageAnswer(seen=seen.seen, unobserved=seen.unobserved, pending=seen.pending)


def unobserved_answer(missed: UnobservedTime) -> UnobservedAnswer:
    """A time that nobody saw."""
    return UnobservedAnswer(
        place=str(missed.place), interval=interval_answer(missed.period), seconds=missed.period.seconds
    )


def distribution_answer(told: Distribution | None) -> DistributionAnswer | None:
    """How seconds are spread; null where there are none."""
    if told is None:
        return None
    return DistributionAnswer(count=told.count, median=told.median, p90=told.p90, greatest=told.greatest)
