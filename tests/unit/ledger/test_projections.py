"""Projections: the same in one append or many, rebuilt or kept, and compared by the check."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events import Event, NewEvent
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import Ledger, create_ledger
from ldmrelease.ledger.sqlite.connection import SqliteConnection
from ldmrelease.ledger.sqlite.ledger import SqliteLedger
from ldmrelease.projections.registry import PROJECTORS

from .conftest import NOON
from .test_damage import edit


def count(get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
    """Counts the events of a stream; `forget` removes the count."""
    if event.kind == "forget":
        return {event.stream: None}
    return {event.stream: {"count": (get(event.stream) or {"count": 0})["count"] + 1, "last": event.sequence}}


def kinds(_get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
    return {event.kind: True}


@pytest.fixture
def counting(path: Path) -> Iterator[Ledger]:
    create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS).close()
    projectors = (Projector("count", count), Projector("kinds", kinds))
    with SqliteLedger(SqliteConnection(path), projectors=projectors) as ledger:
        ledger.rebuild_projections()
        yield ledger


def add(ledger: Ledger, *events: tuple[str, str]) -> None:
    ledger.append([NewEvent(kind, stream) for kind, stream in events], at=NOON, actor="bob")


def test_a_projection_follows_each_append(counting: Ledger) -> None:
    add(counting, ("t", "a/x"), ("t", "a/x"), ("t", "b"))
    add(counting, ("t", "a/x"), ("t", "a/y"))
    assert counting.state("count", "a/x") == {"count": 3, "last": 5}
    assert counting.state("count", "c") is None
    assert counting.states("count", "a/") == {
        "a/x": {"count": 3, "last": 5},
        "a/y": {"count": 1, "last": 6},
    }
    assert counting.states("kinds") == {"ledger.created": True, "t": True}
    assert counting.states("unknown") == {}
    assert counting.verify() == ()


def test_a_state_can_be_removed_and_come_again(counting: Ledger) -> None:
    add(counting, ("t", "a"), ("forget", "a"))
    assert counting.state("count", "a") is None
    add(counting, ("t", "a"))
    assert counting.state("count", "a") == {"count": 1, "last": 4}
    assert counting.verify() == ()


def test_a_fold_that_fails_appends_nothing(path: Path) -> None:
    create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS).close()

    def fail(_get: Callable[[str], Any], _event: Event) -> Mapping[str, Any]:
        raise ZeroDivisionError

    with SqliteLedger(SqliteConnection(path), projectors=(Projector("bad", fail),)) as ledger:
        with pytest.raises(ZeroDivisionError):
            add(ledger, ("t", "a"))
        assert ledger.head().size == 1


def test_an_edited_projection_is_found_and_rebuilt(counting: Ledger, path: Path) -> None:
    add(counting, ("t", "a"), ("t", "b"))
    before = counting.states("count")
    edit(
        path,
        "UPDATE states SET value = '{}' WHERE projection = 'count' AND key = 'a'",
        "DELETE FROM states WHERE projection = 'count' AND key = 'b'",
        "INSERT INTO states VALUES ('count', 'z', '1')",
    )
    assert [(each.code, each.where, each.found) for each in counting.verify()] == [
        ("projection", "count a", "{}"),
        ("projection", "count b", ""),
        ("projection", "count z", "1"),
    ]
    counting.rebuild_projections()
    assert counting.verify() == ()
    assert counting.states("count") == before


def test_an_event_that_no_fold_can_take_is_a_problem_and_no_crash(path: Path) -> None:
    create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS).close()

    def strict(_get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
        return {event.body["name"]: True}

    with SqliteLedger(SqliteConnection(path), projectors=(Projector("strict", strict),)) as ledger:
        assert [(each.code, each.where) for each in ledger.verify()] == [("projection", "rebuilding")]
