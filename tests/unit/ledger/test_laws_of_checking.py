"""Every ledger can be checked, against a checkpoint too, and exported: what holds of all of them."""

import io
import json

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint, Event, EventKind
from ldmrelease.ledger import Ledger, LedgerProblem
from ldmrelease.ledger.interface import EventRow

from .conftest import NOON, Make, add
from .signed import Trust, sign
from .test_laws import COUNT


@pytest.fixture
def ledger(make: Make) -> Ledger:
    return make()


class TestCheckpoints:
    def test_a_ledger_that_grew_extends_its_checkpoint(self, ledger: Ledger) -> None:
        add(ledger, "a")
        kept = ledger.checkpoint(NOON)
        add(ledger, "a")
        assert ledger.extends(kept) is None
        assert ledger.verify(kept) == ()

    def test_one_of_more_than_there_is_shows_the_cut(self, ledger: Ledger) -> None:
        kept = ledger.checkpoint(NOON)
        ahead = Checkpoint(kept.ledger, kept.genesis, 5, "sha256:5", NOON)
        assert ledger.extends(ahead) == LedgerProblem("cut", "event 5", "at least 5 events", "1")
        assert ledger.verify(ahead) == (ledger.extends(ahead),)

    def test_one_of_another_history_shows_the_fork(self, ledger: Ledger) -> None:
        add(ledger, "a")
        kept = ledger.checkpoint(NOON)
        forked = Checkpoint(kept.ledger, kept.genesis, 2, "sha256:5", NOON)
        assert ledger.extends(forked) == LedgerProblem("fork", "event 2", "sha256:5", kept.head)

    def test_one_of_another_ledger_is_told(self, make: Make) -> None:
        problem = make().extends(make().checkpoint(NOON))
        assert problem is not None
        assert problem.code == "other-ledger"


class TestVerifying:
    def test_each_event_is_shown_once_to_whoever_knows_more(self, make: Make) -> None:
        """What does not hold at a quick look is read, and looked at closely; projections know of both."""

        class Check:
            def __init__(self) -> None:
                self.quick: list[int] = []
                self.close: list[int] = []

            def holds(self, row: EventRow) -> bool:
                self.quick.append(row.sequence)
                return row.stream == "a"

            def problems(self, event: Event) -> list[LedgerProblem]:
                self.close.append(event.sequence)
                return [LedgerProblem("signature", f"event {event.sequence}")] if event.stream == "b" else []

        ledger, check = make(projectors=[COUNT]), Check()
        add(ledger, "a", "b", "a")
        assert ledger.verify(check=check) == (LedgerProblem("signature", "event 3"),)
        assert (check.quick, check.close) == ([1, 2, 3, 4], [1, 3])

    def test_a_whole_ledger_is_whole(self, ledger: Ledger) -> None:
        add(ledger, "a")
        ledger.require_whole()


class TestSignedIndex:
    def test_what_is_behind_it_is_counted(self, ledger: Ledger) -> None:
        add(ledger, "a", "b")
        assert ledger.unindexed() == 3
        head = ledger.sign_index(at=NOON, actor="bob", sign=sign)
        assert head == ledger.head()
        assert ledger.unindexed() == 1
        add(ledger, "a")
        assert ledger.unindexed() == 2

    def test_it_says_where_the_ledger_was_and_a_whole_check_makes_it_anew(self, ledger: Ledger) -> None:
        add(ledger, "a", "b")
        before = ledger.head()
        ledger.sign_index(at=NOON, actor="bob", sign=sign)
        event = ledger.get(before.size + 1)
        assert event is not None
        assert (event.kind, event.stream) == (EventKind.INDEX_SIGNED, "checkpoints")
        roots = Trust(ledger.genesis).believed(event)
        assert roots is not None
        assert (roots.size, roots.head) == (before.size, before.hash)
        assert ledger.verify(trust=Trust(ledger.genesis)) == ()

    def test_what_is_read_by_it_is_what_is_read_without(self, ledger: Ledger) -> None:
        add(ledger, "a", "b", "a")
        ledger.sign_index(at=NOON, actor="bob", sign=sign)
        add(ledger, "a", "c")
        before = list(ledger.events()), ledger.version("a"), ledger.last("a", "test.done", 4)
        ledger.require_whole(Trust(ledger.genesis))
        assert (list(ledger.events()), ledger.version("a"), ledger.last("a", "test.done", 4)) == before

    def test_all_kinds_of_ledgers_have_the_same_roots_for_the_same_events(self, make: Make) -> None:
        ledger = make(projectors=[COUNT])
        add(ledger, *(f"stream/{number % 90}" for number in range(300)))
        ledger.sign_index(at=NOON, actor="bob", sign=sign)
        add(ledger, *(f"stream/{number}" for number in range(200)))
        out = io.BytesIO()
        ledger.export(out)
        ledger.sign_index(at=NOON, actor="bob", sign=sign)
        signed = ledger.last("checkpoints")
        for copy in make.imported(out.getvalue(), projectors=[COUNT]):
            copy.sign_index(at=NOON, actor="bob", sign=sign)
            assert copy.last("checkpoints") == signed


class TestExport:
    def test_every_kind_of_ledger_reads_what_any_wrote(self, make: Make) -> None:
        ledger = make(projectors=[COUNT])
        add(ledger, "a", "naïve ✓", blobs={canonical.digest(b"x"): b"x"})
        out = io.BytesIO()
        ledger.export(out)
        assert [next(iter(json.loads(line))) for line in out.getvalue().splitlines()] == [
            "format", "event", "event", "event", "blob", "end",
        ]  # fmt: skip
        for copy in make.imported(out.getvalue(), projectors=[COUNT]):
            assert list(copy.events()) == list(ledger.events())
            assert copy.states("count") == ledger.states("count")
            assert copy.blob(canonical.digest(b"x")) == b"x"
            assert copy.verify(ledger.checkpoint(NOON)) == ()
            add(copy, "a", expect={"a": 1})
