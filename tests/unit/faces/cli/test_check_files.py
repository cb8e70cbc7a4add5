"""A check is what it runs: whoever changes a script makes another check, and earlier results count no more."""

import os
from pathlib import Path

import pytest

from ldmrelease.checks.check_files import check_files
from ldmrelease.domain.topology import Check
from tests.workspace import PLACE, WEEKLY, Site, agree_workspace

SCRIPT = "checks/smoke.sh"
EVIL = "#!/bin/sh\nexit 0\n"
COMMAND = "    command: [sh, checks/smoke.sh]\n"


@pytest.fixture
def failed(ready: Site) -> Site:
    """The weekly failed its check once."""
    ready.smoke(passes=False)
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 1
    return ready


def script(site: Site, text: str) -> None:
    """Another script, which is agreed to."""
    (site.root / SCRIPT).write_text(text)
    agree_workspace(site.root)


def runs(site: Site) -> list[tuple[str, str]]:
    return [(each.body["run"], each.body["check_digest"]) for each in site.events("run.registered")]


def test_a_pass_of_another_script_does_not_count(ready: Site) -> None:
    """Somebody runs a script that passes anything, and puts the right one back."""
    ready.ok("release", "pin", WEEKLY)
    ready.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    right = (ready.root / SCRIPT).read_text()
    script(ready, EVIL)
    assert ready.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 0
    script(ready, right)
    ready.smoke(passes=False)
    assert ready.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 1
    script(ready, EVIL)
    assert ready.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 0
    first, second, third = (digest for _, digest in runs(ready))
    assert first == third != second
    script(ready, right)
    assert len({run for run, _ in runs(ready)}) == 3


def test_a_script_that_changes_while_it_runs_says_nothing(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    ready.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    script(ready, "#!/bin/sh\necho 'exit 0' > checks/smoke.sh\nexit 0\n")
    done = ready.run("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3
    assert "a file that the check runs was changed while it ran" in done.stdout


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("[sh, checks/../checks/smoke.sh]", "checks/smoke.sh"),
        ("[sh, -c, 'sh checks/smoke.sh --fast; true']", "checks/smoke.sh"),
        ("[python3, tool.py, --config=checks/all.toml]", "checks/all.toml"),
        ("[pytest, checks]", "checks/deep/inner.py"),
        ("[make, smoke]\n    files: [checks/deep]", "checks/deep/inner.py"),
    ],
)
def test_every_file_that_it_names_belongs_to_it(site: Site, command: str, name: str) -> None:
    (site.root / "checks" / "deep").mkdir()
    for each in ("checks/deep/inner.py", "checks/all.toml", "tool.py"):
        (site.root / each).write_text("before")
    site.edit(lambda text: text.replace(COMMAND, f"    command: {command}\n"))

    def digest() -> str:
        context = site.context()
        with context.ledger:
            check = context.topology.check("smoke")
            assert check is not None
            return check.contents[name]

    before = digest()
    (site.root / name).write_text("after")
    assert digest() != before


def test_files_that_are_not_there_and_other_kinds_are_refused(site: Site) -> None:
    site.edit(lambda text: text.replace(COMMAND, f"{COMMAND}    files: [checks/absent.sh]\n"))
    done = site.run("workspace", "lint")
    assert done.exit_code == 1
    assert "checks/absent.sh is not there" in done.stdout
    site.edit(lambda text: text.replace(f"{COMMAND}    files: [checks/absent.sh]\n", COMMAND))
    site.edit(lambda text: text.replace("kind: reported\n", "kind: reported\n    files: [checks]\n"))
    assert "has no files" in site.run("workspace", "lint").stdout


def test_links_and_pipes_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.sh").write_text("a")
    os.mkfifo(tmp_path / "checks" / "pipe")
    (tmp_path / "outside").symlink_to("/etc")
    check = Check("smoke", "command", ("t",), ("sh", "checks", "..", ".", "/etc/hostname", "x" * 9000))
    assert list(check_files(check, tmp_path)) == ["checks/a.sh"]


@pytest.mark.parametrize("inner", ["", "/hostname"])
def test_a_link_out_of_the_workspace_under_files_is_refused(site: Site, inner: str) -> None:
    """What is there is no file of the workspace: it was read, and who changes it need not be trusted here."""
    (site.root / "outside").symlink_to("/etc" if inner else "/etc/hostname")
    site.edit(lambda text: text.replace(COMMAND, f"{COMMAND}    files: [outside{inner}]\n"))
    done = site.run("workspace", "lint")
    assert done.exit_code == 1
    assert f"outside{inner} leads out of the workspace" in done.stdout
    assert "checks.smoke.files[0]" in done.stdout


@pytest.mark.parametrize(
    ("more", "field"), [("    files: [checks]\n", "checks.smoke.files[0]"), ("", "checks.smoke.command")]
)
@pytest.mark.parametrize("to", ["../lib", "."])
def test_a_link_to_a_folder_is_refused(site: Site, more: str, field: str, to: str) -> None:
    """What is behind it would change unseen, and it may lead in a circle."""
    (site.root / "lib").mkdir()
    (site.root / "checks" / "lib").symlink_to(to)
    command = COMMAND if more else COMMAND.replace("checks/smoke.sh", "checks")
    site.edit(lambda text: text.replace(COMMAND, command + more))
    done = site.run("workspace", "lint", "-o", "json")
    assert done.exit_code == 1
    for each in ("checks/lib is a link to a folder", field, "without links to folders"):
        assert each in done.stdout


def test_a_result_before_the_change_is_not_the_level_s_check(failed: Site) -> None:
    """The promotion that follows runs the check anew: the failure is of another script."""
    script(failed, EVIL)
    failed.ok("promote", WEEKLY, "--target", PLACE)
    script(failed, "#!/bin/sh\nexit 1\n")
    assert failed.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 1
    digests = [digest for _, digest in runs(failed)]
    assert len(set(digests)) == 3
