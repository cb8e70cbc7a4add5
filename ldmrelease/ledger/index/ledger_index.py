"""The index of the first events of a ledger: what it says of them, and how it is made of them.

It has the hash of each event, and how many events each stream has, of each kind in it, and of each kind at all. Whoever
has its two roots from a signed checkpoint can tell of each row whether it is the one that stood there, and of a reading
whether it has all rows.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.ledger.index import event_tree, key_map
from ldmrelease.ledger.index.key_map import KeyEnd, KindEnd
from ldmrelease.ledger.index.merkle_pages import PageMissing, Pages
from ldmrelease.ledger.interface import EventRow

T = TypeVar("T")

_PREFIX = "sha256:"


class LedgerIndex:
    """Reads an index by its roots. Where a page is missing or edited, `repair` has to make all of them."""

    def __init__(self, roots: IndexCheckpoint, pages: Pages, repair: Callable[[], Pages]) -> None:
        self.roots = roots
        self.size = roots.size
        self._pages, self._repair = pages, repair
        self._repaired = False
        self._events, self._keys = _raw(roots.events), _raw(roots.keys)

    def require_pages(self) -> None:
        """Have the pages made where the topmost ones are missing."""
        self._asked(lambda pages: (pages.load(self._events), pages.load(self._keys)))

    def is_there(self, row: EventRow) -> bool:
        """Whether the row, whose hash is right, is the event that has its number; of those that the index covers."""
        if not 1 <= row.sequence <= self.size:
            return False
        place = row.sequence - 1
        found = self._asked(lambda pages: event_tree.hash_at(pages, self._events, self.size, place))
        return found == _raw(row.hash)

    def stream(self, stream: str) -> KeyEnd:
        """What a stream has of the events that the index covers."""
        return self._asked(lambda pages: key_map.end_of(pages, self._keys, _stream_key(stream)))

    def count_of_kind(self, kind: str) -> int:
        """How many events of a kind the index covers."""
        return self._asked(lambda pages: key_map.end_of(pages, self._keys, _kind_key(kind))).count

    def _asked(self, ask: Callable[[Pages], T]) -> T:
        try:
            return ask(self._pages)
        except PageMissing:
            if self._repaired:
                raise
            self._pages, self._repaired = self._repair(), True
            return ask(self._pages)


class IndexBuilder:
    """Makes an index row by row, from an earlier one or from nothing."""

    def __init__(self, pages: Pages, base: IndexCheckpoint | None = None) -> None:
        self.pages = pages
        self.size = base.size if base is not None else 0
        self._head = base.head if base is not None else ""
        self._events = _raw(base.events) if base is not None else None
        self._keys = _raw(base.keys) if base is not None else None
        self._hashes: list[bytes] = []
        self._more: dict[str, list[int]] = {}
        self._kinds: dict[str, dict[str, list[int]]] = {}

    def take(self, row: EventRow) -> None:
        """The next row, whose hash is right."""
        self._hashes.append(_raw(row.hash))
        self.size, self._head = row.sequence, row.hash
        for key in (stream := _stream_key(row.stream)), _kind_key(row.kind):
            self._more.setdefault(key, [0])[0] += 1
        kind = self._kinds.setdefault(stream, {}).setdefault(row.kind, [0, 0])
        kind[0], kind[1] = kind[0] + 1, row.sequence

    def roots(self) -> IndexCheckpoint:
        """What is to be signed of the rows so far. Raises `PageMissing`."""
        if self._hashes:
            before = self.size - len(self._hashes)
            self._events = event_tree.grown(self.pages, self._events, before, self._hashes)
            self._keys = key_map.with_more(self.pages, self._keys, dict(self._ends()))
            self._hashes, self._more, self._kinds = [], {}, {}
        assert self._events is not None
        assert self._keys is not None
        return IndexCheckpoint(
            self.size, self._head, _PREFIX + self._events.hex(), _PREFIX + self._keys.hex()
        )

    def _ends(self) -> Iterable[tuple[str, KeyEnd]]:
        for key, (count,) in self._more.items():
            kinds = self._kinds.get(key, {})
            yield key, KeyEnd(count, {kind: KindEnd(*each) for kind, each in kinds.items()})


def _stream_key(stream: str) -> str:
    return f"stream:{stream}"


def _kind_key(kind: str) -> str:
    return f"kind:{kind}"


def _raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix(_PREFIX))
