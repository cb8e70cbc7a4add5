"""How a document shows commands: ```console blocks, and comments before a block for who plays it.

    ```console
    $ ldmrelease where           a command, as it is typed; what follows is its answer, on both streams
    ...                          lines that the document leaves out
    (exit 1)                     the exit code, where it is not 0
    ```

`<!-- world: NAME -->` says in what a document is played, `<!-- edit: FILE -->` that the reader puts addresses of his
own into a file, which then has what the block shows, and `<!-- not played: REASON -->` that nobody gives the
commands of the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LEFT_OUT = "..."
_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>edit|not played): (?P<value>[^\n]*?) -->\n+)?```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_WORLD = re.compile(r"^<!-- world: (\w+) -->$", re.MULTILINE)
_EXIT = re.compile(r"^\(exit (\d+)\)$")


@dataclass(frozen=True)
class Command:
    """A command with the answer that the document shows; `line` is where it stands."""

    text: str
    answer: tuple[str, ...]
    exit_code: int
    line: int


@dataclass(frozen=True)
class Block:
    """A fenced block of a document, at `start` to `end` of its text."""

    kind: str
    body: str
    start: int
    end: int
    line: int
    edit: str | None = None
    not_played: str | None = None
    commands: tuple[Command, ...] = field(default=())


def world_of(text: str) -> str | None:
    """In what the document is played; None where it does not say."""
    found = _WORLD.search(text)
    return found and found[1]


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block of a document, in order."""
    for found in _FENCE.finditer(text):
        mark, body = found["mark"], found["body"]
        line = text.count("\n", 0, found.start("body")) + 1
        yield Block(
            found["kind"],
            body,
            found.start("body"),
            found.end("body"),
            line,
            edit=found["value"] if mark == "edit" else None,
            not_played=found["value"] if mark == "not played" else None,
            commands=tuple(_commands(body, line)) if found["kind"] == "console" else (),
        )


def _commands(body: str, first: int) -> Iterator[Command]:
    lines = body.splitlines()
    starts = [number for number, each in enumerate(lines) if each.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        words = lines[start][2:]
        here = start + 1
        while words.endswith("\\"):
            words = f"{words[:-1].rstrip()} {lines[here].removeprefix('>').strip()}"
            here += 1
        answer = lines[here:end]
        while answer and not answer[-1].strip():
            answer.pop()
        code = _EXIT.match(answer[-1]) if answer else None
        yield Command(
            words, tuple(answer[:-1] if code else answer), int(code[1]) if code else 0, first + start
        )


def documents(root: Path) -> list[Path]:
    """The documents that show commands: all but those that the program writes, and the records of decisions."""
    written = {
        "command-reference.md",
        "policy-reference.md",
        "policy-test-reference.md",
        "changelog.md",
        "contributing.md",
    }
    found = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    return [each for each in found if each.name not in written]
