"""The hooks of .pre-commit-config.yaml: they download nothing, and keep out what `make lint` would complain of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the project's settings, hooks and environment, and nothing else."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for name in (CONFIG.name, "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)


def hook(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    """What one hook says to all files that git has in its index."""
    git(folder, "add", "*.py")
    return subprocess.run(
        [*PRE_COMMIT, "run", name, "--all-files"],
        cwd=folder,
        env=os.environ | {"PRE_COMMIT_HOME": str(folder.parent / "cache"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_file_is_valid() -> None:
    subprocess.run([*PRE_COMMIT, "validate-config", str(CONFIG)], check=True)


def test_nothing_is_downloaded() -> None:
    repositories = yaml.safe_load(CONFIG.read_text())["repos"]
    assert {each["repo"] for each in repositories} == {"local"}
    hooks = [hook for each in repositories for hook in each["hooks"]]
    assert {each["language"] for each in hooks} == {"system"}
    assert all(each["entry"].startswith(".venv/bin/") for each in hooks)


def test_everything_that_lint_runs_has_a_hook() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.split("\nlint:")[1].split("\n\n")[0]
    linted = {line.split()[0].removeprefix("$(BIN)/") for line in recipe.splitlines() if "\t$(BIN)/" in line}
    hooks = yaml.safe_load(CONFIG.read_text())["repos"][0]["hooks"]
    assert {each["entry"].split()[0].removeprefix(".venv/bin/") for each in hooks} == linted


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("ruff", "import os\n", 'print("a")\n'),
        ("ruff-format", "print( 'a' )\n", 'print("a")\n'),
        (
            "mypy",
            "def twice(a: int) -> int:\n    return 'a'\n",
            "def twice(a: int) -> int:\n    return 2 * a\n",
        ),
    ],
)
def test_it_stops_what_is_bad_and_lets_pass_what_is_good(
    checkout: Path, name: str, bad: str, good: str
) -> None:
    module = checkout / "ldmrelease" / "__init__.py"
    module.parent.mkdir()
    module.write_text(bad)
    assert hook(checkout, name).returncode == 1
    module.write_text(good)
    passed = hook(checkout, name)
    assert passed.returncode == 0, passed.stdout


def test_an_import_against_the_contracts_is_stopped(checkout: Path) -> None:
    for name in ("domain", "policy"):
        (checkout / "ldmrelease" / name).mkdir(parents=True)
        (checkout / "ldmrelease" / name / "__init__.py").touch()
    (checkout / "ldmrelease" / "__init__.py").touch()
    (checkout / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_package = "ldmrelease"\n[[tool.importlinter.contracts]]\nname = "layers"\n'
        'type = "layers"\nlayers = ["ldmrelease.policy", "ldmrelease.domain"]\n'
    )
    assert hook(checkout, "lint-imports").returncode == 0
    (checkout / "ldmrelease" / "domain" / "__init__.py").write_text("import ldmrelease.policy\n")
    assert hook(checkout, "lint-imports").returncode == 1
