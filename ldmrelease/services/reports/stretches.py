"""What ran at a place over time, from what was seen of it: stretches without a gap, and changes. Pure.

What was seen twice, close enough together, ran in between; where the second sighting saw something else, what the first
one saw was there until then, as `where --at` has it. What lies between two sightings too far apart is unobserved.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from ldmrelease.domain.topology import Place
from ldmrelease.projections.naming import NamedBy


class PlaceImage(Struct, frozen=True, order=True):
    """An image at a place, and what it is called there: `state`, `release`, `named` and `promotion` as in
    `PlaceComponent`; an image without a digest is told by its spelling.
    """

    product: str
    component: str
    spelling: str
    digest: str
    release: str | None
    named: NamedBy
    state: str
    promotion: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What another image, or another name of it, would differ in; a menu may have one image by two names."""
        return self.product, self.component, self.digest or self.spelling, self.release or ""


class PlaceSighting(Struct, frozen=True):
    """What one observation saw: the number of its event, and in `every` the seconds since the one before it that leave
    no gap. `cause` as in `Observation`. `unbroken`: those between it and the one before it are left out, and left no
    gap.
    """

    sequence: int
    time: datetime
    every: int
    images: tuple[PlaceImage, ...]
    cause: str | None = None
    unbroken: bool = False


class Period(Struct, frozen=True, order=True):
    """From `begin`, included, to `end`, left out; `closed`: what happened at `end` belongs to it, as it does to all
    time until now.
    """

    begin: datetime
    end: datetime
    closed: bool = False

    def has(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.begin <= moment and self.reaches(moment)

    def reaches(self, moment: datetime) -> bool:
        """Whether a moment is not behind its end."""
        return moment < self.end or (self.closed and moment == self.end)

    @property
    def seconds(self) -> int:
        """How long it is."""
        return int((self.end - self.begin).total_seconds())

    def within(self, other: "Period") -> "Period | None":
        """The part of it that lies in another one; None where nothing does."""
        found = Period(max(self.begin, other.begin), min(self.end, other.end))
        return found if found.begin < found.end else None


class Stretch(Struct, frozen=True):
    """An image was at a place from `begin` to `end` without a gap. `last`: the newest sighting still saw it; `gone`: it
    was seen to be there no more at `end`.
    """

    place: Place
    image: PlaceImage
    begin: datetime
    end: datetime
    last: bool = False
    gone: bool = False

    def within(self, period: Period) -> bool:
        """Whether it was there in the period."""
        return self.holds(period.begin) or period.has(self.begin)

    def holds(self, moment: datetime) -> bool:
        """Whether it was there at a moment."""
        return self.begin <= moment and (moment < self.end or (moment == self.end and not self.gone))


class SeenChange(Struct, frozen=True):
    """Between two sightings of a place, at `last` and at `time`, the images of one component changed: `gone` and `come`
    are those that differ. `joined`: they are close enough together that what ran in between is known. `last` is None
    for the first sighting of a place.
    """

    place: Place
    product: str
    component: str
    gone: tuple[PlaceImage, ...]
    come: tuple[PlaceImage, ...]
    last: datetime | None
    time: datetime
    sequence: int
    joined: bool
    cause: str | None = None


class PlaceRecord(Struct, frozen=True):
    """All that was seen of a place. `seen` are the times that were seen without a gap; `every` as in the newest
    sighting, `last` its time: None for a place that nobody has looked at.
    """

    place: Place
    stretches: tuple[Stretch, ...] = ()
    changes: tuple[SeenChange, ...] = ()
    seen: tuple[Period, ...] = ()
    last: datetime | None = None
    every: int = 0


class Coverage(Struct, frozen=True):
    """The seconds of a period at places: seen, unobserved, and `pending` where the next observation is not due yet."""

    seen: int = 0
    unobserved: int = 0
    pending: int = 0

    def plus(self, other: "Coverage") -> "Coverage":
        """Both together."""
        return Coverage(
            self.seen + other.seen, self.unobserved + other.unobserved, self.pending + other.pending
        )


def place_record(place: Place, sightings: Iterable[PlaceSighting]) -> PlaceRecord:
    """Fold the sightings of a place, oldest first; one that is older than the one before it has no effect."""
    told = list(_in_order(sightings))
    if not told:
        return PlaceRecord(place)
    return PlaceRecord(
        place,
        tuple(_stretches(place, told)),
        tuple(_changes(place, told)),
        tuple(Period(chain[0].time, chain[-1].time) for chain in _chains(told)),
        told[-1].time,
        told[-1].every,
    )


def unobserved(record: PlaceRecord, period: Period, now: datetime) -> tuple[Period, ...]:
    """The parts of a period in which nobody knows what ran at a place. What comes after the newest sighting is not
    among them while the next one is not due.
    """
    until = period.end
    if (
        record.last is not None
        and record.last < until
        and (now - record.last).total_seconds() <= record.every
    ):
        until = max(record.last, period.begin)
    at, found = period.begin, []
    for each in record.seen:
        if each.begin >= until:
            break
        if each.begin > at:
            found.append(Period(at, each.begin))
        at = max(at, each.end)
    if at < until:
        found.append(Period(at, until))
    return tuple(found)


def coverage(record: PlaceRecord, period: Period, now: datetime) -> Coverage:
    """How much of a period was seen of a place: the three parts are the whole of it."""
    seen = sum(part.seconds for each in record.seen if (part := each.within(period)) is not None)
    missed = sum(each.seconds for each in unobserved(record, period, now))
    return Coverage(seen, missed, period.seconds - seen - missed)


def running_at(record: PlaceRecord, moment: datetime) -> tuple[PlaceImage, ...] | None:
    """What ran at a place at a moment; None where that was not seen."""
    if not any(each.begin <= moment <= each.end for each in record.seen):
        return None
    return tuple(each.image for each in record.stretches if each.holds(moment))


def _in_order(sightings: Iterable[PlaceSighting]) -> Iterator[PlaceSighting]:
    last: datetime | None = None
    for each in sightings:
        if last is None or each.time >= last:
            yield each
            last = each.time


def _chains(told: Sequence[PlaceSighting]) -> Iterator[list[PlaceSighting]]:
    """Sightings close enough together."""
    chain: list[PlaceSighting] = []
    for each in told:
        if chain and not _joined(chain[-1], each):
            yield chain
            chain = []
        chain.append(each)
    yield chain


def _joined(before: PlaceSighting, after: PlaceSighting) -> bool:
    return after.unbroken or after.time - before.time <= timedelta(seconds=after.every)


def _stretches(place: Place, told: Sequence[PlaceSighting]) -> Iterator[Stretch]:
    found: list[Stretch] = []
    for chain in _chains(told):
        opened: dict[PlaceImage, tuple[datetime, datetime]] = {}
        for each in chain:
            there = dict.fromkeys(each.images)
            for image in [image for image in opened if image not in there]:
                begin, _ = opened.pop(image)
                found.append(Stretch(place, image, begin, each.time, gone=True))
            for image in there:
                opened[image] = (opened[image][0] if image in opened else each.time, each.time)
        last = chain[-1] is told[-1]
        found += [Stretch(place, image, *times, last=last) for image, times in opened.items()]
    yield from sorted(found, key=lambda each: (each.begin, each.image.identity, each.end))


def _changes(place: Place, told: Sequence[PlaceSighting]) -> Iterator[SeenChange]:
    before: PlaceSighting | None = None
    for each in told:
        was = _by_component(before.images if before is not None else ())
        now = _by_component(each.images)
        for product, component in sorted({*was, *now}):
            old, new = was.get((product, component), {}), now.get((product, component), {})
            if old.keys() != new.keys():
                yield SeenChange(
                    place,
                    product,
                    component,
                    tuple(image for name, image in old.items() if name not in new),
                    tuple(image for name, image in new.items() if name not in old),
                    before.time if before is not None else None,
                    each.time,
                    each.sequence,
                    before is not None and _joined(before, each),
                    each.cause,
                )
        before = each


def _by_component(
    images: Iterable[PlaceImage],
) -> dict[tuple[str, str], dict[tuple[str, str, str, str], PlaceImage]]:
    found: dict[tuple[str, str], dict[tuple[str, str, str, str], PlaceImage]] = {}
    for each in images:
        found.setdefault((each.product, each.component), {})[each.identity] = each
    return found
