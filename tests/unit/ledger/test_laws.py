"""The laws of a ledger: what every implementation keeps, whatever stores it."""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint, Event, EventKind, Head, Moved, NewEvent, event_hash
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import ClockWentBack, Damaged, Ledger, LedgerError, log
from ldmrelease.ledger.expectation import Expectation, StateKey, state_digest, states_digest
from ldmrelease.ledger.interface import Position

from .conftest import NOON, Make, add


@pytest.fixture
def ledger(make: Make) -> Ledger:
    return make()


def count(get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
    """Counts the events of a stream; `forget` removes the count."""
    if event.kind == "forget":
        return {event.stream: None}
    return {event.stream: {"count": (get(event.stream) or {"count": 0})["count"] + 1, "last": event.sequence}}


COUNT = Projector("count", count)


def test_a_new_ledger_begins_with_its_creation(ledger: Ledger) -> None:
    first = ledger.get(1)
    assert first is not None
    assert (first.kind, first.actor, first.time, first.previous) == (EventKind.CREATED, "alice", NOON, "")
    assert UUID(ledger.uuid).version == 4
    assert ledger.head() == Head(ledger.uuid, 1, first.hash)
    assert ledger.genesis == first.hash == event_hash(first)


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


def test_rows_are_the_events_as_they_are_stored(ledger: Ledger) -> None:
    add(ledger, "a", "b", "a")
    add(ledger, "a", kind="test.other")
    for kinds, after in ((["test.done"], 0), (["test.done"], 2), (["test.other", "test.done"], 0), ([], 0)):
        stored = list(ledger.rows(kinds, after=after))
        assert [log.read(ledger.uuid, each) for each in stored] == list(
            ledger.events(kinds=kinds, after=after)
        )


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


def test_the_last_event_up_to_a_number(ledger: Ledger) -> None:
    add(ledger, "a", "a", "b")
    add(ledger, "a", kind="test.other")
    found = {upto: ledger.last("a", "test.done", upto) for upto in (0, 1, 2, 3, 4, 99, None)}
    assert [each and each.sequence for each in found.values()] == [None, None, 2, 3, 3, 3, 3]
    every = {upto: ledger.last("a", upto=upto) for upto in (1, 3, 4, 5, None)}
    assert [each and each.sequence for each in every.values()] == [None, 3, 3, 5, 5]


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


def test_two_ledgers_are_different(make: Make) -> None:
    one, other = make(), make()
    assert other.uuid != one.uuid
    assert other.genesis != one.genesis


def test_an_observer_is_told_before_and_after(make: Make) -> None:
    told: list[tuple[str, str, int]] = []
    watched = make(observer=lambda when, kinds: told.append((when, kinds, watched.head().size)))
    watched.append([NewEvent("one", "a"), NewEvent("two", "b")], at=NOON, actor="bob")
    assert told == [("before", "one,two", 1), ("after", "one,two", 3)]


def test_an_observer_that_stops_before_the_append_leaves_nothing(make: Make) -> None:
    def stop(_when: str, _kinds: str) -> None:
        raise KeyboardInterrupt

    watched = make(observer=stop)
    with pytest.raises(KeyboardInterrupt):
        watched.append([NewEvent("one", "a")], at=NOON, actor="bob")
    assert watched.head().size == 1


def test_what_was_read_cannot_be_changed_by_whoever_read_it(make: Make) -> None:
    ledger = make(projectors=[COUNT])
    add(ledger, "a")
    event = ledger.get(2)
    assert event is not None
    event.body["about"] = "mallory"
    ledger.state("count", "a")["count"] = 99
    ledger.states("count")["a"]["count"] = 99
    again = ledger.get(2)
    assert again is not None
    assert again.body == {"about": "a"}
    assert ledger.state("count", "a") == {"count": 1, "last": 2}
    assert ledger.verify() == ()


def test_a_body_is_kept_as_it_was_when_it_was_appended(ledger: Ledger) -> None:
    body: dict[str, Any] = {"places": ["summit"]}
    ledger.append([NewEvent("test", "a", body)], at=NOON, actor="bob")
    body["places"].append("base")
    event = ledger.get(2)
    assert event is not None
    assert event.body == {"places": ["summit"]}


class TestSigning:
    """The ledger knows no keys: whoever appends hands it what makes the stored body."""

    def test_it_is_told_where_each_event_will_stand(self, ledger: Ledger) -> None:
        add(ledger, "a")
        told: list[Position] = []

        def sign(position: Position, body: Mapping[str, Any]) -> Mapping[str, Any]:
            told.append(position)
            return {"signed": body, "version": position.version}

        events = [NewEvent("one", "a", {"n": 1}), NewEvent("two", "a", {"n": 2}), NewEvent("two", "b")]
        ledger.append(events, at=NOON, actor="bob", sign=sign)
        before, *after = list(ledger.events(after=1))
        where, when = (ledger.uuid, ledger.genesis), "2023-04-20T12:00:00Z"
        assert told == [
            (*where, 3, before.hash, when, "a", 2, "one"),
            (*where, 4, after[0].hash, when, "a", 3, "two"),
            (*where, 5, after[1].hash, when, "b", 1, "two"),
        ]
        assert [each.body for each in ledger.events(after=2)] == [
            {"signed": {"n": 1}, "version": 2},
            {"signed": {"n": 2}, "version": 3},
            {"signed": {}, "version": 1},
        ]
        assert ledger.verify() == ()

    def test_a_refused_append_signs_nothing(self, ledger: Ledger) -> None:
        def sign(_position: Position, _body: Mapping[str, Any]) -> Mapping[str, Any]:
            raise AssertionError("nothing was to be signed")

        answer = ledger.append([NewEvent("t", "a")], at=NOON, actor="bob", expect={"a": 7}, sign=sign)
        assert answer == Moved("a", 7, 0)

    def test_where_it_fails_nothing_is_appended(self, ledger: Ledger) -> None:
        def sign(position: Position, body: Mapping[str, Any]) -> Mapping[str, Any]:
            if position.version == 2:
                raise LookupError("no key")
            return body

        events, blob = [NewEvent("t", "a"), NewEvent("t", "a")], {canonical.digest(b"x"): b"x"}
        with pytest.raises(LookupError, match="no key"):
            ledger.append(events, at=NOON, actor="bob", sign=sign, blobs=blob)
        assert (ledger.head().size, ledger.version("a")) == (1, 0)
        assert not ledger.has_blob(canonical.digest(b"x"))
        assert ledger.verify() == ()


class TestExpectedStates:
    """An append may rest on states of projections: it is refused where one is another than was read."""

    @pytest.mark.parametrize("key", [StateKey("count", "a/x"), StateKey("count", "a/", prefix=True)])
    def test_a_state_that_changed_refuses_and_is_named(self, make: Make, key: StateKey) -> None:
        ledger = make(projectors=[COUNT])
        add(ledger, "a/x")
        read = (
            states_digest(ledger.states("count", "a/"))
            if key.prefix
            else state_digest(ledger.state("count", "a/x"))
        )
        expect = Expectation(states={key: read})
        assert add(ledger, "b", expect=expect).size == 3
        add(ledger, "a/x")
        answer = ledger.append([NewEvent("t", "b")], at=NOON, actor="bob", expect=expect)
        assert isinstance(answer, Moved)
        assert (answer.stream, answer.expected) == (str(key), read)
        assert ledger.version("b") == 1

    @pytest.mark.parametrize("key", [StateKey("count", "a/x"), StateKey("count", "a/", prefix=True)])
    def test_nothing_that_became_something_refuses(self, make: Make, key: StateKey) -> None:
        ledger = make(projectors=[COUNT])
        nothing = states_digest({}) if key.prefix else state_digest(None)
        expect = Expectation(states={key: nothing})
        assert add(ledger, "b", expect=expect).size == 2
        add(ledger, "a/x")
        assert isinstance(ledger.append([NewEvent("t", "b")], at=NOON, actor="bob", expect=expect), Moved)

    def test_of_two_readings_of_a_stream_the_older_counts(self, ledger: Ledger) -> None:
        expect = Expectation(streams={"a": 0, "b": 3}).and_streams({"a": 1, "b": 2, "c": 4})
        assert expect.streams == {"a": 0, "b": 2, "c": 4}
        add(ledger, "a")
        moved = ledger.append([NewEvent("t", "a")], at=NOON, actor="bob", expect=expect)
        assert moved == Moved("a", 0, 1)


class TestProjections:
    def test_they_follow_each_append_and_are_what_the_events_make(self, make: Make) -> None:
        ledger = make(projectors=[COUNT])
        add(ledger, "a/x", "a/x", "b")
        add(ledger, "a/x", "naïve")
        add(ledger, "b", kind="forget")
        kept = ledger.states("count")
        assert kept == {
            "a/x": {"count": 3, "last": 5},
            "ledger": {"count": 1, "last": 1},
            "naïve": {"count": 1, "last": 6},
        }
        assert ledger.states("count", "a/") == {"a/x": {"count": 3, "last": 5}}
        assert (ledger.state("count", "b"), ledger.states("unknown")) == (None, {})
        ledger.rebuild_projections()
        assert ledger.states("count") == kept
        assert ledger.verify() == ()

    def test_one_of_some_kinds_is_told_of_no_others(self, make: Make) -> None:
        ledger = make(projectors=[Projector("count", count, frozenset({"test.other"}))])
        add(ledger, "a", "b")
        add(ledger, "a", kind="test.other")
        assert ledger.states("count") == {"a": {"count": 1, "last": 4}}
        ledger.rebuild_projections()
        assert ledger.states("count") == {"a": {"count": 1, "last": 4}}
        assert ledger.verify() == ()

    def test_a_fold_that_fails_appends_nothing(self, make: Make) -> None:
        def fail(_get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
            if event.stream == "b":
                raise ZeroDivisionError
            return {event.stream: True}

        ledger = make(projectors=[Projector("bad", fail)])
        with pytest.raises(ZeroDivisionError):
            add(ledger, "a", "b")
        assert (ledger.head().size, ledger.states("bad", "a")) == (1, {})
