"""Whether an answer is the one that a document shows: the same text, but for what cannot be the same twice.

One rule: a digest, a commit, the id of a run, a ledger or a promotion stands for the one that took its place, and for
that one throughout the document. Times and spans that are counted in seconds are any. Several spaces are as good as
two, because columns follow what stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.documents.convention import LEFT_OUT

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID = re.compile(
    rf"(?P<digest>sha256:[0-9a-f]{{12,64}})|(?P<uuid>{_UUID})|(?P<run>run-[0-9a-f]{{16}})"
    r"|(?P<key>SHA256:[A-Za-z0-9+/]{43})|(?P<promotion>\bP-\d+\b)"
    r"|(?P<approval>\bA-\d+\b)|(?P<waiver>\bW-\d+\b)"
    # Of a ledger as the branches of its proposals have it.
    r"|(?P<ledger>(?<=\bldmrelease/)[0-9a-f]{8}(?=/))"
    # A commit in full or in so many characters as answers show; all of these may be digits.
    r"|(?P<commit>\b(?:[0-9a-f]{40}|[0-9a-f]{12})\b)"
)
_ANY = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|\+00:00)|\b(?:\d+d )?(?:\d+h )?(?:\d+m )?\d+s\b"
    # What is due in a day is due in a second less, a moment later.
    r"|(?<=\(in )[0-9dhms ]+(?=\))"
)
_SPACES = re.compile(r"(?<=\S) {2,}")
_SHORT = 12
"""A digest may be shown in full or in so many characters, and is the same."""


@dataclass
class Names:
    """What stands for what so far: the ids that a document shows, and those that were met."""

    met: dict[str, str] = field(default_factory=dict)
    full: dict[str, str] = field(default_factory=dict)

    def agree(self, shown: str, met: str) -> bool:
        """Whether one may stand for the other, which is then remembered."""
        kinds = _kinds(shown), _kinds(met)
        if kinds[0] != kinds[1]:
            return False
        pairs = list(zip(_ids(shown), _ids(met), strict=True))
        new = self.met | {_short(old): _short(now) for old, now in pairs}
        if any(self.met.get(_short(old), _short(now)) != _short(now) for old, now in pairs):
            return False
        if len(set(new.values())) != len(new):
            return False
        self.met = new
        for old, now in pairs:
            if len(now) >= len(self.full.get(_short(old), "")):
                self.full[_short(old)] = now
        return True

    def put(self, text: str) -> str:
        """A text of the document with the ids that were met in place of those that it shows, as long as they are."""
        return _ID.sub(lambda each: self.full.get(_short(each[0]), each[0])[: _length(each[0])], text)


def first_difference(shown: Sequence[str], met: Sequence[str], names: Names) -> str | None:
    """Where the answers differ, in words; None where they are the same."""
    here = 0
    skipping = False
    for line in shown:
        if line.strip() == LEFT_OUT:
            skipping = True
            continue
        start = here
        while here < len(met) and not names.agree(line, met[here]):
            here += 1
            if not skipping:
                break
        if here >= len(met) or (not skipping and here > start):
            found = met[start] if start < len(met) else "nothing more"
            return f"shown:    {line}\nanswered: {found}"
        here, skipping = here + 1, False
    if here < len(met) and not skipping:
        return f"shown:    nothing more\nanswered: {met[here]}"
    return None


def _ids(line: str) -> list[str]:
    return [each[0] for each in _ID.finditer(line)]


def _kinds(line: str) -> str:
    """What the line says where its ids, times and columns are not looked at."""
    plain = _ANY.sub("<time>", _ID.sub(lambda each: f"<{each.lastgroup}>", line))
    return _SPACES.sub("  ", plain).rstrip()


def _length(token: str) -> int | None:
    """How much of a digest or commit is shown; other ids are whole."""
    return len(token) if token.startswith("sha256:") or token.isalnum() else None


def _short(token: str) -> str:
    kind, colon, rest = token.partition(":")
    if colon:
        return f"{kind}:{rest[:_SHORT]}"
    return token[:_SHORT] if token.isalnum() else token
