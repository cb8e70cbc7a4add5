"""Pages of a Merkle tree: bytes by their own digest, so that whoever knows a root needs to believe none of them."""

from collections.abc import Callable, Mapping
from hashlib import sha256

Fetch = Callable[[bytes], bytes | None]
"""The bytes that are kept under a digest, whatever they are; None where nothing is."""

DIGEST_SIZE = 32
"""Bytes of a digest."""


class PageMissing(LookupError):
    """A page is not kept, or other bytes are in its place."""


class Pages:
    """Reads pages, each checked once against its digest, and makes new ones.

    `made` are the new ones by their digests, `replaced` the digests of those in whose place they are.
    """

    def __init__(self, fetch: Fetch, known: Mapping[bytes, bytes] | None = None) -> None:
        """fetch: where pages are kept. known: pages that are right, whatever is kept."""
        self._fetch = fetch
        self._known = dict(known or {})
        self.made: dict[bytes, bytes] = {}
        self.replaced: set[bytes] = set()

    def load(self, digest: bytes) -> bytes:
        """The page that has this digest. Raises `PageMissing`."""
        found = self._known.get(digest)
        if found is None:
            found = self._fetch(digest)
            if found is None or sha256(found).digest() != digest:
                raise PageMissing(digest.hex())
            self._known[digest] = found
        return found

    def keep(self, page: bytes, instead: bytes | None = None) -> bytes:
        """Make a page, in place of another one where one is named; its digest."""
        digest = sha256(page).digest()
        if digest != instead:
            self._known[digest] = self.made[digest] = page
            if instead is not None and self.made.pop(instead, None) is None:
                self.replaced.add(instead)
        return digest
