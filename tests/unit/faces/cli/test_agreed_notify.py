"""The command that tells somebody is run with the rights of whoever promotes: it is agreed to in the trust document."""

from pathlib import Path

import pytest

from tests.workspace import BEFORE, PLACE, WEEKLY, Site, agree_workspace

_SCRIPT = "#!/bin/sh\ncat > told.json\n"
HALTS = ("promote", WEEKLY, "--target", PLACE)


@pytest.fixture
def notifying(ready: Site) -> Site:
    """A workspace that tells somebody by a script of its own; whatever is promoted halts."""
    (ready.root / "tell.sh").write_text(_SCRIPT)
    name_command(ready, "[sh, tell.sh]")
    ready.smoke(passes=False)
    return ready


def name_command(site: Site, command: str) -> None:
    text = (site.root / "ldmrelease.yaml").read_text()
    (site.root / "ldmrelease.yaml").write_text(f"{text}\nnotify: {command}\n")


def test_nothing_is_run_that_nobody_has_agreed_to(notifying: Site) -> None:
    done = notifying.run(*HALTS)
    assert not (notifying.root / "told.json").exists()
    assert "what `notify` says is not what trust.yaml records, and is not run" in done.stderr
    assert "notify: is not what" in notifying.run("workspace", "lint").stdout
    assert "it is not run until that is updated" in notifying.run("doctor").stdout


def test_agreed_by_one_command_it_is_run(notifying: Site) -> None:
    told = notifying.ok("trust", "agree", "--yes")
    assert "+notify: sha256:" in told
    notifying.run(*HALTS)
    assert (notifying.root / "told.json").exists()
    assert "nothing to do" in notifying.ok("trust", "agree")


@pytest.mark.parametrize("when", ["before it is read", "while the promotion goes on"])
def test_another_script_is_another_command(notifying: Site, when: str) -> None:
    agree_workspace(notifying.root)
    changed = f"{_SCRIPT}touch harm\n"
    if when == "before it is read":
        (notifying.root / "tell.sh").write_text(changed)
    else:
        (notifying.root / "smoke-says").write_text(
            f"printf '{changed}' > tell.sh\nexit 1\n".replace("\n#!", "#!")
        )
    done = notifying.run(*HALTS)
    assert "and is not run" in done.stderr
    assert not (notifying.root / "harm").exists()


def test_a_script_that_is_no_longer_there_is_another_command(notifying: Site) -> None:
    agree_workspace(notifying.root)
    Path(notifying.root / "tell.sh").unlink()
    assert "and is not run" in notifying.run(*HALTS).stderr


def test_what_tells_nobody_anything_is_asked_of_nobody(ready: Site) -> None:
    assert "nothing to do" in ready.ok("trust", "agree")
    assert "notify" not in ready.run("rollback", BEFORE, "--target", PLACE).stderr
