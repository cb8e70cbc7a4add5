"""What is wrong with a file that somebody wrote, and where: every problem of a file in one go."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.domain.errors import InputError


class Problem(Struct, frozen=True):
    """One fault of one file.

    `line` and `column` count from 1 and are None where the whole file is meant; `field` is the path of the
    faulty value, such as `spec.enter[2].for`; `remedy` says what to write instead. `found` is what stands there, and
    `expected` what may stand there, each in a few words and None where that is not known, or must not be told.
    A `notice` is no fault: it says what something that is allowed gives up.
    """

    file: str
    message: str
    line: int | None = None
    column: int | None = None
    field: str = ""
    remedy: str | None = None
    found: str | None = None
    expected: str | None = None
    notice: bool = False

    def __str__(self) -> str:
        place = [self.file] if self.line is None else [self.file, str(self.line), str(self.column)]
        head = ":".join(place)
        field = f" {self.field}:" if self.field else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{head}:{field} {self.message}{remedy}"


class BadInput(InputError):
    """Files that cannot be used as they stand; `problems` holds everything that was found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # What an alias repeats has the place and the fault of what it names.
        told: dict[tuple[object, ...], Problem] = {}
        for each in problems:
            told.setdefault((each.file, each.line, each.column, each.message), each)
        in_order = sorted(told.values(), key=lambda each: (each.file, each.line or 0, each.column or 0))
        self.problems = tuple(in_order)
        super().__init__("\n".join(map(str, self.problems)))


def shown(path: Path) -> str:
    """The path as a person finds it: relative to the current folder where it lies inside."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def spelled(value: Any) -> str:
    """A found value in a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    import json  # noqa: PLC0415 - for what is wrong alone

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + '..."'
