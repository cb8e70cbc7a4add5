"""The wheel: what somebody who installs it gets beside the modules."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return set(archive.namelist())


def test_it_says_that_its_types_may_be_relied_on(wheel: set[str]) -> None:
    assert "ldmrelease/py.typed" in wheel


def test_every_file_of_the_package_is_in_it(wheel: set[str]) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "ldmrelease"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert tracked
    assert {each for each in tracked if (ROOT / each).exists()} <= wheel


@pytest.mark.parametrize("folder", ["policies", "manifests/checks"])
def test_policies_and_manifests_travel_with_it(wheel: set[str], folder: str) -> None:
    files = {each.relative_to(ROOT) for each in (ROOT / folder).rglob("*") if each.is_file()}
    assert files
    assert {f"ldmrelease/{each.as_posix()}" for each in files} <= wheel
