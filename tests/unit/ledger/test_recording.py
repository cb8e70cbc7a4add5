"""What was read is what an append expects, by construction."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, Head, Moved, NewEvent
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import Ledger
from ldmrelease.ledger.interface import LedgerReader
from ldmrelease.ledger.recording import RecordingReader, UnguardedRead

from .conftest import NOON, Make, add

READINGS: dict[str, Callable[[LedgerReader], object]] = {
    "the version of a stream": lambda reader: reader.version("a"),
    "the events of a stream": lambda reader: list(reader.events(stream="a")),
    "events that nobody looks at": lambda reader: reader.events(stream="a", kinds=["test.other"]),
    "the last event of a kind": lambda reader: reader.last("a", "test.done"),
    "a state": lambda reader: reader.state("last", "a"),
    "states that begin so": lambda reader: reader.states("last", "a"),
}


def last_of(_get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
    return {event.stream: event.sequence}


@pytest.fixture
def ledger(make: Make) -> Ledger:
    return make(projectors=[Projector("last", last_of)])


def append(ledger: Ledger, recorder: RecordingReader) -> Head | Moved:
    return ledger.append([NewEvent("t", "mine")], at=NOON, actor="bob", expect=recorder.expectation())


@pytest.mark.parametrize("there", [True, False], ids=["something", "nothing"])
@pytest.mark.parametrize("reading", READINGS)
def test_what_changed_after_it_was_read_refuses_the_append(ledger: Ledger, reading: str, there: bool) -> None:
    if there:
        add(ledger, "a")
    recorder = RecordingReader(ledger)
    READINGS[reading](recorder)
    add(ledger, "b")
    assert isinstance(append(ledger, recorder), Head)
    add(ledger, "a")
    assert isinstance(append(ledger, recorder), Moved)


@pytest.mark.parametrize("reading", READINGS)
def test_what_changed_between_two_readings_refuses_the_append(ledger: Ledger, reading: str) -> None:
    recorder = RecordingReader(ledger)
    READINGS[reading](recorder)
    add(ledger, "a")
    READINGS[reading](recorder)
    assert isinstance(append(ledger, recorder), Moved)


def test_what_changes_while_it_is_read_refuses_the_append(ledger: Ledger) -> None:
    add(ledger, "a", "a")
    recorder = RecordingReader(ledger)
    for event in recorder.events(stream="a"):
        if event.stream_version == 1:
            add(ledger, "a")
    assert append(ledger, recorder) == Moved("a", 2, 3)


def test_what_never_changes_is_read_without_a_trace(ledger: Ledger) -> None:
    add(ledger, "a", blobs={canonical.digest(b"x"): b"x"})
    recorder = RecordingReader(ledger)
    assert recorder.get(2) == ledger.get(2)
    assert recorder.blob(canonical.digest(b"x")) == b"x"
    assert (recorder.uuid, recorder.genesis) == (ledger.uuid, ledger.genesis)
    assert (recorder.expectation().streams, recorder.expectation().states) == ({}, {})


@pytest.mark.parametrize(
    "reading",
    [
        lambda reader: reader.head(),
        lambda reader: reader.events(),
        lambda reader: reader.events(stream_prefix="a"),
        lambda reader: reader.rows(["test.done"]),
    ],
)
def test_what_cannot_be_guarded_cannot_be_read(
    ledger: Ledger, reading: Callable[[RecordingReader], object]
) -> None:
    with pytest.raises(UnguardedRead):
        reading(RecordingReader(ledger))
