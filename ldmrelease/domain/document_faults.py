"""What is wrong with a document that somebody handed over, and where."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

LARGEST_INTEGER = 2**53 - 1
LONGEST_NUMBER = 60
"""Characters of a number; the exponent of one with a fraction has at most three digits."""
MOST_FAULTS = 20
"""Faults of one document that are told."""

Path_ = Sequence[str | int]
"""Where a value stands in a document: keys and indices from the root."""

_EXPONENT = re.compile(r"[eE][+-]?[0-9]{4}")


class DocumentFault(Struct, frozen=True):
    """What is wrong at a place of a document.

    `line` and `column` count from 1 (None: the whole of it), `path` is such as `Results[2].Target`; `found` is what
    stands there and `expected` what may stand there, in a few words. `limit` is the number that was not kept.
    """

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    path: str = ""
    found: str | None = None
    expected: str | None = None
    limit: int | None = None

    def __str__(self) -> str:
        place = [] if self.line is None else [f"line {self.line}, column {self.column}"]
        place += [self.path] if self.path else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


class DocumentFaults(Struct, frozen=True):
    """Why a document cannot be used: at least one fault, in the order in which they stand there."""

    faults: tuple[DocumentFault, ...]

    @property
    def first(self) -> DocumentFault:
        """The one that comes first."""
        return self.faults[0]


def spell_path(path: Path_) -> str:
    """`spec.enter[2].for`"""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def refused(code: str, message: str, **values: Any) -> DocumentFaults:
    """One fault of the whole document."""
    return DocumentFaults((DocumentFault(code, message, **values),))


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column of a character, from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def is_short_fraction(text: str) -> bool:
    """Whether a number with a fraction or an exponent costs no more room than it has characters."""
    return len(text) <= LONGEST_NUMBER and not _EXPONENT.search(text)
