"""Lists of referrers in a registry: its own, or the index at the fallback tag that its clients keep."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from random import random
from typing import Protocol

from ldmrelease.domain.images import check_digest
from ldmrelease.registry.errors import LimitExceeded, NotFound, RegistryError, reading_answer
from ldmrelease.registry.fallback import fallback_index, fallback_tag, merged, read_fallback_index
from ldmrelease.registry.http import HttpResponse, Transport
from ldmrelease.registry.manifests import OCI_INDEX, Descriptor, Manifest

# More referrers of one digest than this are junk, or somebody's mistake.
REFERRERS_LIMIT = 2000
# Writers of one fallback tag overwrite each other: how often we write again, and how long (in seconds) we
# wait for a writer that read before us to have written.
_TRIES = 12
_PAUSE = 0.1


class ManifestStore(Protocol):
    """What keeping the lists needs of the repository they are in; the methods are those of a repository."""

    @property
    def name(self) -> str:
        """As the user writes it."""
        ...

    @property
    def transport(self) -> Transport:
        """Knows whether the registry keeps lists itself."""
        ...

    def manifest(self, tag_or_digest: str) -> Manifest:
        """As `Repository.manifest`."""
        ...

    def put_manifest(self, content: bytes, media_type: str, tag: str | None = None) -> str:
        """As `Repository.put_manifest`."""
        ...

    def pages(self, path: str) -> Iterator[HttpResponse]:
        """The pages of a list below this repository; a missing list is one page with status 404."""
        ...


class ReferrerLists:
    """What a repository lists as referrers of a digest."""

    def __init__(self, repository: ManifestStore) -> None:
        self._repository = repository

    def read(self, digest: str) -> list[Descriptor]:
        """The registry's own list, whole, and that at the fallback tag.

        Both, because a client that does not know of the registry's own list writes to the other.
        """
        return merged(self._by_api(digest) or [], self._at_fallback(digest))

    def record(self, subject: str, referrers: Sequence[Descriptor]) -> None:
        """Add to the list at the fallback tag, unless the registry keeps lists itself."""
        transport = self._repository.transport
        if transport.has_referrers_api is None:
            self._by_api(subject)
        if not transport.has_referrers_api:
            self._add_at_fallback(subject, referrers)

    def _add_at_fallback(self, subject: str, referrers: Sequence[Descriptor]) -> None:
        for attempt in range(_TRIES):
            known = self._at_fallback(subject)
            wanted = merged(known, referrers)
            if wanted == known:
                return
            self._repository.put_manifest(fallback_index(wanted), OCI_INDEX, fallback_tag(subject))
            time.sleep(_PAUSE * (attempt + 0.5) * (0.5 + random()))  # noqa: S311 -- no secret
        what = "other writers keep replacing the list of referrers"
        raise RegistryError(what, method="PUT", repository=self._repository.name)

    def _by_api(self, digest: str) -> list[Descriptor] | None:
        transport = self._repository.transport
        if transport.has_referrers_api is False:
            return None
        found: list[Descriptor] = []
        for page in self._repository.pages(f"/referrers/{check_digest(digest)}"):
            if page.status == 404:
                # An unknown repository says nothing about the registry; an unknown path does.
                if "NAME_UNKNOWN" not in page.explanation():
                    transport.has_referrers_api = False
                return None
            with reading_answer("GET", self._repository.name):
                found.extend(Manifest(page.content, OCI_INDEX, "").children())
            self._check_count(found)
        transport.has_referrers_api = True
        return found

    def _at_fallback(self, digest: str) -> list[Descriptor]:
        try:
            manifest = self._repository.manifest(fallback_tag(digest))
        except NotFound:
            return []
        with reading_answer("GET", self._repository.name):
            found = read_fallback_index(manifest)
        self._check_count(found)
        return found

    def _check_count(self, found: Sequence[Descriptor]) -> None:
        if len(found) > REFERRERS_LIMIT:
            what = f"more than {REFERRERS_LIMIT} referrers"
            raise LimitExceeded(what, method="GET", repository=self._repository.name)
