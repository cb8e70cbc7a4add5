"""The whole check of a ledger, whatever stores it: one pass over its rows, each read once and hashed as stored."""

from collections.abc import Iterable, Iterator, Sequence

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import log
from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.index.ledger_index import IndexBuilder
from ldmrelease.ledger.index.merkle_pages import Pages
from ldmrelease.ledger.interface import EventCheck, EventRow, IndexTrust
from ldmrelease.ledger.log import Walk
from ldmrelease.ledger.projecting import Rebuilding, Stored, compared

_UNFOLDABLE = (LookupError, TypeError, ValueError, AttributeError)


class Verification:
    """A check under way; `problems` is what was found so far."""

    def __init__(
        self,
        ledger: str,
        projectors: Sequence[Projector],
        check: EventCheck | None,
        trust: IndexTrust | None = None,
    ) -> None:
        self.problems: list[LedgerProblem] = []
        self.walk = Walk(ledger)
        self._rebuilding: Rebuilding | None = Rebuilding(projectors)
        self._check, self._trust = check, trust
        self._index = IndexBuilder(Pages(lambda _: None)) if trust is not None else None
        self._unfoldable: LedgerProblem | None = None

    def events(self, rows: Iterable[EventRow]) -> None:
        """Take all rows, in their order."""
        walk, check = self.walk, self._check
        folded: EventRow | None = None
        for row in rows:
            holds = check is not None and check.holds(row)
            found = walk.step(row, is_read=holds)
            if found:
                self.problems += found
            if self._index is not None:
                self._compare_index(row, sound=not found)
            if walk.last is not None and check is not None:
                self.problems += check.problems(walk.last)
            if walk.last is not None or holds:
                folded = row
                self._fold(row, walk.last)
        if self._rebuilding is not None and folded is not None:
            self._rebuilding.pass_by(folded.sequence, folded.hash)
        if not walk.size:
            self.problems.append(LedgerProblem("cut", "event 1", "the event of its creation", ""))

    def blobs(self, blobs: Iterable[tuple[str, bytes]]) -> None:
        """Take all blobs with their digests."""
        for digest, data in blobs:
            found = canonical.digest(data)
            if found != digest:
                self.problems.append(LedgerProblem("blob", digest, digest, found))

    def states(self, stored: Stored) -> None:
        """Hold the states that are kept against those that the events made."""
        self.problems += self._compared(stored)

    def _compare_index(self, row: EventRow, *, sound: bool) -> None:
        """Hold a signed index against that of the rows before it; behind a row that does not hold there is none."""
        index, trust = self._index, self._trust
        assert index is not None
        assert trust is not None
        if not sound:
            self._index = None
            return
        if row.kind == EventKind.INDEX_SIGNED:
            signed = trust.believed(self.walk.last or log.read(self.walk.ledger, row))
            if signed is not None and (own := index.roots()) != signed:
                told = (f"{each.events} {each.keys}" for each in (own, signed))
                self.problems.append(LedgerProblem("index", f"event {row.sequence}", *told))
        index.take(row)

    def _fold(self, row: EventRow, event: Event | None) -> None:
        if self._rebuilding is None:
            return
        try:
            if self._rebuilding.concerns(row.kind):
                self._rebuilding.take(event or log.read(self.walk.ledger, row))
        except _UNFOLDABLE as error:
            # A fold trusts the shape of what its own program appended; this event was written by another hand.
            told = f"an event that cannot be folded: {error!r}"
            self._unfoldable, self._rebuilding = LedgerProblem("projection", "rebuilding", found=told), None

    def _compared(self, stored: Stored) -> Iterator[LedgerProblem]:
        if self._rebuilding is None:
            assert self._unfoldable is not None
            yield self._unfoldable
        else:
            yield from compared(self._rebuilding.stored(), stored)
