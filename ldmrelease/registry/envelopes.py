"""The signed envelopes that refer to a digest: how many and how large they may be is known before they are read.

Whoever may push to a repository can attach to an image what he likes. Beyond the limits nothing is decided from a
part: the answer is an error, and comes soon.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from ldmrelease.registry.errors import LimitExceeded, NotFound, reading_answer
from ldmrelease.registry.manifests import Descriptor
from ldmrelease.registry.referrers import list_referrers, refers_to
from ldmrelease.registry.repository import MIB, Repository
from ldmrelease.registry.workers import Workers

REFERRERS = 1000
"""At most so many referrers of one digest are read."""
ENVELOPE = 10 * MIB
"""At most so many bytes has one envelope."""
TOTAL = 64 * MIB
"""At most so many bytes are read for all digests that are asked for together."""


class Budget:
    """The bytes that may still be read, counted from any number of threads."""

    def __init__(self, left: int = TOTAL) -> None:
        self.left = left
        self._lock = threading.Lock()

    def take(self, size: int, repository: str) -> None:
        """Count bytes that are about to be read. Raises `LimitExceeded`."""
        with self._lock:
            self.left -= size
            if self.left < 0:
                what = f"statements of more than {TOTAL // MIB} MiB are attached to what is asked about"
                raise LimitExceeded(what, method="GET", repository=repository)


def referring_envelopes(
    repository: Repository, digest: str, media_types: Collection[str], budget: Budget
) -> list[bytes]:
    """The blobs of these media types in everything that refers to the digest, each checked against its own digest.

    Raises `RegistryError`; of it `LimitExceeded` where there is more than we read.
    """
    listed = list_referrers(repository, digest)
    if len(listed) > REFERRERS:
        what = f"{len(listed)} referrers of {digest}, and at most {REFERRERS} are read"
        raise LimitExceeded(what, method="GET", repository=repository.name)
    if not listed:
        return []

    def read(each: Descriptor) -> list[bytes]:
        return list(_read(repository, each, digest, media_types, budget))

    workers = Workers(in_turn=repository.local)
    try:
        first, *others = listed
        found = [workers.first(read, first, repository.prepare), *workers.each(read, others)]
    finally:
        workers.close()
    return [envelope for each in found for envelope in each]


def _read(
    repository: Repository, listed: Descriptor, subject: str, media_types: Collection[str], budget: Budget
) -> Iterable[bytes]:
    try:
        manifest = repository.manifest(listed.digest)
    except NotFound:
        return
    budget.take(len(manifest.content), repository.name)
    with reading_answer("GET", repository.name):
        if manifest.is_index or not refers_to(manifest, listed, subject):
            return
        layers = [each for each in manifest.layers() if each.media_type in media_types]
    for layer in layers:
        if layer.size > ENVELOPE:
            what = f"a statement of {layer.size} bytes is attached to {subject}; at most {ENVELOPE} are read"
            raise LimitExceeded(what, method="GET", repository=repository.name)
        budget.take(layer.size, repository.name)
        yield repository.blob(layer.digest, limit=layer.size)
