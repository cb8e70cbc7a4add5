"""Files that are replaced in one step."""

import os
from pathlib import Path

import pytest

from ldmrelease.atomic_files import replace_file


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path):
    file = tmp_path / "page.html"
    replace_file(file, b"one")
    replace_file(file, b"two")
    assert file.read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_no_link_is_followed(tmp_path: Path):
    victim, file = tmp_path / "victim", tmp_path / "page.html"
    victim.write_text("precious")
    file.symlink_to(victim)
    (tmp_path / f".page.html.{os.getpid()}").symlink_to(victim)
    replace_file(file, b"two")
    assert victim.read_text() == "precious"
    assert not file.is_symlink()


def test_what_cannot_be_replaced_leaves_nothing(tmp_path: Path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "page.html", b"one")
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
