"""What was seen to run where, read by key from the projection `observed` as values."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical, times
from ldmrelease.domain.facts import Interval
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.topology import Place
from ldmrelease.projections.residences import residence_prefixes

ReadStates = Callable[[str], Mapping[str, Any]]
"""From the beginning of keys to the states there: a ledger's `states`, bound to the projection."""


class Latest(Struct, frozen=True):
    """The latest observation of a place. `sequence` is its event; `every` as in `Observation`."""

    place: Place
    sequence: int
    time: datetime
    basis: str
    revision: str
    aliases: dict[str, str]
    every: int

    def speaks_for(self, now: datetime) -> bool:
        """Whether it is close enough to now; if not, what runs there is unobserved."""
        return now - self.time <= timedelta(seconds=self.every)


class Span(Struct, frozen=True):
    """When something was seen. `observed` is in seconds, without the gaps between the intervals.

    `intervals` are the latest of `pieces` stretches without a gap. While it is there `ended` and `gone` are
    None; afterwards they say why (`replaced`, `restored`, `retired`) and when it was first missed. Between
    `last` and `gone` is nothing known. `begun` is the event of the first observation, `seen` that of the last one
    that saw it, `sequence` that of the last one that counted in.
    """

    first: datetime
    last: datetime
    observed: int
    intervals: tuple[Interval, ...]
    pieces: int
    begun: int
    seen: int
    sequence: int
    ended: str | None
    gone: datetime | None

    @property
    def current(self) -> bool:
        """The latest observation of the place still saw it."""
        return self.ended is None


class ResidenceState(Struct, frozen=True):
    """An image at a place. `ready` and `spelling` as last seen; `first_spelled` is the number of the event that saw it
    first spelled so, None for the one that has it. `foreign` is where another repository is named than the component's.
    """

    place: Place
    product: str
    component: str
    digest: str
    spelling: str
    first_spelled: int | None
    ready: bool
    span: Span
    foreign: ForeignImage | None = None


def places_seen(read: ReadStates) -> tuple[Latest, ...]:
    """The latest observation of every place that was ever observed, by place."""
    return tuple(_latest(each) for each in read("place/").values())


def residences_now(read: ReadStates) -> tuple[ResidenceState, ...]:
    """Every image that is there now, anywhere; reads nothing that ended."""
    return _sorted(_residence(each) for each in read("residence/").values())


def residences_ended(read: ReadStates) -> tuple[ResidenceState, ...]:
    """Every image that was somewhere and is there no more."""
    return _sorted(_residence(each) for each in read("residence-ended/").values())


def residences_of(read: ReadStates, digest: str) -> tuple[ResidenceState, ...]:
    """Where an image digest is and was."""
    return _sorted(_residence(row) for prefix in residence_prefixes(digest) for row in read(prefix).values())


def _latest(row: Mapping[str, Any]) -> Latest:
    return Latest(
        _place(row),
        row["sequence"],
        times.instant(row["time"]),
        row["basis"],
        row["revision"],
        dict(row["aliases"]),
        row["every"],
    )


def _residence(row: Mapping[str, Any]) -> ResidenceState:
    names = (row["product"], row["component"], row["digest"], row["spelling"], row["first_spelled"])
    told = row.get("foreign")
    foreign = canonical.from_plain(told, ForeignImage) if told is not None else None
    return ResidenceState(_place(row), *names, ready=row["ready"], span=_span(row), foreign=foreign)


def _span(row: Mapping[str, Any]) -> Span:
    gone = row.get("gone")
    return Span(
        first=times.instant(row["first"]),
        last=times.instant(row["last"]),
        observed=row["observed"],
        intervals=tuple(Interval(times.instant(a), times.instant(b)) for a, b in row["intervals"]),
        pieces=row["pieces"],
        begun=row["from"],
        seen=row["seen"],
        sequence=row["sequence"],
        ended=row.get("ended"),
        gone=times.instant(gone) if gone else None,
    )


def _place(row: Mapping[str, Any]) -> Place:
    return Place(row["environment"], row["application"])


def _sorted(residences: Iterable[ResidenceState]) -> tuple[ResidenceState, ...]:
    return tuple(
        sorted(
            residences,
            key=lambda each: (each.place, each.product, each.component, each.span.first, each.digest),
        )
    )
