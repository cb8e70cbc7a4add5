"""What the program knows of a type of statement: one value per predicate, listed in `registry`.

Claims are never proof: the time that counts is the intake; a claim can only make a statement count less.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain import times

Predicate = Mapping[str, Any]
Path = tuple[str, ...]


def _nothing(_predicate: Predicate) -> None:
    """A predicate that does not say it."""


def _no_facts(_predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {}


class StatementType(Struct, frozen=True):
    """A type of statement.

    name: as policies and roles spell it.
    uris: the predicate types that are read; the first is written.
    times: where the predicate says when it was made; the first of these paths that is there counts.
    environment: the environment in which it says that it holds, if it does.
    repository: the repository that it says it is about, if it must not count anywhere else.
    facts: fields of the `StatementFact` that the predicate fills (with the declared tests by name of check).
    happens_somewhere: it tells what happened in an environment; one that leaves out where needs a role for all.
    covers_platforms: one about an index speaks for each of its platforms.
    local: it belongs where it was made: it is never copied to another registry, and is not evidence.
    has_own_rule: policies ask for it by a rule of its own, not by `attested`.
    """

    name: str
    uris: tuple[str, ...]
    times: tuple[Path, ...] = ()
    environment: Callable[[Predicate], str | None] = _nothing
    repository: Callable[[Predicate], str | None] = _nothing
    facts: Callable[[Predicate, Mapping[str, Sequence[str]]], dict[str, Any]] = _no_facts
    happens_somewhere: bool = False
    covers_platforms: bool = False
    local: bool = False
    has_own_rule: bool = False

    @property
    def uri(self) -> str:
        """The predicate type that is written."""
        return self.uris[0]

    def claimed_time(self, predicate: Predicate) -> datetime | None:
        """When the statement says that it was made. Raises `ValueError` for a time that cannot be read."""
        found = (value_at(predicate, path) for path in self.times)
        text = next((each for each in found if each is not None), None)
        return None if text is None else read_time(text)


def read_time(text: Any) -> datetime:
    """A claimed time with its zone. Raises `ValueError`."""
    try:
        return times.instant(text)
    except (TypeError, OverflowError):
        raise ValueError(f"{text!r} is not a time; write it like 2023-04-20T09:55:23Z") from None


def value_at(plain: Any, path: Path) -> Any:
    """The value at a path of keys; None where there is none."""
    for name in path:
        if not isinstance(plain, Mapping):
            return None
        plain = plain.get(name)
    return plain
