"""What others say to have seen or synced at a place: imported, signed by whoever imported it, and never observed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.imported import Sighting, SightingsImported, SyncEntry, SyncsImported
from ldmrelease.domain.streams import seen_stream, synced_stream
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import Damaged
from ldmrelease.services.audit.imports.stored import UnreadableRows, imported_parts, rows_of
from ldmrelease.services.inventory.where import UNOBSERVED, PlaceRow, UnobservedPlace
from ldmrelease.services.needs import SignedHistory


class SeenByOthers(Struct, frozen=True):
    """What `by` says of a place: that an image was there at `time`, in a component or container where it says which;
    or that a revision of a tree was synced, with the images that it had, if that is told."""

    place: Place
    time: datetime
    by: str
    component: str | None
    images: tuple[str, ...]
    digest: str | None = None
    revision: str | None = None

    @property
    def text(self) -> str:
        """The images, or what else it says."""
        return ", ".join(self.images) or self.digest or self.revision or self.component or ""


class UnreadableSightings(Struct, frozen=True):
    """What was imported of a place cannot be read, and why."""

    place: Place
    reason: str


def seen_by_others(context: SignedHistory, place: Place) -> Iterator[SeenByOthers]:
    """All of a place that verifies now, as it was imported. Raises `UnreadableRows`, `Damaged`."""
    ledger = context.ledger
    stream = seen_stream(place.environment, place.application)
    for seen in imported_parts(
        context, ledger.events(stream=stream, kinds=[EventKind.SIGHTINGS_IMPORTED]), SightingsImported
    ):
        yield from (_sighting(place, each) for each in rows_of(ledger, seen, Sighting))
    stream = synced_stream(place.environment, place.application)
    for synced in imported_parts(
        context, ledger.events(stream=stream, kinds=[EventKind.SYNCS_IMPORTED]), SyncsImported
    ):
        yield from (_sync(place, each) for each in rows_of(ledger, synced, SyncEntry))


def last_seen(
    context: SignedHistory, places: Iterable[Place], rows: Iterable[PlaceRow], moment: datetime
) -> Iterator[SeenByOthers | UnreadableSightings]:
    """What others saw last up to a moment, by component and by who saw it, at those of the places of which our own
    observations do not say what ran then; what is older than our own last look is passed over. What was imported of a
    place and cannot be read stops no other.

    rows: what our own observations say of that moment.
    """
    looked: dict[Place, datetime | None] = dict.fromkeys(places)
    for each in rows:
        if isinstance(each, UnobservedPlace):
            continue
        if each.state == UNOBSERVED:
            looked[each.place] = instant(each.last)
        else:
            looked.pop(each.place, None)
    for place, last in looked.items():
        try:
            told = sorted(seen_by_others(context, place), key=lambda each: each.time)
        except (UnreadableRows, Damaged) as error:
            yield UnreadableSightings(place, str(error))
            continue
        newest: dict[tuple[str, str | None], SeenByOthers] = {}
        for seen in told:
            if seen.time <= moment and (last is None or seen.time > last):
                newest[seen.by, seen.component] = seen
        yield from newest.values()


def _sighting(place: Place, seen: Sighting) -> SeenByOthers:
    images = (seen.image,) if seen.image is not None else ()
    return SeenByOthers(place, seen.time, seen.by, seen.component, images, seen.digest)


def _sync(place: Place, entry: SyncEntry) -> SeenByOthers:
    return SeenByOthers(place, entry.time, entry.tool, None, entry.images, revision=entry.revision)
