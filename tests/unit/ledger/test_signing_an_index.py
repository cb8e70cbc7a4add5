"""Who signs an index, when, and what becomes of its pages: two at once, a kill, other hands, and nobody who may."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Damaged, create_ledger, log, open_ledger
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.sqlite.ledger import SqliteLedger

from .conftest import NOON
from .indexed_ledgers import (
    answers,
    delete,
    fill,
    last_of,
    opened,
    plain_answers,
    row_of,
)
from .signed import Trust, sign
from .test_damage import edit


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
