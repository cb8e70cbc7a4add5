"""Every command of every document answers as the document shows. `make examples` writes the answers anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents.compare import Names, first_difference
from tests.documents.convention import blocks, documents, world_of
from tests.documents.play import ROOT, play
from tests.documents.worlds import WORLDS

DOCUMENTS = documents(ROOT)
PLAYED = [each for each in DOCUMENTS if any(block.commands for block in blocks(each.read_text()))]
_COMMAND = re.compile(r"^(?:    +|\$ )(?:ldmrelease|make|git|pip|kubectl|docker) \S", re.MULTILINE)


@pytest.mark.parametrize("document", PLAYED, ids=lambda each: each.name)
def test_its_commands_answer_as_it_shows(document: Path, tmp_path: Path) -> None:
    text = document.read_text()
    with WORLDS[world_of(text) or "empty"](tmp_path) as stage:
        different = [
            f"{document.name}:{each.command.line}: $ {each.command.text}\n{each.difference}"
            for each in play(text, stage)
            if each.difference is not None
        ]
    assert not different, "\n\n".join(different)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_a_command_stands_where_it_is_played_or_where_it_is_said_why_not(document: Path) -> None:
    text = document.read_text()
    for block in reversed(list(blocks(text))):
        if block.kind == "console":
            assert block.commands, f"{document.name}:{block.line} has no command"
            assert block.not_played != "", f"{document.name}:{block.line} is not played for no reason"
            named = re.findall(r"tests/\S+\.py", block.not_played or "")
            assert all((ROOT / each).is_file() for each in named), f"{document.name}:{block.line}: {named}"
            text = text[: block.start] + text[block.end :]
    assert not _COMMAND.findall(text)


SHOWN = [
    "let in by P-8",
    "sha256:0123456789ab at 2026-01-01T00:00:00Z",
    "P-8  done",
    "seen for 3s",
    "commit 842238061818",
]


@pytest.mark.parametrize(
    "met",
    [
        SHOWN,
        [
            "let in by P-11",
            f"sha256:{'a1' * 32} at 2027-01-01T09:00:00Z",
            "P-11      done",
            "seen for 1m 2s",
            f"commit {'ab' * 6}",
        ],
    ],
)
def test_what_cannot_be_the_same_twice_may_differ(met: list[str]) -> None:
    assert first_difference(SHOWN, met, Names()) is None


@pytest.mark.parametrize(
    ("line", "other"),
    [
        (0, "let in by nobody"),
        (1, "sha256:0123456789ab at noon"),
        (2, "P-9  done"),
        (2, "P-8  failed"),
        (3, "seen for 3h"),
        (4, "commit main"),
    ],
)
def test_what_says_something_else_differs(line: int, other: str) -> None:
    met = [*SHOWN[:line], other, *SHOWN[line + 1 :]]
    assert first_difference(SHOWN, met, Names()) is not None


def test_lines_that_are_left_out_may_be_any_and_no_others() -> None:
    assert first_difference(["a", "...", "d"], ["a", "b", "c", "d"], Names()) is None
    assert first_difference(["a", "...", "d"], ["a", "b", "c"], Names()) is not None
    assert first_difference(["a", "d"], ["a", "b", "d"], Names()) is not None
    assert first_difference(["a"], ["a", "b"], Names()) is not None
    assert first_difference(["a", "b"], ["a"], Names()) is not None


def test_an_id_that_was_met_is_put_into_the_commands_that_follow() -> None:
    names = Names()
    assert first_difference(["P-8: succeeded"], ["P-12: succeeded"], names) is None
    assert names.put("ldmrelease promotions replay P-8") == "ldmrelease promotions replay P-12"
