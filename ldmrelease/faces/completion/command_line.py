"""Which word is being typed: walks the words of a command line along the table of commands and parameters.

The table (`commands.json`) is written from the commands themselves by `faces.cli.completion_table`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

Table = dict[str, Any]

ROOT = ""
_FILE = Path(__file__).with_name("commands.json")


class Expected(NamedTuple):
    """What may stand there: `kind` of a value, one of `choices`, or `options` and `commands` with their help."""

    kind: str = ""
    choices: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    prefix: str = ""


class Line(NamedTuple):
    """A command line so far: what is expected now, and the folder that `-C` named."""

    expected: Expected
    directory: str | None


def read_table() -> Table:
    """The table of commands: by path, such as `release pin`; the program itself is the empty path."""
    table: Table = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


def walk(table: Table, words: Sequence[str], incomplete: str) -> Line:
    """What the incomplete word may be, after these words."""
    state = _Walk(table)
    for word in words:
        state.take(word)
    return Line(state.expected(incomplete), state.directory)


class _Walk:
    """Where one is in a command line: the command, how many arguments it has, an option that waits for its value."""

    def __init__(self, table: Table) -> None:
        self.directory: str | None = None
        self._table = table
        self._path, self._position = ROOT, 0
        self._pending: Table | None = None
        self._only_arguments = self._lost = False

    @property
    def _entry(self) -> Table:
        entry: Table = self._table[self._path]
        return entry

    def take(self, word: str) -> None:
        """Go past a word."""
        if self._pending is not None:
            self._keep(self._pending, word)
            self._pending = None
        elif word == "--":
            self._only_arguments = True
        elif self._is_option(word):
            name, equals, value = word.partition("=")
            option = self._entry["options"].get(name)
            if option is not None and option["takes"] and equals:
                self._keep(option, value)
            elif option is not None and option["takes"]:
                self._pending = option
        elif word in self._entry.get("commands", ()):
            self._path, self._position = f"{self._path} {word}".strip(), 0
        else:
            self._lost = self._lost or "commands" in self._entry
            self._position += 1

    def expected(self, incomplete: str) -> Expected:
        """What the word that is typed may be."""
        if self._pending is not None:
            return _value(self._pending)
        if self._lost:
            return Expected()
        if self._is_option(incomplete) or (incomplete == "-" and not self._only_arguments):
            return self._option(incomplete)
        if "commands" in self._entry:
            return Expected(named=tuple(self._entry["commands"].items()))
        arguments = self._entry["arguments"]
        if self._position < len(arguments):
            return _value(arguments[self._position])
        return _value(arguments[-1]) if arguments and arguments[-1]["many"] else Expected()

    def _option(self, incomplete: str) -> Expected:
        name, equals, _ = incomplete.partition("=")
        option = self._entry["options"].get(name) if equals else None
        if option is not None and option["takes"]:
            return _value(option)._replace(prefix=f"{name}=")
        options = self._entry["options"].items()
        return Expected(named=tuple((name, each["help"]) for name, each in options if name.startswith("--")))

    def _is_option(self, word: str) -> bool:
        return word.startswith("-") and len(word) > 1 and not self._only_arguments

    def _keep(self, option: Table, value: str) -> None:
        if option["kind"] == "directory":
            self.directory = value


def _value(parameter: Table) -> Expected:
    return Expected(kind=parameter["kind"], choices=tuple(parameter.get("choices", ())))
