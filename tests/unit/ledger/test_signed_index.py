"""A signed index proves what is read: whatever a file was made to say, an answer is the right one or there is none."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Damaged, Ledger, create_ledger, open_ledger
from ldmrelease.ledger.prefix import PrefixReader
from ldmrelease.ledger.sqlite.ledger import SqliteLedger

from .conftest import NOON
from .indexed_ledgers import (
    ATTACKS,
    KINDS,
    STREAMS,
    Attack,
    answers,
    delete,
    fill,
    last_of,
    move,
    move_and_hash,
    opened,
    plain_answers,
)
from .signed import Trust, sign
from .test_damage import edit
from .test_tampered_schema import rebuilt


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
