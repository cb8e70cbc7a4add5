"""A password in a checkout's own configuration is the user's affair: it gets nowhere through us."""

import base64
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease import logs
from tests.workspace import PLACE, WEEKLY, Site, said

PASSWORD = "hunter2-of-kim"
SPELLINGS = (
    PASSWORD,
    # Inside of an envelope, at any of the three places where base64 can begin.
    *(base64.b64encode(b"-" * each + PASSWORD.encode()).decode()[4 if each else 0 : -4] for each in range(3)),
)
CONFIGURATION = "gitops/.git/config"


@pytest.fixture
def ready(ready: Site) -> Site:
    """The weekly is built, what ran before is pinned and observed, and the checkout's remote has a password."""
    address = f"https://kim:{PASSWORD}@git.example.org/"
    ready.git("config", "remote.origin.url", f"{address}conf")
    ready.git("config", "branch.main.remote", "origin")
    ready.git("config", "branch.main.merge", "refs/heads/main")
    ready.git("config", f"url.{address}.insteadOf", str(ready.root))
    ready.git("config", f"http.{address}.extraHeader", f"Authorization: {PASSWORD}")
    return ready


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Path:
    """A file with the arguments and the environment of every git that we run."""
    log, real = tmp_path / "git.log", shutil.which("git")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{{ echo "$*"; env; }} >> {log}\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(logs, "_enabled", True)
    caplog.set_level(logging.DEBUG)
    return log


def kept(site: Site) -> Iterator[tuple[str, str]]:
    """All that the workspace holds, but the configuration that the password stands in; the ledger's events read."""
    for path in site.root.rglob("*"):
        name = str(path.relative_to(site.root))
        if path.is_file() and name != CONFIGURATION:
            yield name, path.read_bytes().decode(errors="replace")
    for event in site.events():
        yield f"event {event.kind}", f"{event.body} {said(event)}"


def nowhere(site: Site, commands: Path, told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    assert PASSWORD in (site.root / CONFIGURATION).read_text()
    assert "cat-file" in commands.read_text()
    assert PASSWORD not in commands.read_text()
    assert PASSWORD not in "\n".join(told)
    assert PASSWORD not in caplog.text
    assert [name for name, content in kept(site) if any(each in content for each in SPELLINGS)] == []


def test_a_promotion_lets_it_out_nowhere(
    ready: Site, commands: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = []
    for words in (
        ("observe",),
        ("promote", WEEKLY, "--target", PLACE),
        ("where", WEEKLY),
        ("drift",),
        ("doctor",),
        ("history", PLACE),
        ("verify",),
    ):
        done = ready.run(*words)
        told.append(done.stdout + done.stderr)
    assert "al9-w_2023_16" in ready.committed(PLACE)
    nowhere(ready, commands, told, caplog)


def test_an_error_lets_it_out_nowhere(ready: Site, commands: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = []
    refs = ready.root / "gitops/.git/refs"
    (refs / "heads/main.lock").touch()
    told.append(ready.run("promote", WEEKLY, "--target", PLACE).output)
    (refs / "heads/main.lock").unlink()
    assert "al9-w_2023_16" not in ready.committed(PLACE)
    with (ready.root / CONFIGURATION).open("a") as file:
        file.write("[core]\n\tbare = perhaps\n[broken\n")
    told.append(ready.run("observe").output)
    told.append(ready.run("promote", WEEKLY, "--target", PLACE).output)
    assert "gitops" in told[-1]
    nowhere(ready, commands, told, caplog)
