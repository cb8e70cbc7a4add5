"""A Merkle map from keys to how many events each has and which one is its last: a radix tree over the keys' hashes.

A page is a leaf with up to 64 entries, in the order of their keys, or has sixteen pages below it, by the next four
bits of the keys' hashes. What is in the map makes its form, in whatever order it came: so a map that is made anew has
the same root, and a leaf without a key shows that the map has none.
"""

from collections.abc import Mapping
from hashlib import sha256

import msgspec
from msgspec import Struct

from ldmrelease.ledger.index.merkle_pages import DIGEST_SIZE, Pages

_MOST = 64
_LEAF, _BRANCH = b"\xfe", b"\xff"
"""What a page begins with: no page of an event tree does."""
_NONE = bytes(DIGEST_SIZE)


class KindEnd(Struct, frozen=True, array_like=True):
    """How many events of a kind a stream has, and the number of the last one."""

    count: int
    last: int


class KeyEnd(Struct, frozen=True, array_like=True):
    """How many events a key has, and of a stream those of each kind."""

    count: int
    kinds: dict[str, KindEnd] = {}


class _Entry(Struct, frozen=True, array_like=True):
    key: str
    end: KeyEnd


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(list[_Entry]).decode
NOTHING = KeyEnd(0)


def with_more(pages: Pages, root: bytes | None, more: Mapping[str, KeyEnd]) -> bytes:
    """The root of a map with more events of some keys. Raises `PageMissing`."""
    return _with_more(pages, root, 0, [(_hash(key), _Entry(key, end)) for key, end in more.items()])


def end_of(pages: Pages, root: bytes, key: str) -> KeyEnd:
    """What a key has, `NOTHING` where the map has it not. Raises `PageMissing`."""
    digest, path, depth = root, _hash(key), 0
    while digest != _NONE:
        page = pages.load(digest)
        if page[:1] == _LEAF:
            return next((each.end for each in _decode(page[1:]) if each.key == key), NOTHING)
        start = 1 + _nibble(path, depth) * DIGEST_SIZE
        digest, depth = page[start : start + DIGEST_SIZE], depth + 1
    return NOTHING


def added(end: KeyEnd, more: KeyEnd) -> KeyEnd:
    """What a key has with what came behind it."""
    kinds = dict(end.kinds)
    for kind, each in more.kinds.items():
        before = kinds.get(kind)
        kinds[kind] = KindEnd(each.count + (before.count if before is not None else 0), each.last)
    return KeyEnd(end.count + more.count, kinds)


_Hashed = tuple[bytes, _Entry]


def _with_more(pages: Pages, digest: bytes | None, depth: int, more: list[_Hashed]) -> bytes:
    page = pages.load(digest) if digest is not None else _LEAF + b"[]"
    if page[:1] == _LEAF:
        there = {each.key: (_hash(each.key), each) for each in _decode(page[1:])}
        for path, each in more:
            before = there[each.key][1].end if each.key in there else NOTHING
            there[each.key] = path, _Entry(each.key, added(before, each.end))
        return _made(pages, digest, depth, list(there.values()))
    below = [page[start : start + DIGEST_SIZE] for start in range(1, len(page), DIGEST_SIZE)]
    for nibble, group in _grouped(more, depth).items():
        child = below[nibble] if below[nibble] != _NONE else None
        below[nibble] = _with_more(pages, child, depth + 1, group)
    return pages.keep(_BRANCH + b"".join(below), digest)


def _made(pages: Pages, instead: bytes | None, depth: int, entries: list[_Hashed]) -> bytes:
    if len(entries) <= _MOST:
        told = sorted((each for _, each in entries), key=lambda each: each.key)
        return pages.keep(_LEAF + _encode(told), instead)
    groups = _grouped(entries, depth)
    below = [
        _made(pages, None, depth + 1, groups[nibble]) if nibble in groups else _NONE for nibble in range(16)
    ]
    return pages.keep(_BRANCH + b"".join(below), instead)


def _grouped(entries: list[_Hashed], depth: int) -> dict[int, list[_Hashed]]:
    found: dict[int, list[_Hashed]] = {}
    for each in entries:
        found.setdefault(_nibble(each[0], depth), []).append(each)
    return found


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _nibble(path: bytes, depth: int) -> int:
    byte = path[depth // 2]
    return byte & 15 if depth % 2 else byte >> 4
