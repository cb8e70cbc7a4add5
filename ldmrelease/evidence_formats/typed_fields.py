"""Values of a document as typed fields; what does not fit is collected, each with its path."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ldmrelease.domain import strict_json, times
from ldmrelease.domain.document_faults import (
    MOST_FAULTS,
    DocumentFault,
    DocumentFaults,
    Path_,
    refused,
    spell_path,
)
from ldmrelease.evidence_formats.found import TestsFound
from ldmrelease.evidence_formats.interface import OF_OUTSIDERS

T = TypeVar("T")

LONGEST_NAME = 500
"""Characters of a name of a test, a metric or a person."""
_HEX = re.compile(r"[0-9a-f]+")
_AT = " - at `$"


class Fields:
    """Reads fields and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[DocumentFault] = []

    def read(self, plain: Any, kind: type[T], *path: str | int) -> T | None:
        """A value as one of a format's structs; None, and noted, where it does not fit."""
        try:
            return msgspec.convert(plain, kind)
        except msgspec.ValidationError as error:
            message, _, inner = str(error).partition(_AT)
            where = spell_path(path) + inner.rstrip("`").replace("[...]", "")
            self._append("unexpected", message, where.removeprefix("."), None, None)
            return None

    def each(self, items: Any, kind: type[T], *path: str | int) -> Iterator[tuple[int, T]]:
        """The items of a list, each with its index; those that do not fit are noted and left out."""
        if not isinstance(items, list):
            self.note(path, "not a list", items, "a list")
            return
        for index, item in enumerate(items):
            read = self.read(item, kind, *path, index)
            if read is not None:
                yield index, read
            if len(self.faults) >= MOST_FAULTS:
                return

    def time(self, text: str | None, *path: str | int) -> datetime | None:
        """A time with its zone."""
        try:
            return None if text is None else times.instant(text)
        except (ValueError, OverflowError):
            self.note(path, "not a time with its zone", text, "such as 2023-04-20T09:55:23Z")
            return None

    def name(self, text: str, *path: str | int) -> str:
        """A name that people can read, on one line."""
        if not text or len(text) > LONGEST_NAME or not text.isprintable():
            self.note(path, "not a name", text, f"1 to {LONGEST_NAME} characters that can be printed")
        return text

    def hexadecimal(self, text: str, *path: str | int) -> str:
        """A digest in hex."""
        if not _HEX.fullmatch(text):
            self.note(path, "not a digest", text, "lower-case hex digits")
        return text

    def note(self, path: Path_, message: str, found: object, expected: str) -> None:
        """Something is wrong at a path."""
        told = found if isinstance(found, str) else repr(found)
        self._append("unexpected", message, spell_path(path), told[:60], expected)

    def refused(self) -> DocumentFaults | None:
        """What was wrong, where something was."""
        return DocumentFaults(tuple(self.faults)) if self.faults else None

    def _append(self, code: str, message: str, path: str, found: str | None, expected: str | None) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(DocumentFault(code, message, None, None, path, found, expected))


def read_json(data: bytes, *, fractions: bool = True) -> Any | DocumentFaults:
    """The value of a file with JSON."""
    return strict_json.read(data, OF_OUTSIDERS, fractions=fractions)


def read_object(data: bytes) -> dict[str, Any] | DocumentFaults:
    """The JSON object that a file is."""
    plain = read_json(data)
    if isinstance(plain, dict | DocumentFaults):
        return plain
    return refused("unexpected", "not an object", expected="a JSON object")


def found_tests(
    tests: dict[str, str],
    *,
    started: datetime | None = None,
    finished: datetime | None = None,
    commit: str | None = None,
) -> TestsFound:
    """Tests by their outcome: `passed`, `warned`, `failed`."""
    passed, warned, failed = (
        tuple(sorted(name for name, outcome in tests.items() if outcome == kind)) for kind in _WORST
    )
    return TestsFound(passed, warned, failed, started, finished, commit)


_WORST = ("passed", "warned", "failed")


def add_outcome(tests: dict[str, str], name: str, outcome: str) -> None:
    """Of a test that is there several times the worst outcome counts."""
    tests[name] = max(tests.get(name, outcome), outcome, key=_WORST.index)
