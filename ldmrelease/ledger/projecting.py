"""How a ledger keeps projections: states that follow from the events, so that no read scans the log.

They are maintained in the transaction of the append, can be rebuilt at any time, and are never the truth.
Which there are is for those above to say: a ledger is handed its projectors when it is opened.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger.errors import LedgerProblem

LAST = "\U0010ffff"
"""Behind everything that begins as a prefix does."""

HEAD, HEAD_KEY = "head", "last"
"""The projection that knows the last event: projections of a file whose end was cut know more than it has."""

Stored = dict[str, dict[str, str]]
"""States in their canonical text, by projection and key."""


def _fold_head(_get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
    return {HEAD_KEY: {"sequence": event.sequence, "hash": event.hash}}


def with_head(projectors: Iterable[Projector]) -> tuple[Projector, ...]:
    """The projectors that a ledger was handed, and its own."""
    return (*projectors, Projector(HEAD, _fold_head))


def maintain(
    projectors: Iterable[Projector],
    event: Event,
    *,
    state: Callable[[str, str], Any],
    store: Callable[[str, str, str | None], None],
) -> None:
    """Bring every projection up to a new event: `store` takes the canonical text of a state, None removes it."""
    for projector in projectors:
        if projector.concerns(event.kind):

            def state_of(key: str, name: str = projector.name) -> Any:
                return state(name, key)

            for key, value in projector.fold(state_of, event).items():
                store(projector.name, key, None if value is None else canonical.encode(value).decode())


class Rebuilding:
    """The states as the events alone make them, event by event."""

    def __init__(self, projectors: Iterable[Projector]) -> None:
        self._projectors = [each for each in projectors if each.name != HEAD]
        self._states: dict[str, dict[str, Any]] = {each.name: {} for each in self._projectors}
        self._concerned: dict[str, bool] = {}
        self._head: tuple[int, str] | None = None

    def concerns(self, kind: str) -> bool:
        """Whether an event of the kind has to be folded."""
        found = self._concerned.get(kind)
        if found is None:
            found = self._concerned[kind] = any(each.concerns(kind) for each in self._projectors)
        return found

    def pass_by(self, sequence: int, hash: str) -> None:
        """Know of the next event, folded or not."""
        self._head = sequence, hash

    def take(self, event: Event) -> None:
        """Fold the next event."""
        for projector in self._projectors:
            if not projector.concerns(event.kind):
                continue
            own = self._states[projector.name]
            for key, value in projector.fold(own.get, event).items():
                if value is None:
                    own.pop(key, None)
                else:
                    own[key] = canonical.to_plain(value)

    def stored(self) -> Stored:
        """The states in their canonical text."""
        states = {**self._states, HEAD: {}}
        if self._head is not None:
            sequence, hash = self._head
            states[HEAD][HEAD_KEY] = {"sequence": sequence, "hash": hash}
        return {
            name: {key: canonical.encode(value).decode() for key, value in own.items()}
            for name, own in states.items()
        }


def rebuilt(projectors: Sequence[Projector], events: Iterable[Event]) -> Stored:
    """The states as these events alone make them."""
    rebuilding = Rebuilding(projectors)
    for event in events:
        rebuilding.pass_by(event.sequence, event.hash)
        rebuilding.take(event)
    return rebuilding.stored()


def compared(expected: Stored, found: Stored) -> Iterator[LedgerProblem]:
    """Where the states that are kept are not those that the events make."""
    wanted, there = _flat(expected), _flat(found)
    for name, key in sorted(wanted.keys() | there.keys()):
        right, own = wanted.get((name, key), ""), there.get((name, key), "")
        if right != own:
            yield LedgerProblem("projection", f"{name} {key}", right, own)


def _flat(states: Stored) -> dict[tuple[str, str], str]:
    return {(name, key): value for name, own in states.items() for key, value in own.items()}
