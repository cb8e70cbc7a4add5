"""The whole check of a ledger, whatever stores it: one pass over its rows, each read once and hashed as stored."""

from collections.abc import Iterable, Iterator, Sequence

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import log
from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.interface import EventCheck, EventRow
from ldmrelease.ledger.log import Walk
from ldmrelease.ledger.projecting import Rebuilding, Stored, compared

_UNFOLDABLE = (LookupError, TypeError, ValueError, AttributeError)


class Verification:
    """A check under way; `problems` is what was found so far."""

    def __init__(self, ledger: str, projectors: Sequence[Projector], check: EventCheck | None) -> None:
        self.problems: list[LedgerProblem] = []
        self.walk = Walk(ledger)
        self._rebuilding: Rebuilding | None = Rebuilding(projectors)
        self._check = check
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
