"""`make examples`: play the documents, and write into them what was answered where they show something else."""

from __future__ import annotations

import sys
import tempfile
from difflib import SequenceMatcher
from pathlib import Path

from tests.documents.compare import Names, first_difference
from tests.documents.convention import LEFT_OUT, blocks, documents, world_of
from tests.documents.play import ROOT, Given, play
from tests.documents.worlds import WORLDS

_ALIKE = 0.5
"""How alike a line has to be to be the one that a document shows, from 0 to 1."""


def rewrite(document: Path) -> None:
    """Play a document; where one answer is another, all are written anew, so that their ids fit each other.

    An answer of which lines are left out keeps its lines as long as they are right.
    """
    text = document.read_text()
    with (
        tempfile.TemporaryDirectory() as folder,
        WORLDS[world_of(text) or "empty"](Path(folder)) as stage,
    ):
        given = list(play(text, stage))
    for each in given:
        if each.difference is not None:
            place = f"{document.relative_to(ROOT)}:{each.command.line}"
            print(f"{place}: $ {each.command.text}\n{each.difference}")
    if any(each.difference is not None for each in given):
        for each in reversed(given):
            text = _replaced(text, each)
        document.write_text(text)


def _replaced(text: str, given: Given) -> str:
    lines = text.splitlines()
    start = given.command.line - 1
    end = start + 1
    while lines[end - 1].endswith("\\"):
        end += 1
    words = [given.names.put(each) for each in lines[start:end]]
    after = end
    while not lines[after].startswith(("$ ", "```")):
        after += 1
    answer = _partly(given) if LEFT_OUT in given.command.answer else given.answer
    code = [f"(exit {given.exit_code})"] if given.exit_code else []
    gap = [""] if lines[after].startswith("$ ") and [*answer, *code] else []
    return "\n".join([*lines[:start], *words, *answer, *code, *gap, *lines[after:]]) + "\n"


def _partly(given: Given) -> list[str]:
    """The answer without the lines that the document leaves out; all of it where nobody can say which they are."""
    kept: list[str] = []
    here = 0
    for line in given.command.answer:
        if line == LEFT_OUT:
            kept.append(line)
            continue
        alike = [SequenceMatcher(None, line, each).ratio() for each in given.answer[here:]]
        if alike and max(alike) >= _ALIKE:
            here += alike.index(max(alike)) + 1
            kept.append(given.answer[here - 1])
    return kept if first_difference(kept, given.answer, Names()) is None else given.answer


def main(names: list[str]) -> None:
    """Rewrite the documents of these names, or all."""
    for document in documents(ROOT):
        text = document.read_text()
        if (not names or document.name in names) and any(each.commands for each in blocks(text)):
            rewrite(document)


if __name__ == "__main__":
    main(sys.argv[1:])
