"""The demonstration tells a page of story, ends with commands that work, and is what the pictures show."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.documents.compare import Names, first_difference
from tests.documents.demonstration import REFUSED, Demonstration
from tests.documents.pictures import IMAGES, render, scenes, text_of
from tests.documents.play import ROOT


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    return Demonstration(tmp_path_factory.mktemp("demonstration"))


def test_it_is_one_page(demonstration: Demonstration) -> None:
    assert demonstration.code == 0
    assert len(demonstration.page) <= 60


def test_it_tells_the_refusal_with_what_to_do_next_and_then_the_promotion(
    demonstration: Demonstration,
) -> None:
    refused = demonstration.answer(REFUSED)
    assert refused[1].startswith("REFUSED: stack/w.2023.16 may not enter base/ocps")
    assert any("next: ldmrelease promote w.2023.16 --target" in line for line in refused)
    resumed = demonstration.answer("resume --all")
    assert "promotion" in "\n".join(resumed)
    assert "succeeded" in "\n".join(resumed)
    assert any(line.startswith("base/ocps") for line in demonstration.answer("where base"))


def test_the_pictures_show_what_it_prints(demonstration: Demonstration) -> None:
    for name, lines in scenes(demonstration).items():
        shown = text_of((IMAGES / name).read_text())
        assert first_difference(shown, lines, Names()) is None, f"docs/images/{name}: make pictures"


def test_its_last_commands_work_as_printed_from_another_folder(
    demonstration: Demonstration, tmp_path: Path
) -> None:
    last = [each.strip() for each in demonstration.page if f" -C {'/home/ann/demo'} " in each]
    assert len(last) >= 2
    for each in last:
        command = shlex.split(demonstration.stage.here(each))
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_picture_has_the_lines_that_it_was_made_of() -> None:
    lines = ["$ ldmrelease where <x> & y", "  MISSING   a  b", "", "P-1 at noon"]
    assert text_of(render(lines)) == lines
