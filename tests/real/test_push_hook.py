"""The pre-commit hook for other repositories, run by pre-commit itself before a push."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import shop
from tests.real.engine import ROOT
from tests.real.gated_tree import GatedTree, clone, released_tree

pytestmark = pytest.mark.real


@pytest.fixture
def tree(tmp_path: Path) -> GatedTree:
    return clone(released_tree(tmp_path / "released"), tmp_path / "checkout")


def test_a_push_is_stopped_and_another_one_goes_through(tree: GatedTree, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", folder)
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "Hooks")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    arguments = ["release", "--bundle", "release/gate.bundle.json", "--trust", "release/trust.yaml"]
    hook = {"id": "ldmrelease-gate", "args": arguments}
    config = {"repos": [{"repo": str(folder), "rev": revision, "hooks": [hook]}]}
    (tree.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    tree.git("add", ".")
    tree.git("commit", "-qm", "Hooks")
    tree.change("dev", "v 1")
    done = push_hook(tree, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "ldmrelease gate" in done.stdout
    assert "v 1" in done.stdout
    tree.change("dev", shop.NEW)
    done = push_hook(tree, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def push_hook(tree: GatedTree, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """What pre-commit says before a push of `feature`."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pre_commit", "run", "--hook-stage", "pre-push"),
            *("--from-ref", "main", "--to-ref", "feature"),
        ],
        cwd=tree.folder,
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
