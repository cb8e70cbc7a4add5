"""Stays of a release, from observations whose signatures count (design section 5; trust.md section 2)."""

from collections.abc import Iterator

from ldmrelease.domain.events import Event, Kind
from ldmrelease.domain.facts import Stay
from ldmrelease.domain.records import Observation
from ldmrelease.domain.topology import Application
from ldmrelease.projections.observed import ReleaseStay, stays_of
from ldmrelease.projections.residences import PROJECTION, replayed, stay_keys
from ldmrelease.services.context import Workbench
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.records import Opened, open_act


def stays_at(bench: Workbench, application: Application, pinned: Pinned) -> list[Stay]:
    """The release's stays at a place, oldest first.

    The projection says whether there are any and since which event; what counts is folded again from the
    verified observations alone.
    """
    now_key, ended_prefix = stay_keys(pinned.digest, application.place)
    current = bench.ledger.state(PROJECTION, now_key)
    known = [*bench.ledger.states(PROJECTION, ended_prefix).values(), *([current] if current else [])]
    if not known:
        return []
    since = min(int(each["from"]) for each in known)
    states = replayed(_verified(bench, application, since))

    def read(prefix: str) -> dict[str, dict[str, object]]:
        return {key: state for key, state in states.items() if key.startswith(prefix)}

    stays = [each for each in stays_of(read, pinned.digest) if each.place == application.place]
    return sorted(
        (_stay(application, pinned, each) for each in stays), key=lambda each: (each.first, each.last)
    )


def _verified(bench: Workbench, application: Application, since: int) -> Iterator[Event]:
    for event in bench.ledger.events(stream=application.place.stream, kinds=[Kind.OBSERVED], after=since - 1):
        if isinstance(open_act(event.body, Observation, bench.keyring, at=event.time), Opened):
            yield event


def _stay(application: Application, pinned: Pinned, stay: ReleaseStay) -> Stay:
    span = stay.span
    return Stay(
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
