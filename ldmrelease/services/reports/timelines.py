"""Places over time: what ran from when to when, and when nobody knows. Pure."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.topology import Place
from ldmrelease.services.reports.nights import UnobservedTime, unobserved_times
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Coverage, Period, PlaceImage, coverage


class TimelineStretch(Struct, frozen=True):
    """An image at a place, from when to when it was seen without a gap, cut to the period. `last`: the newest
    observation still saw it.
    """

    place: Place
    level: str
    image: PlaceImage
    begin: datetime
    end: datetime
    last: bool


class Timeline(Struct, frozen=True):
    """Places in a period. `last` is the newest observation of each: what runs since is not known yet."""

    period: Period
    places: tuple[Place, ...]
    stretches: tuple[TimelineStretch, ...]
    unobserved: tuple[UnobservedTime, ...]
    coverage: Coverage


def timeline(record: DeploymentRecord, period: Period) -> Timeline:
    """The places of the record in a period, in the order of the workspace."""
    seen = Coverage()
    for each in record.places.values():
        seen = seen.plus(coverage(each, period, record.now))
    return Timeline(
        period,
        tuple(record.places),
        tuple(_stretches(record, period)),
        tuple(unobserved_times(record, period)),
        seen,
    )


def _stretches(record: DeploymentRecord, period: Period) -> Iterator[TimelineStretch]:
    for place, seen in record.places.items():
        for each in seen.stretches:
            if each.within(period):
                begin, end = max(each.begin, period.begin), min(each.end, period.end)
                yield TimelineStretch(place, record.level_of(place), each.image, begin, end, each.last)
