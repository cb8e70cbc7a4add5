"""A reader that remembers what it has read, so that what an append rests on follows from what was read.

Streams are remembered by the version that they had before they were read, states of projections by the digest
of what was read. Events by their number and blobs by their digest never change, so nothing is to be remembered
of them. What cannot be guarded cannot be read: there is no `head`, and no events of all streams.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from ldmrelease.domain.events import Event, Head
from ldmrelease.ledger.expectation import Expectation, StateKey, state_digest, states_digest
from ldmrelease.ledger.interface import EventRow, LedgerReader


class UnguardedRead(TypeError):
    """A mistake of the program: an append cannot rest on a reading of this kind."""


class RecordingReader:
    """Reads another reader; `expectation` is what an append has to find that rests on all that was read.

    Of what is read twice the first reading counts: if the second differs, the append is refused.
    """

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._streams: dict[str, int] = {}
        self._states: dict[StateKey, str] = {}

    @property
    def uuid(self) -> str:
        """The name of the ledger."""
        return self._ledger.uuid

    @property
    def genesis(self) -> str:
        """The hash of its first event."""
        return self._ledger.genesis

    def expectation(self) -> Expectation:
        """What was read so far."""
        return Expectation(dict(self._streams), dict(self._states))

    def head(self) -> Head:
        """Raises `UnguardedRead`."""
        raise UnguardedRead("every append moves the head: nothing may rest on it")

    def version(self, stream: str) -> int:
        """See `LedgerReader`."""
        version = self._ledger.version(stream)
        self._streams.setdefault(stream, version)
        return version

    def events(
        self,
        stream: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = 0,
        stream_prefix: str | None = None,
    ) -> Iterator[Event]:
        """See `LedgerReader`; of one stream. Raises `UnguardedRead`."""
        if stream is None or stream_prefix is not None:
            raise UnguardedRead(
                "name the stream whose events are read: an append names the versions of streams"
            )
        self.version(stream)
        return self._ledger.events(stream=stream, kinds=kinds, after=after)

    def rows(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:  # noqa: ARG002
        """Raises `UnguardedRead`."""
        raise UnguardedRead("rows are of all streams: name the stream whose events are read")

    def last(self, stream: str, kind: str | None = None, upto: int | None = None) -> Event | None:
        """See `LedgerReader`."""
        self.version(stream)
        return self._ledger.last(stream, kind, upto)

    def get(self, sequence: int) -> Event | None:
        """See `LedgerReader`."""
        return self._ledger.get(sequence)

    def blob(self, digest: str) -> bytes:
        """See `LedgerReader`."""
        return self._ledger.blob(digest)

    def has_blob(self, digest: str) -> bool:
        """See `LedgerReader`; blobs are never taken away, and come with an event of a stream that is read."""
        return self._ledger.has_blob(digest)

    def state(self, name: str, key: str) -> Any:
        """See `LedgerReader`."""
        value = self._ledger.state(name, key)
        self._states.setdefault(StateKey(name, key), state_digest(value))
        return value

    def states(self, name: str, prefix: str = "") -> dict[str, Any]:
        """See `LedgerReader`."""
        found = self._ledger.states(name, prefix)
        self._states.setdefault(StateKey(name, prefix, prefix=True), states_digest(found))
        return found
