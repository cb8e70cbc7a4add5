"""A Merkle tree of the hashes of all events, in their order, with 256 of them to a page.

It grows at its right edge alone, so that pages that are full never change. A page of the lowest level has the hashes of
events, one of a level above the digests of the pages below it; each begins with the number of its level.
"""

from collections.abc import Sequence

from ldmrelease.ledger.index.merkle_pages import DIGEST_SIZE, Pages

FAN_OUT = 256


def grown(pages: Pages, root: bytes | None, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """The root of a tree of `size` hashes with more behind them; None while there are none. Raises `PageMissing`."""
    if not hashes:
        return root
    level = _top(size)
    while level < _top(size + len(hashes)):
        level += 1
        if root is not None:
            root = pages.keep(_page(level, [root]))
    return _grown(pages, root, level, size, hashes)


def hash_at(pages: Pages, root: bytes, size: int, index: int) -> bytes:
    """The hash at a place, counted from 0, of a tree of `size` hashes. Raises `PageMissing`."""
    digest, level = root, _top(size)
    while True:
        place = index // FAN_OUT**level % FAN_OUT * DIGEST_SIZE + 1
        digest = pages.load(digest)[place : place + DIGEST_SIZE]
        if level == 0:
            return digest
        level -= 1


def _top(size: int) -> int:
    """The level of the root."""
    level = 0
    while FAN_OUT ** (level + 1) < size:
        level += 1
    return level


def _grown(pages: Pages, digest: bytes | None, level: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """A page of `size` hashes, here or below it, with more behind them that have room in it."""
    entries = _entries(pages.load(digest)) if digest is not None else []
    if level == 0:
        return pages.keep(_page(level, [*entries, *hashes]), digest)
    room = FAN_OUT**level
    begun = size % room
    if begun:
        entries[-1] = _grown(pages, entries[-1], level - 1, begun, hashes[: room - begun])
        hashes = hashes[room - begun :]
    for start in range(0, len(hashes), room):
        entries.append(_grown(pages, None, level - 1, 0, hashes[start : start + room]))
    return pages.keep(_page(level, entries), digest)


def _page(level: int, entries: Sequence[bytes]) -> bytes:
    return bytes([level]) + b"".join(entries)


def _entries(page: bytes) -> list[bytes]:
    return [page[start : start + DIGEST_SIZE] for start in range(1, len(page), DIGEST_SIZE)]
