"""What an append rests on, and whether it still stands: optimistic concurrency, per stream and per state."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Moved


class StateKey(NamedTuple):
    """A key of a projection, or with `prefix` all its keys that begin so."""

    projection: str
    key: str
    prefix: bool = False

    def __str__(self) -> str:
        return f"{self.projection}:{self.key}{'*' if self.prefix else ''}"


class Expectation(Struct, frozen=True):
    """The versions of streams, and the digests of projections' states, as whoever appends has read them."""

    streams: Mapping[str, int] = {}
    states: Mapping[StateKey, str] = {}

    def and_streams(self, streams: Mapping[str, int]) -> "Expectation":
        """The same and these streams. Where both name one the older version counts: neither reading may be late."""
        both = {
            stream: min(version, self.streams.get(stream, version)) for stream, version in streams.items()
        }
        return Expectation({**self.streams, **both}, self.states)


def expectation(expect: Expectation | Mapping[str, int] | None) -> Expectation:
    """What an append was given, in its full form."""
    return expect if isinstance(expect, Expectation) else Expectation(streams=expect or {})


def state_digest(value: Any) -> str:
    """The digest that an expectation has of a state, None where there is none."""
    return canonical.digest_of(value)


def states_digest(values: Mapping[str, Any]) -> str:
    """The digest that an expectation has of the states whose keys begin so."""
    # The keys of projections may have any letters, which the keys of canonical JSON may not.
    return canonical.digest_of([list(each) for each in sorted(values.items())])


def moved(
    expect: Expectation,
    *,
    version: Callable[[str], int],
    state: Callable[[str, str], Any],
    states: Callable[[str, str], Mapping[str, Any]],
) -> Moved | None:
    """What does not stand any more of an expectation; the ledger is held for writing meanwhile."""
    for stream, expected in expect.streams.items():
        found = version(stream)
        if found != expected:
            return Moved(stream, expected, found)
    for key, digest in expect.states.items():
        name, start, prefix = key
        now = states_digest(states(name, start)) if prefix else state_digest(state(name, start))
        if now != digest:
            return Moved(str(key), digest, now)
    return None
