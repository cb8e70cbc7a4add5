"""Observations that count, read from the streams of their places: what answers and decisions rest on."""

import base64
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections.residences import timely
from ldmrelease.services.needs import ObservationHistory, SignedHistory
from ldmrelease.services.repository_scope import verified_observation


class PlaceObservation(Struct, frozen=True):
    """An observation that counts, with the number of its event."""

    sequence: int
    observation: Observation


def latest_observation(context: SignedHistory, place: Place) -> PlaceObservation | None:
    """The newest of a place that counts. One row, but where somebody else wrote behind it."""
    stream = observation_stream(place)
    newest = context.ledger.last(stream, EventKind.OBSERVED)
    if newest is None:
        return None
    found = counted(context, newest)
    if found is not None:
        return PlaceObservation(newest.sequence, found)
    for event in reversed(list(context.ledger.events(stream=stream, kinds=[EventKind.OBSERVED]))):
        found = counted(context, event)
        if found is not None:
            return PlaceObservation(event.sequence, found)
    return None


def counted_observations(context: SignedHistory, place: Place | None = None) -> Iterator[PlaceObservation]:
    """Those that count, of one place or of all, oldest first."""
    stream = observation_stream(place) if place is not None else None
    for event in context.ledger.events(stream=stream, kinds=[EventKind.OBSERVED]):
        found = counted(context, event)
        if found is not None:
            yield PlaceObservation(event.sequence, found)


def observations_of_images(
    context: ObservationHistory, place: Place, digests: Iterable[str]
) -> Iterator[PlaceObservation]:
    """Those that count of those that saw one of these images at a place, and each first one that saw none any more.

    No other event of the place is verified, or even read, since it tells nothing of the images.
    """
    there, spellings = False, spellings_of(digests)
    events = context.unguarded.events(stream=observation_stream(place), kinds=[EventKind.OBSERVED])
    for event in events:
        seen = mentions(event, spellings)
        found = counted(context, event) if seen or there else None
        if found is not None:
            there = seen
            yield PlaceObservation(event.sequence, found)


def runs_release(application: Application, observation: Observation, release: Release) -> bool:
    """Whether every component of the release's product that belongs to the place was seen there, ready, with the
    release's image.
    """
    ready = [each for each in observation.images if each.ready]
    own = set(application.components(release.product)) & {each.name for each in release.images}
    return bool(own) and all(
        any(each.component == name and is_of(each, release) for each in ready) for name in own
    )


def is_of(image: ObservedImage, release: Release) -> bool:
    """Whether an image that was seen is the release's image of its component."""
    part = release.component(image.component) if image.product == release.product else None
    return part is not None and image.digest in part.identity.digests()


def mentions(event: Event, spellings: tuple[str, ...]) -> bool:
    """Whether the payload of an event, as it is stored, has one of these texts in it."""
    envelope = event.body.get("envelope")
    payload = envelope.get("payload") if isinstance(envelope, dict) else None
    return isinstance(payload, str) and any(each in payload for each in spellings)


def spellings_of(texts: Iterable[str]) -> tuple[str, ...]:
    """What to look for in payloads, to find those that mention one of these texts."""
    return tuple(each for text in texts for each in _in_base64(text))


def _in_base64(text: str) -> tuple[str, ...]:
    """What a text looks like inside base64, at each of the three places where it may begin."""
    data = text.encode()
    return tuple(
        base64.b64encode(data[skip : skip + (len(data) - skip) // 3 * 3]).decode() for skip in (0, 1, 2)
    )


def counted(context: SignedHistory, event: Event) -> Observation | None:
    """The observation in an event, if it counts and was taken in when it was made."""
    found = verified_observation(context, event)
    return found if isinstance(found, Observation) and timely(found, event) else None
