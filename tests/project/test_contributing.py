"""CONTRIBUTING.md: what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_path_is_there() -> None:
    paths = set(re.findall(r"`((?:ldmrelease|tests|docs|requirements|\.ci)/[^`]*)`", TEXT))
    paths |= {f"ldmrelease/{each}" for each in re.findall(r"^\| `([a-z]+/)` \|", TEXT, re.MULTILINE)}
    assert paths
    assert not {each for each in paths if not (ROOT / each).exists()}


def test_every_make_target_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"`make ([a-z]+)`", TEXT)) | set(
        re.findall(r"^ {4}make ([a-z]+)", TEXT, re.MULTILINE)
    )
    assert {"lint", "unit", "test", "docs", "format"} <= targets
    assert targets <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
