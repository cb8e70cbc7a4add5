"""One interface over both carriers of images: a registry's repository and an OCI-layout directory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from ldmrelease.registry.manifests import Descriptor, Manifest

MIB = 1024 * 1024
# Manifests above this are refused by most registries, too (distribution specification, "Pushing manifests").
MANIFEST_LIMIT = 4 * MIB
# What is read into memory whole: configurations, envelopes, reports.
BLOB_LIMIT = 32 * MIB

# Called with ("before" or "after", method, URL or path) around every HTTP request and every write of a file.
Observer = Callable[[str, str, str], None]


class Meter:
    """How many requests were sent, counted from any number of threads."""

    def __init__(self) -> None:
        self.requests = 0
        self._lock = threading.Lock()

    def add(self, requests: int) -> None:
        with self._lock:
            self.requests += requests


class Repository(Protocol):
    """Manifests, blobs and tags under one name. What is asked for by digest is checked against it.

    Every method raises RegistryError where there is no trustworthy answer; "not there" is an answer only
    where the result says so.
    """

    @property
    def name(self) -> str:
        """The repository as the user writes it, without tag and digest."""
        ...

    @property
    def meter(self) -> Meter:
        """Counts the HTTP requests to its registry, of all repositories opened together (none for a
        layout).
        """
        ...

    @property
    def local(self) -> bool:
        """Whether it is in files of this machine: its answers come at once."""
        ...

    def prepare(self) -> None:
        """Open one more connection ahead of its use, where there are any. What fails now says so at its use."""
        ...

    def resolve(self, tag_or_digest: str) -> Descriptor | None:
        """What the tag or digest names, without its bytes; None if it is not there."""
        ...

    def manifest(self, tag_or_digest: str) -> Manifest:
        """The manifest's exact bytes; raises NotFound, DigestMismatch, LimitExceeded."""
        ...

    def put_manifest(self, content: bytes, media_type: str, tag: str | None = None) -> str:
        """Store a manifest, by its digest and under a tag if one is given; returns the digest."""
        ...

    def blob(self, digest: str, *, limit: int = BLOB_LIMIT) -> bytes:
        """A small blob, whole and checked; raises NotFound, DigestMismatch, LimitExceeded (limit in
        bytes).
        """
        ...

    def stream_blob(self, digest: str) -> Iterator[bytes]:
        """A blob in pieces; the last step raises DigestMismatch if they were not what the digest names."""
        ...

    def put_blob(self, content: bytes) -> str:
        """Store a blob; returns its digest."""
        ...

    def put_stream(self, digest: str, size: int, chunks: Iterable[bytes]) -> None:
        """Store a blob of `size` bytes from pieces; what does not fit the digest is not stored."""
        ...

    def has_blob(self, digest: str) -> bool:
        """Whether the blob is there."""
        ...

    def mount(self, digest: str, source: Repository) -> bool:
        """Take a blob over from another repository of the same place without moving bytes; False if
        impossible.
        """
        ...

    def tags(self) -> list[str]:
        """All tags, sorted; none where the repository does not exist yet."""
        ...

    def referrers(self, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        """What is listed as referring to this digest: by the carrier itself and at the fallback tag.

        With a type, those of other types are left out; those whose entry states none stay.
        """
        ...

    def record_referrers(self, subject: str, referrers: Sequence[Descriptor]) -> None:
        """Make manifests that were put, and name this subject, be found as its referrers."""
        ...


class RegistryOptions(Struct, frozen=True):
    """How registries are talked to.

    `insecure` names the registries (`host[:port]`) that speak plain HTTP; those on loopback may without being
    named. `ca_file` is a PEM file of further authorities. `timeout` is in seconds, for each connection and
    each read. `retries` is how often a request that may be repeated is repeated. `connections` bounds those
    kept per registry. `observer` is told of every request and every write of a file.
    """

    insecure: frozenset[str] = frozenset()
    ca_file: Path | None = None
    timeout: float = 30.0
    retries: int = 4
    connections: int = 32
    observer: Observer | None = None
