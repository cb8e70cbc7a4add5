"""A reader of the first events of a ledger answers as the ledger did when it had no more."""

from datetime import timedelta

import pytest

from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Ledger
from ldmrelease.ledger.interface import LedgerReader
from ldmrelease.ledger.prefix import PrefixReader

from .conftest import NOON, Make, add

STREAMS = ("a", "b", "a/x", "missing")
KINDS = ("test.done", "test.other")


@pytest.fixture
def ledger(make: Make) -> Ledger:
    return make()


def told(reader: LedgerReader) -> list[object]:
    """Everything that a reader says of events."""
    return [
        (reader.uuid, reader.genesis, reader.head()),
        list(reader.events()),
        list(reader.events(stream_prefix="a", after=2)),
        [reader.get(each) for each in range(12)],
        [list(reader.rows([each])) for each in KINDS],
        [(reader.version(each), list(reader.events(stream=each))) for each in STREAMS],
        [reader.last(each, kind, upto) for each in STREAMS for kind in KINDS for upto in (None, 3, 99)],
    ]


def test_it_is_the_ledger_as_it_was_at_every_length(ledger: Ledger) -> None:
    was = {1: told(ledger)}
    for number, (stream, kind) in enumerate(
        [*zip("abaab", [*KINDS, *KINDS, KINDS[0]], strict=True)], start=1
    ):
        add(ledger, stream, kind=kind, at=NOON + timedelta(minutes=number))
        was[number + 1] = told(ledger)
    assert {size: told(PrefixReader(ledger, size)) for size in was} == was


def test_it_is_no_longer_than_the_ledger(ledger: Ledger) -> None:
    add(ledger, "a")
    assert told(PrefixReader(ledger, 99)) == told(ledger)
    assert PrefixReader(ledger, -3).head().size == 0


def test_what_is_appended_later_is_not_there(ledger: Ledger) -> None:
    reader = PrefixReader(ledger, ledger.head().size)
    before = told(reader)
    ledger.append([NewEvent("test.done", "a", {})], at=NOON, actor="bob")
    assert told(reader) == before


def test_blobs_are_those_of_now(ledger: Ledger) -> None:
    reader = PrefixReader(ledger, 1)
    digest = ledger.put_blob(b"later")
    assert reader.has_blob(digest)
    assert reader.blob(digest) == b"later"
    assert reader.states("observed") == ledger.states("observed")
    assert reader.state("observed", "x") is None
