"""Stays of a release, from observations whose signatures count (design section 5; trust.md section 2)."""

from collections.abc import Iterator

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.facts import ReleaseResidence
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Application
from ldmrelease.projections.observed import ReleaseResidenceState, release_residences_of
from ldmrelease.projections.residences import PROJECTION, release_residence_keys, replayed
from ldmrelease.services.context import Context
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.repository_scope import verified_observation


def residences_at(context: Context, application: Application, pinned: Pinned) -> list[ReleaseResidence]:
    """The release's stays at a place, oldest first.

    The projection says whether there are any and since which event; what counts is folded again from the
    verified observations alone.
    """
    now_key, ended_prefix = release_residence_keys(pinned.digest, application.place)
    current = context.ledger.state(PROJECTION, now_key)
    known = [*context.ledger.states(PROJECTION, ended_prefix).values(), *([current] if current else [])]
    if not known:
        return []
    since = min(int(each["from"]) for each in known)
    states = replayed(_verified(context, application, since))

    def read(prefix: str) -> dict[str, dict[str, object]]:
        return {key: state for key, state in states.items() if key.startswith(prefix)}

    residences = [
        each for each in release_residences_of(read, pinned.digest) if each.place == application.place
    ]
    return sorted(
        (_stay(application, pinned, each) for each in residences), key=lambda each: (each.first, each.last)
    )


def _verified(context: Context, application: Application, since: int) -> Iterator[Event]:
    stream = observation_stream(application.place)
    for event in context.ledger.events(stream=stream, kinds=[EventKind.OBSERVED], after=since - 1):
        if isinstance(verified_observation(context, event), Observation):
            yield event


def _stay(application: Application, pinned: Pinned, stay: ReleaseResidenceState) -> ReleaseResidence:
    span = stay.span
    return ReleaseResidence(
        place=application.place,
        level=application.level,
        release=pinned.digest,
        name=pinned.release.name,
        first=span.first,
        last=span.last,
        observed=span.observed,
        current=span.current,
        ended=span.ended,
    )
