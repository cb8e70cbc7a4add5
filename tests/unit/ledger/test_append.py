"""Appending to the ledger and reading back."""

import itertools
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint, Event, EventKind, Head, Moved, NewEvent, event_hash
from ldmrelease.ledger import (
    ClockWentBack,
    Damaged,
    Ledger,
    LedgerError,
    LedgerExists,
    create_ledger,
    open_ledger,
)

from .conftest import NOON


def add(ledger: Ledger, *streams: str, at: datetime = NOON, kind: str = "test.done", **more: object) -> Head:
    events = [NewEvent(kind, stream, {"about": stream}) for stream in streams]
    head = ledger.append(events, at=at, actor="bob", **more)  # type: ignore[arg-type]
    assert isinstance(head, Head)
    return head


def test_a_new_ledger_begins_with_its_creation(ledger: Ledger) -> None:
    first = ledger.get(1)
    assert first is not None
    assert (first.kind, first.actor, first.time, first.previous) == (EventKind.CREATED, "alice", NOON, "")
    assert UUID(ledger.uuid).version == 4
    assert ledger.head() == Head(ledger.uuid, 1, first.hash)
    assert ledger.genesis == first.hash == event_hash(first)


def test_two_ledgers_are_different(ledger: Ledger, tmp_path: Path) -> None:
    with create_ledger(tmp_path / "other.db", at=NOON, actor="alice") as other:
        assert other.uuid != ledger.uuid
        assert other.genesis != ledger.genesis


def test_a_ledger_is_never_created_over_a_file(ledger: Ledger, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LedgerExists):
        create_ledger(path, at=NOON, actor="mallory")
    assert path.read_bytes() == before


def test_creating_leaves_nothing_but_the_ledger(ledger: Ledger, path: Path) -> None:
    ledger.close()
    assert [each.name for each in path.parent.iterdir()] == ["ledger.db"]


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="unable to open"):
        create_ledger(tmp_path / "missing" / "ledger.db", at=NOON, actor="alice")


def test_events_chain_and_count_their_streams(ledger: Ledger) -> None:
    add(ledger, "a", "b", "a")
    events = list(ledger.events())
    assert [(each.sequence, each.stream, each.stream_version) for each in events] == [
        (1, "ledger", 1),
        (2, "a", 1),
        (3, "b", 1),
        (4, "a", 2),
    ]
    for before, after in itertools.pairwise(events):
        assert after.previous == before.hash
    assert all(each.hash == event_hash(each) for each in events)
    assert (ledger.version("a"), ledger.version("b"), ledger.version("c")) == (2, 1, 0)


def test_what_was_appended_is_there_after_reopening(ledger: Ledger, path: Path) -> None:
    head = add(ledger, "a")
    stored = ledger.get(2)
    ledger.close()
    with open_ledger(path) as again:
        assert again.head() == head
        assert again.get(2) == stored
        assert (again.uuid, again.genesis) == (ledger.uuid, ledger.genesis)


def test_a_body_may_hold_domain_values_and_comes_back_plain(ledger: Ledger) -> None:
    checkpoint = Checkpoint("u", "g", 1, "h", NOON)
    ledger.append([NewEvent("test", "a", {"checkpoint": checkpoint})], at=NOON, actor="bob")
    event = ledger.last("a", "test")
    assert event is not None
    assert event.body == {"checkpoint": canonical.to_plain(checkpoint)}


def test_a_body_without_canonical_json_appends_nothing(ledger: Ledger) -> None:
    events = [NewEvent("test", "a", {}), NewEvent("test", "a", {"ratio": 0.5})]
    with pytest.raises(canonical.NotCanonical):
        ledger.append(events, at=NOON, actor="bob", blobs={canonical.digest(b"x"): b"x"})
    assert ledger.head().size == 1
    assert not ledger.has_blob(canonical.digest(b"x"))
    assert add(ledger, "a").size == 2


def test_events_are_selected_by_stream_kind_prefix_and_number(ledger: Ledger) -> None:
    add(ledger, "environment/summit/nublado", "environment/base/nublado", "release/stack/w.2023.16")
    add(ledger, "environment/summit/nublado", kind="test.other")

    def numbers(**chosen: object) -> list[int]:
        return [each.sequence for each in ledger.events(**chosen)]  # type: ignore[arg-type]

    assert numbers(stream="environment/summit/nublado") == [2, 5]
    assert numbers(stream_prefix="environment/") == [2, 3, 5]
    assert numbers(kinds=["test.done"]) == [2, 3, 4]
    assert numbers(kinds=["test.done", "test.other"], after=3) == [4, 5]
    assert numbers(stream="environment/summit/nublado", kinds=["test.other"]) == [5]
    assert numbers(kinds=[]) == []
    assert numbers(after=5) == []


def test_the_last_event_of_a_kind(ledger: Ledger) -> None:
    add(ledger, "a", "a", "b")
    last = ledger.last("a", "test.done")
    assert isinstance(last, Event)
    assert last.sequence == 3
    assert ledger.last("a", "test.other") is None
    assert ledger.get(99) is None


def test_reading_while_appending_sees_every_event_once(ledger: Ledger) -> None:
    add(ledger, *["a"] * 600)
    seen = 0
    for event in ledger.events(stream="a"):
        seen += 1
        if event.stream_version == 1:
            add(ledger, "a")
    assert seen == 601


def test_an_append_is_refused_where_a_stream_moved(ledger: Ledger) -> None:
    add(ledger, "a", "b")
    blob = {canonical.digest(b"x"): b"x"}
    moved = ledger.append([NewEvent("t", "a")], at=NOON, actor="bob", expect={"a": 1, "b": 0}, blobs=blob)
    assert moved == Moved("b", 0, 1)
    assert ledger.head().size == 3
    assert not ledger.has_blob(canonical.digest(b"x"))


def test_an_append_that_expects_what_is_there_goes_in(ledger: Ledger) -> None:
    add(ledger, "a")
    assert add(ledger, "a", expect={"a": 1, "never": 0}).size == 3


def test_a_writer_that_waited_takes_the_time_before_it(ledger: Ledger) -> None:
    add(ledger, "a", at=NOON + timedelta(seconds=20))
    add(ledger, "b", at=NOON)
    event = ledger.last("b", "test.done")
    assert event is not None
    assert event.time == NOON + timedelta(seconds=20)


def test_a_clock_that_went_back_is_told(ledger: Ledger) -> None:
    with pytest.raises(ClockWentBack, match=r"2023-04-20T11:59:29Z.*2023-04-20T12:00:00Z"):
        add(ledger, "a", at=NOON - timedelta(seconds=31))
    assert ledger.head().size == 1


def test_times_are_whole_seconds_utc(ledger: Ledger) -> None:
    add(ledger, "a", at=datetime(2023, 4, 20, 12, 0, 5, 999_999, tzinfo=UTC))
    event = ledger.get(2)
    assert event is not None
    assert event.time == NOON + timedelta(seconds=5)
    assert ledger.verify() == ()


def test_blobs_go_in_with_their_events(ledger: Ledger) -> None:
    digest = canonical.digest(b"facts")
    add(ledger, "a", blobs={digest: b"facts"})
    add(ledger, "a", blobs={digest: b"facts"})
    assert ledger.blob(digest) == b"facts"
    assert ledger.has_blob(digest)


def test_a_blob_by_itself(ledger: Ledger) -> None:
    digest = ledger.put_blob(b"envelope")
    assert digest == canonical.digest(b"envelope") == ledger.put_blob(b"envelope")
    assert ledger.blob(digest) == b"envelope"
    assert ledger.head().size == 1


def test_a_blob_under_a_wrong_digest_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="has the digest"):
        add(ledger, "a", blobs={canonical.digest(b"one"): b"two"})
    assert ledger.head().size == 1


def test_a_blob_that_is_not_there_is_damage(ledger: Ledger) -> None:
    with pytest.raises(Damaged, match="has no blob"):
        ledger.blob(canonical.digest(b"lost"))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET actor = 'mallory' WHERE sequence = 2",
        "DELETE FROM events WHERE sequence = 2",
        "INSERT OR REPLACE INTO events SELECT sequence, time, 'mallory', kind, stream, stream_version, "
        "body, previous, hash FROM events WHERE sequence = 2",
        "INSERT OR REPLACE INTO events SELECT 3, time, 'mallory', kind, stream, stream_version, "
        "body, previous, hash FROM events WHERE sequence = 2",
        "UPDATE blobs SET data = x'00'",
        "DELETE FROM blobs",
        "INSERT OR REPLACE INTO blobs SELECT digest, x'00' FROM blobs",
    ],
)
def test_nothing_that_was_appended_can_be_changed_by_sql(ledger: Ledger, path: Path, sql: str) -> None:
    add(ledger, "a", blobs={canonical.digest(b"x"): b"x"})
    before = list(ledger.events())
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match=r"never|only"):
        other.execute(sql)
    other.close()
    assert list(ledger.events()) == before
    assert ledger.blob(canonical.digest(b"x")) == b"x"


def test_an_observer_is_told_before_and_after(ledger: Ledger, path: Path) -> None:
    told: list[tuple[str, str, int]] = []

    def observe(when: str, kinds: str) -> None:
        told.append((when, kinds, ledger.head().size))

    with open_ledger(path, observer=observe) as watched:
        watched.append([NewEvent("one", "a"), NewEvent("two", "b")], at=NOON, actor="bob")
    assert told == [("before", "one,two", 1), ("after", "one,two", 3)]


def test_an_observer_that_stops_before_the_append_leaves_nothing(ledger: Ledger, path: Path) -> None:
    def stop(_when: str, _kinds: str) -> None:
        raise KeyboardInterrupt

    with open_ledger(path, observer=stop) as watched:
        with pytest.raises(KeyboardInterrupt):
            watched.append([NewEvent("one", "a")], at=NOON, actor="bob")
        assert watched.head().size == 1
