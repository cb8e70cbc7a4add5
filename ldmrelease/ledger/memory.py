"""The ledger in memory: for tests, and to try a thing without a file. It keeps every law of the durable ones
but that it outlives its process.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Self
from uuid import uuid4

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Checkpoint, Event, EventKind, Head, Moved, NewEvent
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import checkpoints, log, projecting, transfer
from ldmrelease.ledger.errors import Damaged, LedgerProblem
from ldmrelease.ledger.expectation import Expectation, expectation, moved
from ldmrelease.ledger.index.ledger_index import IndexBuilder
from ldmrelease.ledger.index.merkle_pages import Pages
from ldmrelease.ledger.interface import EventCheck, EventRow, IndexTrust, Sign, WriteObserver
from ldmrelease.ledger.verify import Verification

SCHEMA = 1


class MemoryLedger:
    """A ledger that ends with its process. What is read is always a copy, as from any other store."""

    def __init__(
        self,
        uuid: str,
        records: Iterable[EventRow | transfer.BlobRecord],
        *,
        projectors: Iterable[Projector] = (),
        observer: WriteObserver | None = None,
    ) -> None:
        """The ledger of these records, which are a whole chain; use `created` or `loaded`."""
        self.uuid = uuid
        self._projectors = projecting.with_head(projectors)
        self._observe = observer or (lambda _when, _kinds: None)
        self._rows: list[EventRow] = []
        self._versions: dict[str, int] = {}
        self._blobs: dict[str, bytes] = {}
        self._states: projecting.Stored = {}
        for record in records:
            if isinstance(record, EventRow):
                self._rows.append(record)
                self._versions[record.stream] = record.stream_version
                self._project(record, self._states)
            else:
                self._blobs[record.digest] = record.data
        self.genesis = self._rows[0].hash

    @classmethod
    def created(
        cls,
        *,
        at: datetime,
        actor: str,
        projectors: Iterable[Projector] = (),
        observer: WriteObserver | None = None,
    ) -> Self:
        """A new ledger; its first event says that it was created at `at` by `actor`."""
        uuid = str(uuid4())
        first = log.first(uuid, {"schema": SCHEMA}, at=times.whole(at), actor=actor)
        return cls(uuid, [first], projectors=projectors, observer=observer)

    @classmethod
    def loaded(cls, source: Iterable[bytes], *, projectors: Iterable[Projector] = ()) -> Self:
        """The ledger that an exported text tells of. Raises `NotImportable`."""
        uuid, records = transfer.read_text(source)
        return cls(uuid, records, projectors=projectors)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return f"memory:{self.uuid}"

    def head(self) -> Head:
        """See `LedgerReader`."""
        last = self._rows[-1]
        return Head(self.uuid, last.sequence, last.hash)

    def version(self, stream: str) -> int:
        """See `LedgerReader`."""
        return self._versions.get(stream, 0)

    def append(
        self,
        events: Sequence[NewEvent],
        *,
        at: datetime,
        actor: str,
        expect: Expectation | Mapping[str, int] | None = None,
        blobs: Mapping[str, bytes] | None = None,
        sign: Sign | None = None,
        bounds: Callable[[Event], bool] | None = None,
    ) -> Head | Moved:
        """See `Ledger`."""
        kinds = ",".join(str(event.kind) for event in events)
        self._observe("before", kinds)
        late = moved(expectation(expect), version=self.version, state=self.state, states=self.states)
        if late is not None:
            return late
        for digest, data in (blobs or {}).items():
            log.require_digest(digest, data)
        # All that can fail is done on copies: what is kept changes at once, or not at all.
        states = {name: dict(own) for name, own in self._states.items()}
        rows = self._linked(events, at, actor, sign, bounds)
        for row in rows:
            self._project(row, states)
        self._rows += rows
        self._states = states
        self._versions |= {row.stream: row.stream_version for row in rows}
        self._blobs |= {digest: bytes(data) for digest, data in (blobs or {}).items()}
        self._observe("after", kinds)
        return self.head()

    def events(
        self,
        stream: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = 0,
        stream_prefix: str | None = None,
    ) -> Iterator[Event]:
        """See `LedgerReader`."""
        named = None if kinds is None else {str(kind) for kind in kinds}
        index = max(after, 0)
        while index < len(self._rows):
            row = self._rows[index]
            index += 1
            if (
                (stream is None or row.stream == stream)
                and (named is None or row.kind in named)
                and row.stream.startswith(stream_prefix or "")
            ):
                yield log.checked(self.uuid, row)

    def rows(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:
        """See `LedgerReader`."""
        named = {str(kind) for kind in kinds}
        for row in self._rows[max(after, 0) :]:
            if row.kind in named:
                log.require_hash(self.uuid, row)
                yield row

    def last(self, stream: str, kind: str | None = None, upto: int | None = None) -> Event | None:
        """See `LedgerReader`."""
        last = len(self._rows) if upto is None else max(0, min(upto, len(self._rows)))
        rows = (self._rows[index] for index in range(last - 1, -1, -1))
        row = next((each for each in rows if each.stream == stream and kind in (None, each.kind)), None)
        return None if row is None else log.checked(self.uuid, row)

    def get(self, sequence: int) -> Event | None:
        """See `LedgerReader`."""
        there = 1 <= sequence <= len(self._rows)
        return log.checked(self.uuid, self._rows[sequence - 1]) if there else None

    def put_blob(self, data: bytes) -> str:
        """See `Ledger`."""
        digest = canonical.digest(data)
        self._blobs[digest] = bytes(data)
        return digest

    def blob(self, digest: str) -> bytes:
        """See `LedgerReader`."""
        if digest not in self._blobs:
            raise Damaged(f"{self.address} has no blob {digest}")
        return self._blobs[digest]

    def has_blob(self, digest: str) -> bool:
        """See `Ledger`."""
        return digest in self._blobs

    def state(self, name: str, key: str) -> Any:
        """See `LedgerReader`."""
        return _state(self._states, name, key)

    def states(self, name: str, prefix: str = "") -> dict[str, Any]:
        """See `LedgerReader`."""
        own = self._states.get(name, {})
        return {key: json.loads(own[key]) for key in sorted(own) if key.startswith(prefix)}

    def require_whole(self, trust: IndexTrust | None = None) -> None:
        """See `Ledger`: the log and its projections are never apart here, and nobody else can write to either."""

    def unindexed(self) -> int:
        """See `Ledger`."""
        signed = next((each for each in reversed(self._rows) if each.kind == EventKind.INDEX_SIGNED), None)
        return len(self._rows) - (signed.sequence - 1 if signed is not None else 0)

    def sign_index(
        self,
        *,
        at: datetime,
        actor: str,
        sign: Sign,
        bounds: Callable[[Event], bool] | None = None,
    ) -> Head | None:
        """See `Ledger`."""
        builder = IndexBuilder(Pages(lambda _: None))
        for row in self._rows:
            builder.take(row)
        head = self.append([new_event(builder.roots())], at=at, actor=actor, sign=sign, bounds=bounds)
        assert isinstance(head, Head)
        return head

    def rebuild_projections(self) -> None:
        """See `Ledger`."""
        self._states = projecting.rebuilt(self._projectors, self.events())

    def export(self, out: IO[bytes]) -> None:
        """See `Ledger`."""
        transfer.write_text(out, self.uuid, self._rows, sorted(self._blobs.items()))

    def checkpoint(self, at: datetime) -> Checkpoint:
        """See `Ledger`."""
        head = self.head()
        return Checkpoint(self.uuid, self.genesis, head.size, head.hash, times.whole(at))

    def extends(self, checkpoint: Checkpoint) -> LedgerProblem | None:
        """See `Ledger`."""
        there = self.get(checkpoint.size)
        return checkpoints.not_extending(
            checkpoint,
            ledger=self.uuid,
            genesis=self.genesis,
            size=len(self._rows),
            hash_there=there.hash if there is not None else None,
        )

    def verify(
        self,
        checkpoint: Checkpoint | None = None,
        check: EventCheck | None = None,
        trust: IndexTrust | None = None,
    ) -> tuple[LedgerProblem, ...]:
        """See `Ledger`."""
        verification = Verification(self.uuid, self._projectors, check, trust)
        verification.events(self._rows)
        verification.blobs(sorted(self._blobs.items()))
        verification.states(self._states)
        behind = None if checkpoint is None else self.extends(checkpoint)
        return (*verification.problems, *([behind] if behind else []))

    def _linked(
        self,
        events: Sequence[NewEvent],
        at: datetime,
        actor: str,
        sign: Sign | None,
        bounds: Callable[[Event], bool] | None,
    ) -> list[EventRow]:
        before, versions, rows = self._rows[-1], dict(self._versions), []
        bound = next(
            each
            for each in reversed(self._rows)
            if bounds is None or each.sequence == 1 or bounds(log.checked(self.uuid, each))
        )
        moment = log.not_before(bound, at)
        for new in events:
            versions[new.stream] = version = versions.get(new.stream, 0) + 1
            before = log.link(
                new,
                before,
                ledger=self.uuid,
                genesis=self.genesis,
                version=version,
                at=moment,
                actor=actor,
                sign=sign,
            )
            rows.append(before)
        return rows

    def _project(self, row: EventRow, states: projecting.Stored) -> None:
        projecting.maintain(
            self._projectors,
            log.checked(self.uuid, row),
            state=lambda name, key: _state(states, name, key),
            store=lambda name, key, value: _store(states, name, key, value),
        )


def _state(states: projecting.Stored, name: str, key: str) -> Any:
    text = states.get(name, {}).get(key)
    return None if text is None else json.loads(text)


def _store(states: projecting.Stored, name: str, key: str, value: str | None) -> None:
    own = states.setdefault(name, {})
    if value is None:
        own.pop(key, None)
    else:
        own[key] = value
