"""Observations that count, read from the streams of their places: what answers and decisions rest on."""

import base64
from collections.abc import Iterator

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.residences import timely
from ldmrelease.services.needs import ObservationHistory, SignedHistory
from ldmrelease.services.repository_scope import verified_observation


def latest_observation(context: SignedHistory, place: Place) -> Observation | None:
    """The newest of a place that counts. One row, but where somebody else wrote behind it."""
    stream = observation_stream(place)
    newest = context.ledger.last(stream, EventKind.OBSERVED)
    found = _counted(context, newest) if newest is not None else None
    if newest is None or found is not None:
        return found
    for event in reversed(list(context.ledger.events(stream=stream, kinds=[EventKind.OBSERVED]))):
        found = _counted(context, event)
        if found is not None:
            return found
    return None


def counted_observations(context: SignedHistory, place: Place | None = None) -> Iterator[Event]:
    """The events of those that count, of one place or of all, oldest first."""
    stream = observation_stream(place) if place is not None else None
    for event in context.ledger.events(stream=stream, kinds=[EventKind.OBSERVED]):
        if _counted(context, event) is not None:
            yield event


def observations_of_release(context: ObservationHistory, place: Place, release: str) -> Iterator[Event]:
    """The events that count of those that saw a release at a place, and each first one that saw it no more.

    No other event of the place is verified, or even read, since it tells nothing of the release.
    """
    there, spellings = False, _in_base64(release)
    events = context.unguarded.events(stream=observation_stream(place), kinds=[EventKind.OBSERVED])
    for event in events:
        seen = _mentions(event, spellings)
        if (seen or there) and _counted(context, event) is not None:
            there = seen
            yield event


def _mentions(event: Event, spellings: tuple[str, ...]) -> bool:
    envelope = event.body.get("envelope")
    payload = envelope.get("payload") if isinstance(envelope, dict) else None
    return isinstance(payload, str) and any(each in payload for each in spellings)


def _in_base64(text: str) -> tuple[str, ...]:
    """What a text looks like inside base64, at each of the three places where it may begin."""
    data = text.encode()
    return tuple(
        base64.b64encode(data[skip : skip + (len(data) - skip) // 3 * 3]).decode() for skip in (0, 1, 2)
    )


def _counted(context: SignedHistory, event: Event) -> Observation | None:
    found = verified_observation(context, event)
    return found if isinstance(found, Observation) and timely(found, event) else None
