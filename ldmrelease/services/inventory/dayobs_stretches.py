"""What ran over a stretch of time, such as a night: each image at each place from when to when, and the gaps.

For every moment these are the answers of `where_at`, put together: an image is there from the observation that saw it
to the one that did not see it any more, as far as they are close enough; in between nothing is known.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.inventory.gone_places import NO_LEVEL
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observation_at import ObservedPeriod, observations_between
from ldmrelease.services.inventory.observations import PlaceObservation
from ldmrelease.services.inventory.where import PlaceComponent, components_seen
from ldmrelease.services.needs import ReleaseHistory


class RanFor(Struct, frozen=True):
    """An image was at a place from `start` to `end`: it is as it was last seen there, and `next` when somebody looked
    next. Where `gone` says so, that was the end: it was not there any more; else the time that is asked about ended, or
    nobody looked soon enough. Where `end` is `start` it was seen once, with a gap behind.
    """

    start: datetime
    end: datetime
    image: PlaceComponent
    next: datetime | None
    gone: bool = False

    @property
    def place(self) -> Place:
        """Where it was."""
        return self.image.place


class UnobservedFor(Struct, frozen=True):
    """Nobody can say what was at a place between `start` and `end`: `last` and `next` are when somebody looked, None
    where nobody had, or has since; `before` is what had been seen.
    """

    place: Place
    level: str
    start: datetime
    end: datetime
    last: datetime | None
    next: datetime | None
    before: tuple[PlaceComponent, ...] = ()


PlaceStretch = RanFor | UnobservedFor


def stretches(
    context: ReleaseHistory,
    applications: Iterable[Application],
    begin: datetime,
    end: datetime,
    now: datetime | None = None,
) -> Iterator[PlaceStretch]:
    """What was at the places of these applications from `begin`, included, to `end`, left out; place by place, each
    from its earliest stretch on. Where it is `now` before the end, it is up to now, and this second is part of it.
    """
    names = ImageNames(context)
    last = end if now is None else min(end, now + timedelta(seconds=1))
    for application in applications:
        period = observations_between(context, application.place, begin, last)
        if application.level == NO_LEVEL and not period.is_observed:
            # A row that nobody signed says that somebody observed it.
            continue
        found = _Stretches(names, application, period).found
        yield from (_clipped(each, now) for each in sorted(found, key=_order))


def _clipped(stretch: PlaceStretch, now: datetime | None) -> PlaceStretch:
    return stretch if now is None or stretch.end <= now else replace(stretch, end=now)


def _order(stretch: PlaceStretch) -> tuple[datetime, str, str, datetime, str]:
    if isinstance(stretch, UnobservedFor):
        return stretch.start, "~", "", stretch.end, ""
    image = stretch.image
    return stretch.start, image.product, image.component, stretch.end, image.digest or image.spelling


class _Stretches:
    """Those of one place."""

    def __init__(self, names: ImageNames, application: Application, period: ObservedPeriod) -> None:
        self._names, self._application, self._period = names, application, period
        self.found: list[PlaceStretch] = []
        self._open: dict[tuple[object, ...], RanFor] = {}
        seen = [*((period.last,) if period.last is not None else ()), *period.within]
        if not seen:
            self._gap(period.begin, period.end, None, self._time(period.next), ())
            return
        if period.last is None:
            self._gap(period.begin, seen[0].observation.time, None, seen[0].observation.time, ())
        for each, after in zip(seen, [*seen[1:], period.next], strict=True):
            self._add(each, after)
        self._close({}, None)

    def _add(self, seen: PlaceObservation, after: PlaceObservation | None) -> None:
        time, until = seen.observation.time, self._speaks_until(seen, after)
        rows = components_seen(self._names, self._application, seen, spoken=True)
        now = {_key(each): each for each in rows}
        self._close(now, time)
        start, end = max(time, self._period.begin), min(until, self._period.end)
        following = self._time(after)
        if end >= start:
            for key, row in now.items():
                before = self._open.get(key)
                self._open[key] = RanFor(before.start if before else start, end, row, following)
        next_time = following if following is not None else self._period.end
        if until < next_time:
            self._close({}, None)
            self._gap(max(until, start), min(next_time, self._period.end), time, following, tuple(rows))

    def _close(self, now: dict[tuple[object, ...], PlaceComponent], gone: datetime | None) -> None:
        """What is not there now has ended, seen to be gone by this observation; without one nobody saw it go."""
        for key in [each for each in self._open if each not in now]:
            self.found.append(replace(self._open.pop(key), gone=gone is not None))

    def _gap(
        self,
        start: datetime,
        end: datetime,
        last: datetime | None,
        following: datetime | None,
        before: tuple[PlaceComponent, ...],
    ) -> None:
        if start < end:
            place, level = self._application.place, self._application.level
            self.found.append(UnobservedFor(place, level, start, end, last, following, before))

    @staticmethod
    def _speaks_until(seen: PlaceObservation, after: PlaceObservation | None) -> datetime:
        """Until when an observation speaks: to the next one, if that came soon enough."""
        time = seen.observation.time
        if after is None:
            return time + timedelta(seconds=seen.observation.every)
        close = after.observation.time - time <= timedelta(seconds=after.observation.every)
        return after.observation.time if close else time

    @staticmethod
    def _time(seen: PlaceObservation | None) -> datetime | None:
        return seen.observation.time if seen is not None else None


def _key(row: PlaceComponent) -> tuple[object, ...]:
    """What makes it the same image under the same name."""
    return row.product, row.component, row.digest or row.spelling, row.release, row.revision
