"""What a commit says, and the bytes of commits, trees and packs, as git's own formats have them.

Sources: gitformat-pack(5) and "Git Internals - Git Objects".
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct, field

_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_CRUD = "".join(map(chr, range(33))) + ".,:;<>\"\\'"
"""What git takes off both ends of a name or an address (`strbuf_addstr_without_crud`)."""


class Identity(Struct, frozen=True):
    """Who a commit is by."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for part in (self.name, self.email):
            if not part.strip() or set(part) & set("<>\n\r\0"):
                raise ValueError(f"{part!r} can be no name or address of a commit")


COMMITTER = Identity("ldmrelease", "ldmrelease@localhost")


class Note(Struct, frozen=True):
    """What a commit says: its subject, its trailers, who wants it and when, and by whom it is made.

    signed: git signs it, with the key that its own configuration names. signed_off: the author is named in a trailer
    `Signed-off-by` (Developer Certificate of Origin), behind all others.
    """

    subject: str
    author: Identity
    at: datetime
    trailers: Mapping[str, str] = field(default_factory=dict)
    committer: Identity = COMMITTER
    signed: bool = False
    signed_off: bool = False

    @property
    def message(self) -> str:
        """The commit message, each trailer on one line of its own; without NUL, which git forbids."""
        own = {"Signed-off-by": spelled(self.author)} if self.signed_off else {}
        lines = [f"{key}: {' '.join(value.split())}" for key, value in {**self.trailers, **own}.items()]
        told = "\n".join([" ".join(self.subject.split()), *(["", *lines] if lines else []), ""])
        return told.replace("\0", "")


class TreeEntry(Struct, frozen=True):
    """One entry of a tree: its mode in six digits, its name, and the object."""

    mode: str
    name: bytes
    oid: str


def tree_entries(content: bytes, oid_length: int) -> Iterator[TreeEntry]:
    """The entries of a tree object, in its order. oid_length: bytes of an object's id (20 or 32)."""
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        at = end + 1 + oid_length
        yield TreeEntry(mode.decode().zfill(6), name, content[end + 1 : at].hex())


class NewObjects:
    """Objects that are to be stored together; the same ones have the same ids anywhere.

    algorithm: the hash of the repository's ids, `sha1` or `sha256`.
    """

    def __init__(self, algorithm: str) -> None:
        self._algorithm = algorithm
        self._objects: dict[str, tuple[str, bytes]] = {}

    def blob(self, content: bytes) -> str:
        """Bytes exactly as they are (no filter of the user's sees them); the id."""
        return self._add("blob", content)

    def tree(self, entries: list[TreeEntry]) -> str:
        """A tree of entries that are in git's order already; the id."""
        parts = [
            each.mode.lstrip("0").encode() + b" " + each.name + b"\0" + bytes.fromhex(each.oid)
            for each in entries
        ]
        return self._add("tree", b"".join(parts))

    def commit(self, tree: str, parent: str | None, note: Note) -> str:
        """A commit without a signature, whatever the note asks for (`signed_commits.add_commit` signs); the id."""
        moment = f"{int(note.at.timestamp())} +0000"
        lines = [
            f"tree {tree}",
            *([f"parent {parent}"] if parent else []),
            f"author {spelled(note.author)} {moment}",
            f"committer {spelled(note.committer)} {moment}",
            "",
            note.message,
        ]
        return self._add("commit", "\n".join(lines).encode(errors="surrogateescape"))

    def pack(self) -> bytes:
        """A pack (version 2) that holds all of them."""
        parts = [b"PACK", (2).to_bytes(4, "big"), len(self._objects).to_bytes(4, "big")]
        for kind, content in self._objects.values():
            parts += [_entry_head(_KINDS[kind], len(content)), zlib.compress(content)]
        body = b"".join(parts)
        return body + self._hashed(body).digest()

    def _add(self, kind: str, content: bytes) -> str:
        oid = self._hashed(f"{kind} {len(content)}\0".encode() + content).hexdigest()
        self._objects[oid] = (kind, content)
        return oid

    def _hashed(self, content: bytes) -> "hashlib._Hash":
        return hashlib.new(self._algorithm, content, usedforsecurity=False)


def spelled(identity: Identity) -> str:
    """A name and an address as git writes them."""
    return f"{identity.name.strip(_CRUD)} <{identity.email.strip(_CRUD)}>"


def _entry_head(kind: int, size: int) -> bytes:
    """Type and size of a pack's entry: four bits of the size, then seven in each byte that follows."""
    byte, size = kind << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(byte | 128)
        byte, size = size & 127, size >> 7
    return bytes([*head, byte])


def committer(at: datetime) -> dict[str, str]:
    """The environment that names us as committer in the log of a ref."""
    return {
        "GIT_COMMITTER_NAME": COMMITTER.name,
        "GIT_COMMITTER_EMAIL": COMMITTER.email,
        "GIT_COMMITTER_DATE": f"{int(at.timestamp())} +0000",
    }
