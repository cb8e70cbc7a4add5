"""A checkout's own configuration: its hooks, filters and monitors run nothing when we read and write there."""

from pathlib import Path

import pytest

from tests.workspace import PLACE, WEEKLY, Site

FILTERED = "applications/batch/values-usdfdev.yaml"
HOOKS = (
    "pre-commit", "post-commit", "post-checkout", "reference-transaction", "post-index-change", "update",
    "post-merge", "fsmonitor-watchman",
)  # fmt: skip


@pytest.fixture
def trap(ready: Site, tmp_path: Path) -> Path:
    """A program that leaves a trace when it is run."""
    program, trace = tmp_path / "trap.sh", tmp_path / "trace"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\ncat\n')
    program.chmod(0o755)
    return program


def trace(trap: Path) -> str:
    found = trap.parent / "trace"
    return found.read_text() if found.exists() else ""


def promoted_and_left_alone(site: Site, trap: Path) -> None:
    # The file looks changed, so that git has to look into it.
    path = site.root / "gitops" / FILTERED
    path.write_bytes(path.read_bytes())
    (trap.parent / "trace").unlink(missing_ok=True)
    site.ok("promote", WEEKLY, "--target", PLACE)
    assert trace(trap) == ""
    assert "al9-w_2023_16" in site.committed(PLACE)
    assert "al9-w_2023_16" in path.read_text()


@pytest.mark.parametrize("attributes", [".gitattributes", ".git/info/attributes"])
@pytest.mark.parametrize("driver", [("clean", "smudge"), ("process",)])
def test_filters_run_nothing(ready: Site, trap: Path, attributes: str, driver: tuple[str, ...]) -> None:
    file = ready.root / "gitops" / attributes
    file.parent.mkdir(exist_ok=True)
    file.write_text("*.yaml filter=evil\n")
    if attributes == ".gitattributes":
        ready.git("add", attributes)
        ready.git("commit", "-q", "-m", "Attributes")
    for each in driver:
        ready.git("config", f"filter.evil.{each}", str(trap))
    ready.git("config", "filter.evil.required", "true")
    promoted_and_left_alone(ready, trap)


def test_a_filter_from_an_included_file_runs_nothing(ready: Site, trap: Path) -> None:
    (ready.root / "gitops/.git/info").mkdir(exist_ok=True)
    (ready.root / "gitops/.git/info/attributes").write_text("*.yaml filter=evil\n")
    (ready.root / "gitops/.git/more").write_text(f'[filter "evil"]\n\tclean = {trap}\n\tsmudge = {trap}\n')
    ready.git("config", "include.path", "more")
    promoted_and_left_alone(ready, trap)


def test_a_filter_whose_name_no_command_line_could_override_runs_nothing(ready: Site, trap: Path) -> None:
    (ready.root / "gitops/.git/info").mkdir(exist_ok=True)
    (ready.root / "gitops/.git/info/attributes").write_text("*.yaml filter=a=b\n")
    with (ready.root / "gitops/.git/config").open("a") as file:
        file.write(f'[filter "a=b"]\n\tclean = {trap}\n\tsmudge = {trap}\n')
    promoted_and_left_alone(ready, trap)


def test_hooks_and_monitors_run_nothing(ready: Site, trap: Path) -> None:
    hooks = ready.root / "gitops/.git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).write_text(f"#!/bin/sh\nexec {trap} {name} < /dev/null\n")
        (hooks / name).chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.editor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "gpg.program",
    ):
        ready.git("config", name, str(trap))
    ready.git("config", "log.showSignature", "true")
    promoted_and_left_alone(ready, trap)
