"""Observations to fold in tests: unsigned, since the folds do not look at signatures."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.projections.residences import States, fold_observations

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)
SUMMIT = Place("summit", "nublado")
W15, W16, W17 = (f"sha256:{digit * 64}" for digit in "567")


def image(release: str | None, *, ready: bool = True, component: str = "lab") -> ObservedImage:
    """One image of a release, which has the digest that the release's ends with."""
    digest = f"sha256:{(release or 'f')[-1] * 64}"
    return ObservedImage("stack", component, digest, f"lab@{digest}", ready)


def observation(hours: float, *releases: str, place: Place = SUMMIT, **more: Any) -> Observation:
    """Releases' images that run, seen some hours after noon."""
    fields = {"images": tuple(image(each) for each in releases), **more}
    return Observation(place, NOON + timedelta(hours=hours), "committed", "abc", **fields)


def claimed(body: Any) -> dict[str, Any]:
    """What an event says that nobody has signed."""
    payload = base64.b64encode(canonical.encode({"body": body})).decode()
    return {"envelope": {"payloadType": "", "payload": payload, "signatures": []}}


def event(sequence: int, observation: Observation, **changes: Any) -> Event:
    """An event that carries the observation and was taken in as it was made."""
    body = changes.get("body", claimed(observation))
    kind, time = changes.get("kind", EventKind.OBSERVED), changes.get("time", observation.time)
    return Event(
        "u", sequence, time, "observer", kind, observation_stream(observation.place), 1, body, "", ""
    )


def fold(states: States, *events: Event) -> States:
    """Fold onto states that are there."""
    states = dict(states)
    for each in events:
        for key, value in fold_observations(states.get, each).items():
            if value is None:
                del states[key]
            else:
                states[key] = value
    return states


def folded(*observations: Observation) -> States:
    """The states after these observations, the first of which is event 1."""
    return fold({}, *(event(number, each) for number, each in enumerate(observations, 1)))


def told(events: Iterable[Event]) -> list[tuple[int, Observation]]:
    """What events say, with their numbers: as a reader has it who has verified each of them."""
    found = [(each.sequence, claimed_body(each, Observation)) for each in events]
    return [(sequence, body) for sequence, body in found if body is not None]


def reader(states: States) -> Any:
    """Reads states as a ledger does: by the beginning of their keys, in order."""
    return lambda prefix: {key: states[key] for key in sorted(states) if key.startswith(prefix)}
