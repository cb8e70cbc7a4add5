"""A Docker engine of our own, and an image of ours on it. Nothing is pulled: the base is made from Debian packages.

The base takes 45 s to make and is kept in the user's cache. It has the machine's certificate authorities and
pip's configuration, so that a build finds the packages where this machine finds them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.gotools import CACHE
from tests.real.parts import missing, require

ROOT = Path(__file__).parents[2]
_SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP = Path("/etc/pip.conf")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Engine:
    """`socket` is the engine's; `directory` has its data and the client's configuration."""

    directory: Path
    socket: Path

    def docker(self, *words: str, input: str | None = None) -> str:
        """What `docker WORDS` prints; an AssertionError with all that it said where it fails."""
        done = self.attempt(*words, input=input)
        assert done.returncode == 0, f"docker {' '.join(words)}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def attempt(self, *words: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """The same, whether it fails or not."""
        return subprocess.run(
            ["docker", "--host", f"unix://{self.socket}", *words],
            # The builder of the engine itself: another one would have to be installed on it.
            env=os.environ | {"DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(self.directory / "client")},
            input=input,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, tag: str, *options: str, dockerfile: str | None = None, context: Path = ROOT) -> None:
        """Build an image on our base, by the context's Dockerfile or the text of another."""
        self.import_base()
        file = [] if dockerfile is None else ["--file", "-"]
        base = ("--network", "host", "--build-arg", "BASE=base")
        self.docker("build", *base, *options, *file, "--tag", tag, str(context), input=dockerfile)

    def import_base(self) -> None:
        """Have the image `base`."""
        if self.attempt("image", "inspect", "base").returncode:
            self.docker("import", "--change", f"ENV PATH={_PATH}", str(base_archive()), "base")


@contextmanager
def docker_engine(directory: Path) -> Iterator[Engine]:
    """A dockerd with a data directory, a socket and a process of its own. It needs root."""
    daemon = require("dockerd", "apt-get install docker.io")
    require("docker", "apt-get install docker.io")
    if os.geteuid() != 0:
        missing("a Docker engine of our own needs root")
    # A socket's path may have 107 bytes at most, and pytest's folders are deep; what a killed engine has left mounted
    # would keep pytest from clearing them away ever after.
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as short:
        engine = Engine(directory, Path(short) / "d.sock")
        command = [str(daemon), "--data-root", f"{short}/data", "--exec-root", f"{short}/exec"]
        command += ["--pidfile", f"{short}/pid", "--host", f"unix://{engine.socket}"]
        # Containers get no network but the host's: its rules are left alone.
        command += ["--bridge", "none", "--iptables=false", "--ip6tables=false"]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(engine, process)
            yield engine
        finally:
            process.terminate()
            process.wait()
            # It leaves the network namespace mounted that its containers had.
            _unmount(Path(short))


def _unmount(*folders: Path) -> None:
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        place = Path(line.split()[1])
        if any(place.is_relative_to(folder) for folder in folders):
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def _wait(engine: Engine, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if engine.attempt("version").returncode == 0:
            return
        time.sleep(0.2)
    missing(f"no Docker engine can be run here: {(engine.directory / 'log').read_text()[-2000:]}")


def base_archive() -> Path:
    """The file system of a Debian with Python, as a tar archive in the cache."""
    recipe = hashlib.sha256(f"{_SUITE} {_PACKAGES}".encode())
    for file in (_AUTHORITIES, _PIP):
        recipe.update(file.read_bytes() if file.exists() else b"")
    archive = CACHE / f"base-{recipe.hexdigest()[:16]}.tar"
    if archive.exists():
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    with archive.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _make_base(archive)
    return archive


def _make_base(archive: Path) -> None:
    debootstrap = require("debootstrap", "apt-get install debootstrap")
    with tempfile.TemporaryDirectory(dir=CACHE) as aside:
        system, made = Path(aside) / "system", Path(aside) / "base.tar"
        system.mkdir(mode=0o755)
        _run(str(debootstrap), "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(system), mirror())
        for file in (_AUTHORITIES, _PIP):
            if file.exists():
                shutil.copyfile(file, system / file.relative_to("/"))
        shutil.rmtree(system / "var/cache/apt/archives")
        _run("tar", "--create", "--one-file-system", "--file", str(made), "--directory", str(system), ".")
        made.replace(archive)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def mirror(apt: Path = Path("/etc/apt")) -> str:
    """Where this machine's apt has Debian from; skips where it has it from nowhere."""
    files = [apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))]
    files += sorted(apt.glob("sources.list.d/*.sources"))
    told = "\n".join(each.read_text() for each in files if each.is_file())
    found = re.search(r"^(?:URIs:|deb(?: +\[[^]]*\])?) +(https?://\S+/debian)/?(?=\s|$)", told, re.MULTILINE)
    if found is None:
        missing("no mirror of Debian in /etc/apt: the base of the image cannot be made")
    return found[1]
