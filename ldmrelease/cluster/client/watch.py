"""Collections of objects kept up to date: listed once, then watched (Kubernetes API concepts, "Efficient
detection of changes"). Nothing is polled.

One thread for each collection reads its events and hands them to the caller's thread, which alone holds the
objects. A version that is too old is listed anew, a connection that was cut goes on from the last version;
while the API server is away, it is tried again until the deadline.
"""

from __future__ import annotations

import math
import queue
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from ldmrelease.cluster.client.api import Api, Events
from ldmrelease.cluster.client.errors import ClusterError, ClusterUnreachable, Expired, Forbidden

# One watch lasts so long, in seconds; then the next goes on from its version.
_LONGEST_WATCH = 300.0
_SHORT_WATCH = 1.0
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0
_LONGEST_GOODBYE = 1.0

LOCKED_OUT = 60.0
"""Seconds that a credential which ended may take to be replaced by whoever replaces it."""

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """A collection to watch: its path and selectors. `keep` says what is kept of each object, so that a large
    collection takes less memory; what is `optional` is empty for who may not read it."""

    path: str
    labels: str | None = None
    fields: str | None = None
    keep: Callable[[Object], Object] | None = field(default=None, compare=False)
    optional: bool = False


class WatchCut(Struct, frozen=True):
    """Nothing is heard from the server: since when (monotonic seconds), and why."""

    since: float
    reason: str


class WatchState(Struct, frozen=True):
    """The objects of the collections, in the order of the requests, each by `namespace/name`.

    `changed` are the (index of the collection, key) that differ from the state before; `cut` says that they
    may be out of date.
    """

    collections: tuple[Mapping[str, Object], ...]
    changed: frozenset[tuple[int, str]]
    cut: WatchCut | None = None


def _never() -> float:
    return math.inf


def watched(
    api: Api, requests: Sequence[Watched], *, until: float, wake: Callable[[], float] = _never
) -> Generator[WatchState, None, None]:
    """The state of all collections once they are listed, then whenever something changed or the server was lost
    or found again; ends at `until` (monotonic seconds).

    `wake` says, each time anew, when the state is wanted again though nothing changes (monotonic seconds).

    Close the generator (or run it to its end) to end its threads. Raises the error of a request that the
    server refuses at first (Forbidden, ObjectNotFound, Invalid), and ClusterUnreachable where the collections could not
    be listed until the deadline, or no credential was accepted for a minute.
    """
    news: _Queue = queue.SimpleQueue()
    once = api.impatient()
    readers = [_Reader(once, index, request, until, news) for index, request in enumerate(requests)]
    try:
        for reader in readers:
            reader.start()
        yield from _states(api.where, news, len(requests), until, wake)
    finally:
        for reader in readers:
            reader.stop()
        for reader in readers:
            # One that waits for a connection ends with that wait; it need not hold up the caller.
            reader.join(_LONGEST_GOODBYE)


class _Listed(Struct, frozen=True):
    objects: dict[str, Object]


class _Now(Struct, frozen=True):
    key: str
    object: Object | None


class _Heard(Struct, frozen=True):
    """The server answers (again)."""


_News = _Listed | _Now | _Heard | WatchCut | Exception
_Queue = queue.SimpleQueue[tuple[int, _News]]


def _states(
    where: str, news: _Queue, count: int, until: float, wake: Callable[[], float]
) -> Iterator[WatchState]:
    held = _Held(count)
    while time.monotonic() < until:
        # Before everything is listed there is no state to give.
        batch = _batch(news, min(until, wake()) if held.is_complete else until)
        for index, item in batch:
            held.take(index, item)
        state = held.next_state(even_the_same=not batch and time.monotonic() < until)
        if state is not None:
            yield state
    if not held.is_complete:
        raise ClusterUnreachable(
            where, held.cut.reason if held.cut else "the objects could not be listed in time"
        )


def _batch(news: _Queue, until: float) -> list[tuple[int, _News]]:
    """All there is, at least one; nothing once that time has come."""
    found: list[tuple[int, _News]] = []
    while (left := until - time.monotonic()) > 0:
        try:
            found.append(news.get(timeout=0 if found else min(left, threading.TIMEOUT_MAX)))
        except queue.Empty:
            break
    return found


class _Held:
    """The objects, and what changed since the last state that was given out."""

    def __init__(self, count: int) -> None:
        self._collections: list[dict[str, Object] | None] = [None] * count
        self._shown: list[Mapping[str, Object]] = [{}] * count
        self._changed: set[tuple[int, str]] = set()
        self._cuts: dict[int, WatchCut] = {}
        self._is_news = False

    @property
    def is_complete(self) -> bool:
        return None not in self._collections

    @property
    def cut(self) -> WatchCut | None:
        return min(self._cuts.values(), key=lambda cut: cut.since, default=None)

    def take(self, index: int, item: _News) -> None:
        match item:
            case _Listed(objects):
                self._replace(index, objects)
            case _Now(key, found):
                self._set(index, key, found)
            case _Heard():
                self._is_news |= self._cuts.pop(index, None) is not None
            case WatchCut():
                self._is_news |= index not in self._cuts
                self._cuts[index] = item
            case _:
                raise item

    def next_state(self, *, even_the_same: bool) -> WatchState | None:
        """The state, unless nothing changed or something is not listed yet."""
        if not (self._is_news or even_the_same) or not self.is_complete:
            return None
        for index in {index for index, _ in self._changed}:
            self._shown[index] = dict(self._collections[index] or {})
        state = WatchState(tuple(self._shown), frozenset(self._changed), self.cut)
        self._changed.clear()
        self._is_news = False
        return state

    def _replace(self, index: int, objects: dict[str, Object]) -> None:
        before = self._collections[index]
        old = before or {}
        changed = {key for key in old.keys() | objects.keys() if old.get(key) != objects.get(key)}
        self._collections[index] = objects
        self._changed |= {(index, key) for key in changed}
        self._is_news |= bool(changed) or before is None

    def _set(self, index: int, key: str, found: Object | None) -> None:
        collection = self._collections[index]
        if collection is None:
            return
        if found is None:
            collection.pop(key, None)
        else:
            collection[key] = found
        self._changed.add((index, key))
        self._is_news = True


class _Reader(threading.Thread):
    """Reads one collection: lists it, follows it, and starts again where it was, or anew."""

    def __init__(self, api: Api, index: int, request: Watched, until: float, news: _Queue) -> None:
        super().__init__(name=f"watch {request.path}", daemon=True)
        self._api = api
        self._index = index
        self._request = request
        self._until = until
        self._news = news
        self._stopped = threading.Event()
        self._events: Events | None = None
        self._version: str | None = None
        self._was_watched = False
        self._lost: float | None = None
        self._failures = 0

    def stop(self) -> None:
        """End as soon as possible."""
        self._stopped.set()
        if self._events is not None:
            self._events.close()

    def run(self) -> None:
        try:
            while not self._stopped.is_set() and self._left() > 0:
                self._go_on()
        except Exception as error:
            # It is the caller's to know: what the server refused, or what failed in `keep`.
            self._tell(error)

    def _go_on(self) -> None:
        try:
            if self._version is None:
                self._list()
            self._follow()
        except Expired:
            self._version = None
            self._wait(None)
        except ClusterUnreachable as error:
            self._cut(error)
            if error.lasting and self._is_locked_out():
                raise
            self._wait(error.retry_after)
        except ClusterError as error:
            # A server that just started refuses what it has not read the rights of yet.
            if not self._was_watched:
                if isinstance(error, Forbidden) and self._request.optional:
                    self._go_without()
                    return
                raise
            self._cut(error)
            self._wait(None)

    def _go_without(self) -> None:
        self._tell(_Listed({}))
        self._hear()
        self._stopped.set()

    def _list(self) -> None:
        request = self._request
        found = self._api.list(request.path, labels=request.labels, fields=request.fields, keep=request.keep)
        self._version = found.version
        self._tell(_Listed({_key(item): item for item in found.items}))
        self._hear()

    def _follow(self) -> None:
        """Read events until the watch ends or is cut; Expired and failures to begin are raised."""
        request, began = self._request, time.monotonic()
        seconds = min(_LONGEST_WATCH, self._left() + 1)
        version = self._version or ""
        self._events = self._api.stream(request.path, version, request.labels, request.fields, seconds)
        if self._stopped.is_set():
            self._events.close()
        self._was_watched = True
        self._hear()
        try:
            for event in self._events:
                self._take(event)
        except ClusterUnreachable:
            # Connections are cut every day: only one that cannot be had again is worth saying.
            self._lost = time.monotonic()
        if time.monotonic() - began < _SHORT_WATCH:
            self._wait(None)
        else:
            self._failures = 0

    def _take(self, event: Object) -> None:
        kind, found = event.get("type"), event.get("object")
        if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
            # What cannot be read may have been any change.
            raise Expired(self._api.where, f"the watch of {self._request.path} told what is not an object")
        self._version = found["metadata"].get("resourceVersion") or self._version
        self._failures = 0
        if kind == "BOOKMARK":
            return
        keep = self._request.keep
        key = _key(found)
        self._tell(_Now(key, None if kind == "DELETED" else keep(found) if keep else found))

    def _hear(self) -> None:
        self._lost = None
        self._tell(_Heard())

    def _cut(self, error: ClusterError) -> None:
        if self._lost is None:
            self._lost = time.monotonic()
        self._tell(WatchCut(self._lost, error.reason))

    def _is_locked_out(self) -> bool:
        """Whether nobody has brought a credential that is accepted for so long that nobody will."""
        return self._lost is not None and time.monotonic() - self._lost > LOCKED_OUT

    def _wait(self, asked: float | None) -> None:
        """Longer with each failure in a row, and as long as the server asks; but not beyond the deadline."""
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        # Many watches that were cut together shall not come back together.
        wait = max(longest * random.uniform(0.5, 1.0), asked or 0.0)  # noqa: S311
        self._stopped.wait(max(0.0, min(wait, self._left())))

    def _left(self) -> float:
        return self._until - time.monotonic()

    def _tell(self, item: _News) -> None:
        if not self._stopped.is_set():
            self._news.put((self._index, item))


def _key(found: Object) -> str:
    metadata = found["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])
