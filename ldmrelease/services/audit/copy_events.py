"""The events of a copy, one pass: chain, signatures, and what they name that has to be looked at afterwards."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.evidence import ReceiptSigned, StatementReceived
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.domain.events.promotion import DecisionMade, PromotionEnded, PromotionPlanned, Request
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.events.trust import TrustAdopted
from ldmrelease.ledger import LedgerProblem
from ldmrelease.ledger.copies import LedgerCopy
from ldmrelease.ledger.index.ledger_index import IndexBuilder
from ldmrelease.ledger.index.merkle_pages import Pages
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.log import Walk
from ldmrelease.projections.claimed import claimed_in
from ldmrelease.services.record_check import RecordCheck
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import EventRecord
from ldmrelease.trust.verify import Rejected

B = TypeVar("B")

_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError)
_BODIES: dict[str, type[Any]] = {
    EventKind.PINNED: Pin,
    EventKind.RECEIVED: StatementReceived,
    EventKind.RECEIPT: ReceiptSigned,
    EventKind.DECIDED: DecisionMade,
    EventKind.PLANNED: PromotionPlanned,
    EventKind.TRUST_ADOPTED: TrustAdopted,
    EventKind.REQUESTED: Request,
}
"""What is looked at afterwards."""
AFTER_THE_END = "after-the-end"
MOST_PROBLEMS = 1000
"""Problems that are kept; the others are counted."""


class CopyProblem(Struct, frozen=True):
    """Something that is wrong: with an event, by its number, or with something else that `about` names."""

    event: int | None
    about: str
    what: LedgerProblem | Rejected


class CopyProblems:
    """The problems that were found, as many as are kept, and how many there are."""

    def __init__(self) -> None:
        self.found: list[CopyProblem] = []
        self.number = 0

    def note(self, what: LedgerProblem | Rejected, event: int | None = None, about: str = "event") -> None:
        """Keep one more."""
        self.number += 1
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(CopyProblem(event, about, what))


class CopiedRecord(Struct, frozen=True):
    """An event that counts, as far as it is looked at afterwards: `row` is what is stored, `said` its body."""

    sequence: int
    time: str
    said: Any


class CopyEvents:
    """Reads all events of a copy. `signed` is how many hold; `rejected` how many do not, by the code. Of the `indexes`
    that were signed along the way `good_indexes` are those of the events before them.
    """

    def __init__(self, copy: LedgerCopy, keyring: Keyring, problems: CopyProblems) -> None:
        self.walk = Walk(copy.uuid)
        self.read = 0
        self.signed = 0
        self.indexes = self.good_indexes = 0
        self.rejected: Counter[str] = Counter()
        self.named: dict[type[Any], list[CopiedRecord]] = {each: [] for each in _BODIES.values()}
        self.last_time = ""
        self.clock = _own_clock(copy)
        self._copy, self._keyring, self._problems = copy, keyring, problems
        self._check: RecordCheck | None = None
        self._ended: dict[str, int] = {}
        self._hashes = bytearray()
        self._index: IndexBuilder | None = IndexBuilder(Pages(lambda _: None))

    def read_all(self) -> None:
        """One pass over the copy."""
        for row in self._copy.rows():
            self.read += 1
            if isinstance(row, LedgerProblem):
                self._hashes += bytes(_HASH)
                self._problems.note(row, self.read)
                continue
            self._hashes += _bytes_of(row.hash)
            try:
                self._take(row)
            except _UNREADABLE as error:
                self._problems.note(
                    LedgerProblem("encoding", f"event {row.sequence}", "", str(error)), row.sequence
                )
        if not self.read:
            self._problems.note(LedgerProblem("cut", "event 1", "the event of its creation", ""))

    def hash_at(self, number: int) -> str | None:
        """The hash of the event of that number; None where there is none."""
        found = self._hashes[(number - 1) * _HASH : number * _HASH] if number > 0 else b""
        return f"sha256:{found.hex()}" if found else None

    def of(self, kind: type[B]) -> Iterator[tuple[int, str, B]]:
        """The number, the time and the body of each event that counts and says this."""
        return ((each.sequence, each.time, each.said) for each in self.named[kind])

    def _take(self, row: EventRow) -> None:
        if self._check is None:
            self._check = RecordCheck(row.hash, self._keyring, clock=self.clock)
        holds = self._check.holds(row)
        found_in_chain = self.walk.step(row, is_read=holds)
        for each in found_in_chain:
            self._problems.note(each, row.sequence)
        self.last_time = row.time
        event = self.walk.last
        if not holds:
            found = self._verified(event)
            holds = isinstance(found, EventRecord)
            if isinstance(found, Rejected):
                self.rejected[found.code] += 1
                self._problems.note(found, row.sequence)
        self.signed += holds
        self._hold_index(row, holds=holds, sound=not found_in_chain)
        self._note_the_end(row, holds=holds)
        kind = _BODIES.get(row.kind) if holds else None
        said = claimed_in(row.body, kind) if kind is not None else None
        if kind is not None and said is not None:
            self.named[kind].append(CopiedRecord(row.sequence, row.time, said))

    def _verified(self, event: Event | None) -> EventRecord[Any] | Rejected | None:
        """The event as a record. None, signed by nobody, is the first event alone."""
        assert self._check is not None
        if event is None:
            return Rejected("malformed")
        return self._check.verified(event) or (None if self.read == 1 else Rejected("unsigned"))

    def _hold_index(self, row: EventRow, *, holds: bool, sound: bool) -> None:
        """Hold a signed index against that of the rows before it; behind a row that is not in order there is none."""
        index = self._index
        if index is None or not sound:
            self._index = None
            return
        signed = (
            claimed_in(row.body, IndexCheckpoint) if holds and row.kind == EventKind.INDEX_SIGNED else None
        )
        if signed is not None:
            self.indexes += 1
            own = index.roots()
            if own == signed:
                self.good_indexes += 1
            else:
                told = (f"{each.events} {each.keys}" for each in (own, signed))
                self._problems.note(LedgerProblem("index", f"event {row.sequence}", *told), row.sequence)
        index.take(row)

    def _note_the_end(self, row: EventRow, *, holds: bool) -> None:
        """Nothing follows the end of a promotion, whoever signed it."""
        end = self._ended.get(row.stream)
        if end is not None:
            expected = f"nothing behind the end of {row.stream} (event {end})"
            self._problems.note(
                LedgerProblem(AFTER_THE_END, f"event {row.sequence}", expected, row.kind), row.sequence
            )
        elif holds and row.kind == EventKind.ENDED and claimed_in(row.body, PromotionEnded) is not None:
            self._ended[row.stream] = row.sequence


def _own_clock(copy: LedgerCopy) -> bool:
    """Whether the ledger says that it is one of a workspace with a clock of its own, as whoever acts on it says first.

    Nobody gains by a lie: what was told by the other kind of clock does not count then.
    """
    for row in copy.rows():
        if isinstance(row, EventRow) and row.kind == EventKind.TRUST_ADOPTED:
            claimed = claimed_in(row.body, TrustAdopted)
            if claimed is not None:
                return claimed.clock
    return False


_HASH = 32


def _bytes_of(digest: str) -> bytes:
    """The bytes of a hash; zeros for what is none, which are no event's."""
    try:
        found = bytes.fromhex(digest.removeprefix("sha256:"))
    except ValueError:
        found = b""
    return found if len(found) == _HASH and digest == _spelled(found) else bytes(_HASH)


def _spelled(data: bytes) -> str:
    """A digest as it is spelled, from its bytes."""
    return f"sha256:{data.hex()}"
