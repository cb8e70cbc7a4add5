"""A ledger as it was: a reader that sees the first events of another one, and nothing that was appended since."""

from collections.abc import Iterable, Iterator
from typing import Any

from ldmrelease.domain.events import Event, Head
from ldmrelease.ledger.interface import EventRow, LedgerReader


class PrefixReader:
    """Reads the first `size` events of another reader.

    Blobs and the states of projections have no place in the order of events, so they are those of now: a blob is asked
    for by an event that names it, and a state is a hint to events, of which those that came later are not there.
    """

    def __init__(self, ledger: LedgerReader, size: int) -> None:
        self._ledger = ledger
        self._size = max(0, min(size, ledger.head().size))

    @property
    def uuid(self) -> str:
        """The name of the ledger."""
        return self._ledger.uuid

    @property
    def genesis(self) -> str:
        """The hash of its first event."""
        return self._ledger.genesis

    def head(self) -> Head:
        """The last event that is seen."""
        last = self.get(self._size)
        return Head(self.uuid, self._size, last.hash if last is not None else "")

    def version(self, stream: str) -> int:
        """See `LedgerReader`."""
        last = self.last(stream)
        return last.stream_version if last is not None else 0

    def events(
        self,
        stream: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = 0,
        stream_prefix: str | None = None,
    ) -> Iterator[Event]:
        """See `LedgerReader`."""
        found = self._ledger.events(stream=stream, kinds=kinds, after=after, stream_prefix=stream_prefix)
        # To the end: only there is it known whether any is missing.
        return (each for each in found if each.sequence <= self._size)

    def rows(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:
        """See `LedgerReader`."""
        return (each for each in self._ledger.rows(kinds, after) if each.sequence <= self._size)

    def last(self, stream: str, kind: str | None = None, upto: int | None = None) -> Event | None:
        """See `LedgerReader`."""
        return self._ledger.last(stream, kind, self._size if upto is None else min(upto, self._size))

    def get(self, sequence: int) -> Event | None:
        """See `LedgerReader`."""
        return self._ledger.get(sequence) if sequence <= self._size else None

    def blob(self, digest: str) -> bytes:
        """See `LedgerReader`; of now."""
        return self._ledger.blob(digest)

    def has_blob(self, digest: str) -> bool:
        """See `LedgerReader`; of now."""
        return self._ledger.has_blob(digest)

    def state(self, name: str, key: str) -> Any:
        """See `LedgerReader`; of now."""
        return self._ledger.state(name, key)

    def states(self, name: str, prefix: str = "") -> dict[str, Any]:
        """See `LedgerReader`; of now."""
        return self._ledger.states(name, prefix)
