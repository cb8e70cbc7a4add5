"""A real forge on loopback: Gitea, built from the go.mod that pins it (nine minutes of processor time, once)."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.real.gotools import TOOLS, go_tool
from tests.real.registries import free_port

_START_SECONDS = 60
_BUILD = ("-tags", "sqlite sqlite_unlock_notify")


@dataclass
class Gitea:
    """A running forge. `tokens` are those of its users by name; `admin` is one of them."""

    program: Path
    home: Path
    port: int
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str) -> str:
        """What Gitea's own command line prints."""
        done = subprocess.run(
            [self.program, "--config", self.home / "app.ini", *words],
            env=_environment(self.home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"gitea {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def add_user(self, name: str) -> None:
        """A user who may do everything, and a token of theirs."""
        person = ("--username", name, "--email", f"{name}@example.org", "--password", f"password-of-{name}")
        self.command("admin", "user", "create", *person, "--admin", "--must-change-password=false")
        token = self.command(
            "admin", "user", "generate-access-token", "--username", name, "--scopes", "all", "--raw"
        )
        self.tokens[name] = token.split()[-1]  # before it are warnings

    def ask(self, user: str, method: str, path: str, body: Any = None) -> Any:
        """A request to the API as the user."""
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.tokens[user]}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            content = response.read()
        return json.loads(content) if content else None


@contextmanager
def gitea(home: Path) -> Iterator[Gitea]:
    """A forge with a folder of its own, ended afterwards."""
    program = go_tool("gitea", "code.gitea.io/gitea", options=_BUILD)
    forge = Gitea(program, home, free_port())
    home.mkdir(parents=True, exist_ok=True)
    config = (TOOLS / "gitea" / "app.ini").read_text()
    for name, value in {"@HOME@": str(home), "@STATIC@": _module(), "@PORT@": str(forge.port)}.items():
        config = config.replace(name, value)
    (home / "app.ini").write_text(config)
    forge.command("migrate")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--config", home / "app.ini", "web"], env=_environment(home), stdout=log, stderr=log
        )
    try:
        _wait(forge, process)
        yield forge
    finally:
        process.terminate()
        process.wait(timeout=30)


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"GITEA_WORK_DIR": str(home), "GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT": "true"}


def _module() -> str:
    return subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", "code.gitea.io/gitea"],
        cwd=TOOLS / "gitea",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def _wait(forge: Gitea, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        assert process.poll() is None, (forge.home / "log").read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"{forge.address}/api/v1/version"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"Gitea does not answer within {_START_SECONDS} s")
