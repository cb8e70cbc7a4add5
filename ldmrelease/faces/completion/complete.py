"""Complete a command line: a word in, the words that it may become out. Whatever is wrong completes nothing."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from ldmrelease.faces.completion.command_line import Expected, read_table, walk
from ldmrelease.faces.completion.shells import VARIABLE, Candidate, answer, question

_SHELLS = {f"complete_{each}": each for each in ("bash", "zsh", "fish")}
_OF_FILES = {"files", "directory"}
_FILES_TOO = {"files-or-tags": "tags"}


def complete(environ: Mapping[str, str]) -> int | None:
    """Answer a shell that asks, on standard output; the exit code, None where none asks that is known here."""
    shell = _SHELLS.get(environ.get(VARIABLE, ""))
    if shell is None:
        return None
    found: list[Candidate] = []
    files = False
    # A word that cannot be completed is no reason to write into the line of whoever types it.
    with suppress(Exception):
        asked = question(shell, environ)
        line = walk(read_table(), asked.words, asked.incomplete)
        files = line.expected.kind in {*_OF_FILES, *_FILES_TOO}
        begun = asked.incomplete.removeprefix(line.expected.prefix)
        offered = _offered(line.expected, line.directory, environ)
        found = [
            each._replace(value=line.expected.prefix + each.value)
            for each in offered
            if each.value.startswith(begun) and each.value.isprintable() and " " not in each.value
        ]
    told, code = answer(shell, found, files=files, environ=environ)
    if told:
        sys.stdout.write(f"{told}\n")
    return code


def _offered(expected: Expected, directory: str | None, environ: Mapping[str, str]) -> list[Candidate]:
    if expected.named:
        return [Candidate(name, help) for name, help in expected.named]
    if expected.choices:
        return [Candidate(each) for each in expected.choices]
    kind = _FILES_TOO.get(expected.kind, expected.kind)
    if not kind or kind in _OF_FILES:
        return []
    from ldmrelease.faces.completion.workspace_names import names  # noqa: PLC0415 - options and files go without

    return [Candidate(each) for each in names(kind, directory, environ)]


def main() -> None:
    """Answer the shell that asks."""
    sys.exit(complete(os.environ) or 0)
