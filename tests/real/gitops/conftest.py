"""Repositories as tests of GitOps targets find them: a work tree, a bare one, a remote."""

import subprocess
from pathlib import Path

import pytest

from ldmrelease.targets.connections import Access
from tests.real.gitops.site import (
    FILE,
    VALUES,
    git,
    new_repository,
)

pytestmark = pytest.mark.real


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree that is a repository of its own."""
    return new_repository(tmp_path / "conf", {FILE: VALUES, "other/values.yaml": "x: 1\n", "README": "hi\n"})


@pytest.fixture
def bare(tmp_path: Path, tree: Path) -> Path:
    """A bare repository as a server has it: it takes no forced push."""
    subprocess.run(["git", "clone", "-q", "--bare", str(tree), str(tmp_path / "conf.git")], check=True)
    git(tmp_path / "conf.git", "config", "receive.denyNonFastForwards", "true")
    git(tmp_path / "conf.git", "config", "receive.denyDeletes", "true")
    return tmp_path / "conf.git"


@pytest.fixture(params=["work tree", "bare", "remote"])
def place(request: pytest.FixtureRequest, tree: Path, bare: Path) -> tuple[str, Path]:
    """How the target names its repository, and where the branch is."""
    spec = {"work tree": "conf", "bare": "conf.git", "remote": bare.as_uri()}[request.param]
    return spec, tree if request.param == "work tree" else bare


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(tmp_path)
