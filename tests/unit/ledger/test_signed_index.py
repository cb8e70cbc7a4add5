"""A signed index proves what is read: whatever a file was made to say, an answer is the right one or there is none."""

import itertools
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Damaged, Ledger, create_ledger, log, open_ledger
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.prefix import PrefixReader
from ldmrelease.ledger.sqlite.ledger import SqliteLedger

from .conftest import NOON
from .signed import Trust, sign
from .test_damage import edit
from .test_tampered_schema import rebuilt

STREAMS, KINDS = ("a", "b", "release/x", "release/y", "alone"), ("test.one", "test.two", "test.three")


def fill(ledger: Ledger, count: int, *, seed: int = 0, start: int = 0) -> None:
    chosen = random.Random(seed)
    events = [
        NewEvent(chosen.choice(KINDS), chosen.choice(STREAMS[:4]), {"number": number})
        for number in range(start, start + count)
    ]
    ledger.append(events, at=NOON, actor="bob")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("indexed") / "ledger.db"
    with create_ledger(path, at=NOON, actor="alice", projectors=()) as made:
        fill(made, 398)
        made.append([NewEvent("test.once", "alone")], at=NOON, actor="bob")
        assert made.sign_index(at=NOON, actor="bob", sign=sign) is not None
        made.require_whole(Trust(made.genesis))
        fill(made, 2199, seed=1, start=400)
        assert made.sign_index(at=NOON, actor="bob", sign=sign) is not None
        fill(made, 50, seed=2, start=2600)
    return path


@pytest.fixture
def indexed(kept: Path, path: Path) -> Path:
    """A file of which the first 400 events are in one signed index, and 2,600 in the next: 400 is older than the 2,000
    latest, which are looked at without an index, too.
    """
    shutil.copy(kept, path)
    return path


def opened(path: Path) -> SqliteLedger:
    ledger = open_ledger(path, projectors=())
    assert isinstance(ledger, SqliteLedger)
    try:
        ledger.require_whole(Trust(ledger.genesis))
    except BaseException:
        ledger.close()
        raise
    return ledger


def answers(ledger: Ledger) -> dict[str, Any]:
    """Everything that can be asked of the events of a ledger."""
    size = ledger.head().size
    marks = sorted({0, 1, 2, size // 3, size // 2, size - 1, size, size + 1, 400, 401, 2602})
    streams = (*STREAMS, "ledger", "checkpoints", "nothing")
    kinds = (*KINDS, "test.once", "index.signed", "test.none")
    found: dict[str, Any] = {
        "all": list(ledger.events()),
        "release": list(ledger.events(stream_prefix="release/")),
    }
    for stream in streams:
        found[f"version {stream}"] = ledger.version(stream)
        for kind in (None, *kinds):
            asked = None if kind is None else [kind]
            for mark in marks:
                found[f"{stream} {kind} after {mark}"] = list(ledger.events(stream, asked, after=mark))
            for upto in (None, *marks):
                found[f"last {stream} {kind} {upto}"] = ledger.last(stream, kind, upto)
        found[f"two of {stream}"] = list(ledger.events(stream, KINDS[:2]))
    for kind in kinds:
        for mark in marks:
            found[f"{kind} after {mark}"] = list(ledger.events(kinds=[kind], after=mark))
            found[f"rows {kind} after {mark}"] = list(ledger.rows([kind], after=mark))
    found["two kinds"] = list(ledger.events(kinds=KINDS[:2]))
    found |= {f"get {mark}": ledger.get(mark) for mark in marks}
    return found


def plain_answers(path: Path) -> dict[str, Any]:
    with open_ledger(path, projectors=()) as ledger:
        return answers(ledger)


def test_every_answer_is_the_same_with_an_index_and_without(indexed: Path) -> None:
    with opened(indexed) as ledger:
        assert ledger.unindexed() == 51
        assert answers(ledger) == plain_answers(indexed)
        assert ledger.verify(trust=Trust(ledger.genesis)) == ()


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.just("sign"),
            st.lists(st.tuples(st.sampled_from(STREAMS), st.sampled_from(KINDS)), min_size=1, max_size=40),
        ),
        max_size=12,
    )
)
def test_whatever_is_appended_and_whenever_it_is_signed(
    steps: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    create_ledger(path, at=NOON, actor="alice", projectors=()).close()
    for step in steps:
        with opened(path) as ledger:
            if step == "sign":
                assert ledger.sign_index(at=NOON, actor="bob", sign=sign) is not None
            else:
                ledger.append([NewEvent(kind, stream) for stream, kind in step], at=NOON, actor="bob")
    with opened(path) as ledger:
        assert answers(ledger) == plain_answers(path)
        assert ledger.verify(trust=Trust(ledger.genesis)) == ()


def row_of(path: Path, sequence: int) -> EventRow:
    with open_ledger(path, projectors=()) as ledger:
        assert isinstance(ledger, SqliteLedger)
        found = ledger._db.row("SELECT * FROM events WHERE sequence = ?", (sequence,))
        assert found is not None
        return EventRow._make(found)


def last_of(path: Path, stream: str, upto: int) -> EventRow:
    with open_ledger(path, projectors=()) as ledger:
        found = ledger.last(stream, upto=upto)
        assert found is not None
        return row_of(path, found.sequence)


def delete(path: Path, row: EventRow) -> None:
    edit(path, f"DELETE FROM events WHERE sequence = {row.sequence}")


def replace(path: Path, row: EventRow) -> None:
    """With a right hash of its own."""
    forged = row._replace(body='{"number":99}')
    with open_ledger(path, projectors=()) as ledger:
        right = log.row_hash(ledger.uuid, forged)
    edit(
        path,
        f"UPDATE events SET body = '{forged.body}', hash = '{right}' WHERE sequence = {row.sequence}",
    )


def move(path: Path, row: EventRow) -> None:
    edit(
        path,
        f"UPDATE events SET stream = 'elsewhere', stream_version = 1 WHERE sequence = {row.sequence}",
    )


def move_and_hash(path: Path, row: EventRow) -> None:
    moved = row._replace(stream="elsewhere", stream_version=1)
    with open_ledger(path, projectors=()) as ledger:
        right = log.row_hash(ledger.uuid, moved)
    edit(
        path,
        f"UPDATE events SET stream = 'elsewhere', stream_version = 1, hash = '{right}' "
        f"WHERE sequence = {row.sequence}",
    )


def rename(path: Path, row: EventRow) -> None:
    edit(path, f"UPDATE events SET kind = 'test.other' WHERE sequence = {row.sequence}")


Attack = Callable[[Path, EventRow], None]
ATTACKS: tuple[Attack, ...] = (delete, replace, move, move_and_hash, rename)


def nothing(path: Path) -> None:
    """Leave it at that."""


def without_pages(path: Path) -> None:
    edit(path, "DELETE FROM index_pages")


def with_other_pages(path: Path) -> None:
    edit(path, "UPDATE index_pages SET page = zeroblob(64)")


def without_checkpoints(path: Path) -> None:
    """Those that sign for the index are moved where nobody looks for them."""
    edit(path, "UPDATE events SET kind = 'test.other' WHERE kind = 'index.signed'")


def with_the_older_checkpoint(path: Path) -> None:
    edit(
        path,
        "UPDATE events SET kind = 'test.other' WHERE sequence = "
        "(SELECT max(sequence) FROM events WHERE kind = 'index.signed')",
    )


Cover = Callable[[Path], None]
COVERS: tuple[Cover, ...] = (
    nothing,
    without_pages,
    with_other_pages,
    without_checkpoints,
    with_the_older_checkpoint,
)


def answered(path: Path, reads: dict[str, Callable[[Ledger], object]]) -> list[str]:
    """Which of them got an answer."""
    found = []
    with suppress(Damaged), opened(path) as ledger:
        for name, read in reads.items():
            with suppress(Damaged):
                read(ledger)
                found.append(name)
    return found


@pytest.mark.parametrize("cover", COVERS)
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(("stream", "upto"), [("a", 200), ("alone", 400), ("b", 2600), ("a", 2650)])
def test_what_is_read_is_what_was_appended_or_nothing_is(
    indexed: Path, attack: Attack, cover: Cover, stream: str, upto: int
) -> None:
    """The table of docs/decisions/0050 and more, by somebody with the whole file, on events however old."""
    row = last_of(indexed, stream, upto)
    attack(indexed, row)
    cover(indexed)
    reads: dict[str, Callable[[Ledger], object]] = {
        "stream": lambda ledger: list(ledger.events(stream=stream)),
        "stream and kind": lambda ledger: list(ledger.events(stream=stream, kinds=[row.kind])),
        "kind": lambda ledger: list(ledger.events(kinds=[row.kind])),
        "rows": lambda ledger: list(ledger.rows([row.kind])),
        "sequence": lambda ledger: ledger.get(row.sequence),
        "all": lambda ledger: list(ledger.events()),
        "as it was": lambda ledger: list(
            PrefixReader(ledger, row.sequence).events(stream=stream, kinds=[row.kind])
        ),
        "last up to": lambda ledger: ledger.last(stream, row.kind, row.sequence),
        "last of any kind": lambda ledger: ledger.last(stream, None, row.sequence),
    }
    assert answered(indexed, reads) == []
    with open_ledger(indexed, projectors=()) as ledger:
        assert ledger.verify(trust=Trust(ledger.genesis)) != ()


@pytest.mark.parametrize("attack", [delete, move, move_and_hash])
def test_the_end_of_a_stream_is_proven(indexed: Path, attack: Attack) -> None:
    """An append may not rest on a version that somebody took back."""
    attack(indexed, last_of(indexed, "alone", 400))
    with pytest.raises(Damaged), opened(indexed) as ledger:
        ledger.version("alone")
    with pytest.raises(Damaged), opened(indexed) as ledger:
        ledger.last("alone")
    with pytest.raises(Damaged), opened(indexed) as ledger:
        ledger.append([NewEvent("test.once", "alone")], at=NOON, actor="bob", expect={"alone": 0})


def test_what_is_not_read_is_left_to_the_whole_check(indexed: Path) -> None:
    """The price of not walking: an answer says nothing of what it does not rest on. `ledger verify` does."""
    move(indexed, last_of(indexed, "a", 200))
    with opened(indexed) as ledger:
        assert len(list(ledger.events(stream="alone"))) == 1
        assert {each.code for each in ledger.verify(trust=Trust(ledger.genesis))} >= {"hash"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nobody_signs_over_what_was_changed(indexed: Path, attack: Attack) -> None:
    """Behind the last index all is looked through before the next one is signed."""
    ledger = opened(indexed)
    attack(indexed, last_of(indexed, "a", 2640))
    with closing(ledger), pytest.raises(Damaged):
        ledger.sign_index(at=NOON, actor="bob", sign=sign)


@pytest.mark.parametrize(
    ("index", "columns", "named"),
    [
        ("events_by_stream", "(CASE sequence WHEN {0} THEN 'b' ELSE stream END, sequence)", ("alone", None)),
        (
            "events_by_stream_and_kind",
            "(stream, CASE sequence WHEN {0} THEN 'x' ELSE kind END, sequence)",
            ("alone", ["test.once"]),
        ),
        (
            "events_by_kind",
            "(CASE sequence WHEN {0} THEN 'x' ELSE kind END, sequence)",
            (None, ["test.once"]),
        ),
    ],
)
def test_an_old_event_that_an_index_of_sqlite_hides_is_missed(
    indexed: Path, index: str, columns: str, named: tuple[str | None, list[str] | None]
) -> None:
    stream, kinds = named
    row = last_of(indexed, "alone", 400)
    rebuilt(indexed, index, columns.format(row.sequence))
    with opened(indexed) as ledger, pytest.raises(Damaged, match="hidden"):
        list(ledger.events(stream=stream, kinds=kinds))


@pytest.mark.parametrize("cover", [without_pages, with_other_pages])
def test_lost_pages_are_made_anew_and_kept(indexed: Path, cover: Cover) -> None:
    before = plain_answers(indexed)
    cover(indexed)
    with opened(indexed) as ledger:
        assert answers(ledger) == before
    with open_ledger(indexed, projectors=()) as ledger:
        assert isinstance(ledger, SqliteLedger)
        assert ledger._db.rows("SELECT 1 FROM index_pages WHERE page = zeroblob(64)") == []
        assert ledger.verify(trust=Trust(ledger.genesis)) == ()


def test_an_edited_page_is_told_by_the_whole_check(indexed: Path) -> None:
    with_other_pages(indexed)
    with open_ledger(indexed, projectors=()) as ledger:
        assert {each.code for each in ledger.verify(trust=Trust(ledger.genesis))} == {"index"}


def test_roots_that_are_not_those_of_the_events_are_told(path: Path) -> None:
    """Whoever has the key may sign what is wrong: then the whole check says so."""

    def lying(there: Any, body: Any) -> dict[str, Any]:
        from msgspec.structs import replace as with_other  # noqa: PLC0415

        return sign(there, with_other(body, keys=body.events))

    with create_ledger(path, at=NOON, actor="alice", projectors=()) as ledger:
        fill(ledger, 10)
        ledger.sign_index(at=NOON, actor="bob", sign=lying)
        (problem,) = ledger.verify(trust=Trust(ledger.genesis))
        assert (problem.code, problem.where) == ("index", "event 12")


def test_roots_that_nobody_signed_are_passed_over(indexed: Path) -> None:
    with opened(indexed) as ledger:
        ledger.append([NewEvent("index.signed", "checkpoints", {"roots": {}})], at=NOON, actor="mallory")
    with opened(indexed) as ledger:
        assert ledger.unindexed() == 52
        assert answers(ledger) == plain_answers(indexed)


def test_of_two_that_sign_at_once_one_does(indexed: Path) -> None:
    with opened(indexed) as one, opened(indexed) as two:
        assert one.sign_index(at=NOON, actor="bob", sign=sign) is not None
        assert two.sign_index(at=NOON, actor="bob", sign=sign) is None
        # It goes on by what the other one has signed.
        assert two.unindexed() == 1
        assert answers(two) == plain_answers(indexed)


def test_who_reads_by_an_older_index_goes_on(indexed: Path) -> None:
    """Its pages stay for one more index, and are made anew behind that."""
    with opened(indexed) as reader:
        for seed in range(4):
            with opened(indexed) as writer:
                fill(writer, 300, seed=seed)
                assert writer.sign_index(at=NOON, actor="bob", sign=sign) is not None
            assert len(list(reader.events(stream="a"))) == reader.version("a")
        assert answers(reader) == plain_answers(indexed)
        with opened(indexed) as ledger:
            assert ledger.unindexed() == 1
            assert ledger.verify(trust=Trust(ledger.genesis)) == ()


def test_an_append_by_other_hands_that_skips_numbers_of_a_stream_is_noticed(indexed: Path) -> None:
    with open_ledger(indexed, projectors=()) as ledger:
        last = row_of(indexed, ledger.head().size)
        stream = "release/x"
        forged = EventRow(
            last.sequence + 1, last.time, "x", "test", stream, ledger.version(stream) + 2, "{}", last.hash, ""
        )
        forged = forged._replace(hash=log.row_hash(ledger.uuid, forged))
        head = f'{{"hash":"{forged.hash}","sequence":{forged.sequence}}}'
    edit(
        indexed,
        f"INSERT INTO events VALUES {tuple(forged)}",
        f"UPDATE states SET value = '{head}' WHERE projection = 'head'",
    )
    with pytest.raises(Damaged, match="does not follow"):
        opened(indexed)


def test_a_hash_that_was_only_written_there_shows_no_checkpoint(indexed: Path) -> None:
    """Who forks a ledger could spell the hash that a checkpoint elsewhere names."""
    with opened(indexed) as ledger:
        kept = msgspec.structs.replace(ledger.checkpoint(NOON), size=200, head="sha256:" + "0" * 64)
        assert ledger.extends(kept) is not None
    edit(indexed, f"UPDATE events SET hash = '{kept.head}' WHERE sequence = 200")
    with opened(indexed) as ledger, pytest.raises(Damaged):
        ledger.extends(kept)


def test_where_nobody_may_sign_the_chain_of_all_rows_is_walked(indexed: Path) -> None:
    delete(indexed, last_of(indexed, "a", 200))
    with (
        open_ledger(indexed, projectors=()) as ledger,
        pytest.raises(Damaged, match="does not follow on what stands before it"),
    ):
        ledger.require_whole()


DIE = """
import os, sys
from datetime import UTC, datetime
from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import open_ledger
from tests.unit.ledger.signed import Trust, sign
when, path = sys.argv[1], sys.argv[2]
at = datetime(2023, 4, 20, 12, tzinfo=UTC)
def die(now, kinds):
    if (now, kinds) == (when, "index.signed"):
        os._exit(9)
def signing(there, body):
    if when == "while":
        os._exit(9)
    return sign(there, body)
ledger = open_ledger(path, projectors=(), observer=die)
ledger.require_whole(Trust(ledger.genesis))
ledger.append([NewEvent("test.one", "a")], at=at, actor="x")
ledger.sign_index(at=at, actor="x", sign=signing)
"""


@pytest.mark.parametrize(("when", "behind"), [("before", 52), ("while", 52), ("after", 1)])
def test_killed_around_the_signing_it_is_there_or_not(indexed: Path, when: str, behind: int) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    command = [sys.executable, "-c", DIE, when, str(indexed)]
    assert subprocess.run(command, env=environment, check=False).returncode == 9
    with opened(indexed) as ledger:
        assert ledger.unindexed() == behind
        assert len(list(ledger.events(stream="a"))) == ledger.version("a")
        assert ledger.sign_index(at=NOON, actor="bob", sign=sign) is not None
        assert ledger.verify(trust=Trust(ledger.genesis)) == ()


def test_the_pages_that_stay_are_those_of_two_indexes(path: Path) -> None:
    with create_ledger(path, at=NOON, actor="alice", projectors=()) as ledger:
        assert isinstance(ledger, SqliteLedger)
        ledger.require_whole(Trust(ledger.genesis))
        counts = []
        for seed in range(12):
            fill(ledger, 40, seed=seed)
            ledger.sign_index(at=NOON, actor="bob", sign=sign)
            counts.append(len(ledger._db.rows("SELECT 1 FROM index_pages")))
        assert max(counts) <= 2 * (2 + 3)
        assert all(after <= before + 2 for before, after in itertools.pairwise(counts))
