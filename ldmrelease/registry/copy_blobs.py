"""Blobs from one repository to another: mounted where the registry does that, sent where it does not."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from threading import BoundedSemaphore

from msgspec import Struct

from ldmrelease.registry.errors import RegistryUnreachable, reading_answer
from ldmrelease.registry.manifests import Descriptor, Manifest
from ldmrelease.registry.repository import MIB, Repository
from ldmrelease.registry.workers import FEW, Workers

_STREAM_TRIES = 3
_SMALL = MIB


class CopyTotals(Struct, frozen=True):
    """How many blobs were mounted, which moved no bytes, and how many bytes were sent."""

    mounted: int = 0
    uploaded: int = 0

    def __add__(self, other: CopyTotals) -> CopyTotals:
        return CopyTotals(self.mounted + other.mounted, self.uploaded + other.uploaded)


class BlobCopier:
    """Places each blob once, however many manifests name it."""

    def __init__(self, source: Repository, destination: Repository, workers: Workers) -> None:
        self._source = source
        self._destination = destination
        self._workers = workers
        # Digests of blobs that are known to be at the destination, and whether mounting was ever refused.
        self._placed: set[str] = set()
        self._mounts = True
        # Large blobs take the wire from each other; small ones mostly wait for answers, and may be many.
        self._streams = BoundedSemaphore(FEW)

    def place(self, manifests: Iterable[Manifest]) -> CopyTotals:
        """Have all blobs of these images or artifacts at the destination. Raises RegistryError."""
        blobs: dict[str, Descriptor] = {}
        with reading_answer("GET", self._source.name):
            for manifest in manifests:
                blobs |= {blob.digest: blob for blob in manifest.blobs() if blob.digest not in self._placed}
        moved = sum(self._workers.each(self._place, blobs.values()), CopyTotals())
        self._placed |= blobs.keys()
        return moved

    def _place(self, blob: Descriptor) -> CopyTotals:
        if self._mounts:
            if self._destination.mount(blob.digest, self._source):
                return CopyTotals(mounted=1)
            # Refused once: with another registry it will be refused again, and cost a request each time.
            self._mounts = False
        if self._destination.has_blob(blob.digest):
            return CopyTotals()
        with self._streams if blob.size > _SMALL else nullcontext():
            self._send(blob)
        return CopyTotals(uploaded=blob.size)

    def _send(self, blob: Descriptor) -> None:
        for attempt in range(_STREAM_TRIES):
            try:
                self._destination.put_stream(blob.digest, blob.size, self._source.stream_blob(blob.digest))
            except RegistryUnreachable:
                if attempt == _STREAM_TRIES - 1:
                    raise
            else:
                return
