"""Play a document: give its commands in order, in one folder, to the real program."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.documents.compare import Names, first_difference
from tests.documents.convention import Block, Command, blocks

ROOT = Path(__file__).parents[2]
WIDTH = 110
"""Columns of the terminal in which the documents' answers were given."""
_SECONDS = 120


@dataclass
class Stage:
    """Where a document is played: a home folder, and what its words stand for here."""

    home: Path
    stands_for: dict[str, str] = field(default_factory=dict)
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.home
        programs = self.home / ".bin"
        programs.mkdir(parents=True)
        program = programs / "ldmrelease"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ldmrelease "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = Ann Example\n\temail = ann@shop.example\n[init]\n\tdefaultBranch = main\n"
        )

    def here(self, text: str) -> str:
        """A text of the document with what its words stand for."""
        for shown, real in self.stands_for.items():
            text = text.replace(shown, real)
        return text

    def shown(self, text: str) -> str:
        """What was met, in the document's words."""
        for shown, real in self.stands_for.items():
            text = text.replace(real, shown)
        return text

    def run(self, command: str) -> tuple[list[str], int]:
        """Give one command to a shell, as somebody would who types; what came on both streams, and the exit code."""
        where = self.home / ".folder"
        script = f'{self.here(command)}\ncode=$?\npwd > "{where}"\nexit $code'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if where.exists():
            self.folder = Path(where.read_text().strip())
        lines = self.shown(done.stdout).rstrip("\n").splitlines()
        return [each.rstrip() for each in lines], done.returncode

    def edit(self, name: str) -> str:
        """Put what the document's words stand for into a file; what it says then, in the document's words."""
        file = self.folder / name
        before = file.read_text()
        file.write_text(self.here(before))
        return self.shown(before)

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": f"{self.home / '.bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": str(WIDTH),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }


@dataclass(frozen=True)
class Given:
    """A command that was given: what came of it, where that is not what the document shows, and its ids so far."""

    command: Command
    answer: list[str]
    exit_code: int
    difference: str | None
    names: Names


def play(text: str, stage: Stage) -> Iterator[Given]:
    """Every command that a document shows, in order, with what came of it."""
    names = Names()
    for block in blocks(text):
        yield from _play_block(block, stage, names)


def _play_block(block: Block, stage: Stage, names: Names) -> Iterator[Given]:
    if block.not_played is not None:
        return
    if block.edit is not None and block.body not in (found := stage.edit(block.edit)):
        raise AssertionError(
            f"line {block.line}: {block.edit} has no such lines:\n{block.body}\nbut\n{found}"
        )
    for command in block.commands:
        answer, code = stage.run(names.put(command.text))
        difference = first_difference(command.answer, answer, names)
        if difference is None and code != command.exit_code:
            difference = f"shown:    exit {command.exit_code}\nanswered: exit {code}"
        yield Given(command, answer, code, difference, names)
