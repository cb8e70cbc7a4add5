"""Real registries on loopback, each with a free port and a directory of its own, ended by their process."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions, Repository
from tests.real.gotools import go_tool
from tests.real.parts import require

_START_SECONDS = 20


@dataclass(frozen=True)
class RunningRegistry:
    """`address` is host:port; `directory` is where it keeps its data."""

    address: str
    directory: Path

    def open(self, path: str, options: RegistryOptions | None = None) -> Repository:
        """A repository of this registry, with connections and knowledge of its own."""
        return Registries(self.directory, options).open(parse_reference(f"{self.address}/{path}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def docker_registry(
    directory: Path, auth: dict[str, object] | None = None, address: str | None = None
) -> Iterator[RunningRegistry]:
    """Debian's docker-registry: it has no referrers API, and mounts. It is at a free port, or at the address."""
    program = require("docker-registry", "apt-get install docker-registry")
    address = address or f"127.0.0.1:{free_port()}"
    config = write_docker_config(directory, address, auth)
    with _running([str(program), "serve", str(config)], address, directory):
        yield RunningRegistry(address, directory)


def write_docker_config(directory: Path, address: str, auth: dict[str, object] | None = None) -> Path:
    """A configuration of docker-registry that keeps its data in the directory; returns the file."""
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "cache": {"blobdescriptor": "inmemory"},
            "filesystem": {"rootdirectory": str(directory / "data")},
            "delete": {"enabled": True},
        },
        "http": {"addr": address},
    }
    if auth is not None:
        config["auth"] = auth
    file = directory / "config.yml"
    file.write_text(yaml.safe_dump(config))
    return file


@contextmanager
def referrers_registry(directory: Path) -> Iterator[RunningRegistry]:
    """go-containerregistry's, with the referrers API; it does not mount."""
    program = go_tool("refregistry", ".", Path(__file__).parent / "refregistry")
    address = f"127.0.0.1:{free_port()}"
    with _running([str(program), address, str(directory)], address, directory):
        yield RunningRegistry(address, directory)


@contextmanager
def _running(command: Sequence[str], address: str, directory: Path) -> Iterator[None]:
    log = directory / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        wait_for_registry(address, is_up=lambda: process.poll() is None, said=log.read_text)
        yield
    finally:
        process.terminate()
        process.wait()


def wait_for_registry(address: str, is_up: Callable[[], bool], said: Callable[[], str]) -> None:
    """Until it answers; a RuntimeError with what it `said` when it is not up any more, or takes too long."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and is_up():
        try:
            with urllib.request.urlopen(f"http://{address}/v2/", timeout=1):
                return
        except urllib.error.HTTPError:
            return  # it wants credentials, so it is there
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the registry did not start: {said()[-2000:]}")
