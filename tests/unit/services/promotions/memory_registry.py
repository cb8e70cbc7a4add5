"""Image repositories in memory, as much of them as a promotion asks for; every write is told to an observer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ldmrelease.domain.images import Reference, digest_of, is_digest
from ldmrelease.registry.errors import NotFound
from ldmrelease.registry.fallback import of_type
from ldmrelease.registry.manifests import Descriptor, Manifest
from ldmrelease.registry.repository import BLOB_LIMIT, Meter

Tell = Callable[[str, str], None]


class MemoryRepository:
    """One repository. A referrer is found by the subject that its manifest names."""

    def __init__(self, name: str, tell: Tell) -> None:
        self.name = name
        self.meter = Meter()
        self.tell = tell
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, Manifest] = {}
        self.named: dict[str, str] = {}
        self.referring: dict[str, list[Descriptor]] = {}

    def copy(self, tell: Tell) -> MemoryRepository:
        """The same with what was put so far."""
        found = MemoryRepository(self.name, tell)
        found.blobs, found.manifests, found.named = dict(self.blobs), dict(self.manifests), dict(self.named)
        found.referring = {subject: list(each) for subject, each in self.referring.items()}
        return found

    @property
    def local(self) -> bool:
        """It is in this process."""
        return True

    def prepare(self) -> None:
        """There are no connections."""

    def resolve(self, tag_or_digest: str) -> Descriptor | None:
        digest = tag_or_digest if is_digest(tag_or_digest) else self.named.get(tag_or_digest, "")
        found = self.manifests.get(digest)
        return None if found is None else Descriptor(found.media_type, found.digest, len(found.content))

    def tags(self) -> list[str]:
        return sorted(self.named)

    def manifest(self, tag_or_digest: str) -> Manifest:
        found = self.resolve(tag_or_digest)
        if found is None:
            raise NotFound(f"no image {tag_or_digest}", method="READ", repository=self.name)
        return self.manifests[found.digest]

    def put_manifest(self, content: bytes, media_type: str, tag: str | None = None) -> str:
        self.tell("before", "manifest")
        made = Manifest(content, media_type, digest_of(content))
        subject = made.subject()
        if subject is not None and made.digest not in self.manifests:
            self.referring.setdefault(subject, []).append(made.descriptor())
        self.manifests[made.digest] = made
        if tag is not None:
            self.named[tag] = made.digest
        self.tell("after", "manifest")
        return made.digest

    def blob(self, digest: str, *, limit: int = BLOB_LIMIT) -> bytes:
        if digest not in self.blobs:
            raise NotFound(f"no {digest}", method="READ", repository=self.name)
        return self.blobs[digest]

    def put_blob(self, content: bytes) -> str:
        self.tell("before", "blob")
        self.blobs[digest_of(content)] = content
        self.tell("after", "blob")
        return digest_of(content)

    def has_blob(self, digest: str) -> bool:
        return digest in self.blobs

    def referrers(self, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        return of_type(list(self.referring.get(digest, [])), artifact_type)

    def record_referrers(self, subject: str, referrers: Sequence[Descriptor]) -> None:
        """They are found by their own bytes."""


class MemoryRegistries:
    """Opens repositories by name; those that nobody has written to are empty."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._repositories: dict[str, MemoryRepository] = {}

    def open(self, reference: Reference) -> MemoryRepository:
        return self._repositories.setdefault(reference.name, MemoryRepository(reference.name, self._tell))

    def copy(self, tell: Tell) -> MemoryRegistries:
        """The same with what was put so far, and another observer."""
        found = MemoryRegistries(tell)
        found._repositories = {name: each.copy(tell) for name, each in self._repositories.items()}
        return found
