"""Observations that count, read from the streams of their places: what answers and decisions rest on."""

from collections.abc import Iterator

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.projections.residences import timely
from ldmrelease.services.context import Context
from ldmrelease.services.repository_scope import verified_observation


def latest_observation(context: Context, place: Place) -> Observation | None:
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


def counted_observations(context: Context, place: Place | None = None) -> Iterator[Event]:
    """The events of those that count, of one place or of all, oldest first."""
    stream = observation_stream(place) if place is not None else None
    for event in context.ledger.events(stream=stream, kinds=[EventKind.OBSERVED]):
        if _counted(context, event) is not None:
            yield event


def observations_of_release(context: Context, place: Place, release: str, since: int = 0) -> Iterator[Event]:
    """The events that count of those that saw a release at a place, and each first one that saw it no more.

    No other event of the place is verified, since it tells nothing of the release. `since` is the first event
    that is looked at.
    """
    there = False
    events = context.ledger.events(
        stream=observation_stream(place), kinds=[EventKind.OBSERVED], after=max(since - 1, 0)
    )
    for event in events:
        claimed = claimed_body(event, Observation)
        seen = claimed is not None and (
            release in claimed.releases or any(each.release == release for each in claimed.images)
        )
        if (seen or there) and _counted(context, event) is not None:
            there = seen
            yield event


def _counted(context: Context, event: Event) -> Observation | None:
    found = verified_observation(context, event)
    return found if isinstance(found, Observation) and timely(found, event) else None
