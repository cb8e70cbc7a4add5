"""A Kubernetes cluster of our own on this machine: brought up, ended, and its API server disturbed.

By hand: `python -m tests.real.kube.cluster up|down DIR INDEX`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.kube.binaries import kube_binaries
from tests.real.kube.images import pause_archive
from tests.real.registries import RunningRegistry, write_docker_config

SCRIPT = Path(__file__).with_name("cluster.sh")
_PROCESSES = ("registry", "etcd", "apiserver", "kcm", "sched", "forward", "containerd", "kubelet")


class NoCluster(Exception):
    """The cluster did not come up; says what its script said."""


@dataclass(frozen=True, slots=True)
class Own:
    """A cluster that cluster.sh runs in `directory`; `index` (0-9) tells it from others on this machine."""

    directory: Path
    index: int

    @property
    def context(self) -> str:
        return f"ldm{self.index}"

    @property
    def kubeconfig(self) -> Path:
        """The cluster administrator's."""
        return self.directory / "admin.kubeconfig"

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{6443 + self.index * 100}"

    @property
    def registry(self) -> RunningRegistry:
        """Debian's docker-registry; the kubelet pulls from it by this address."""
        return RunningRegistry(f"127.0.0.1:{5000 + self.index}", self.directory / "registry")

    @property
    def audit_log(self) -> Path:
        return self.directory / "audit.log"

    @property
    def services(self) -> bool:
        """Whether kube-proxy runs, so that Services answer: in one cluster of a machine at most."""
        return self._lives("proxy")

    @property
    def healthy(self) -> bool:
        """Whether it came up whole and all its processes live."""
        return (self.directory / "ready").exists() and all(self._lives(each) for each in _PROCESSES)

    def up(self, *, kube_proxy: bool = False) -> None:
        """Bring it up anew, ending first what an earlier run may have left; raises NoCluster, BuildFailed."""
        binaries = kube_binaries()
        self.down()
        registry = self.directory / "registry"
        registry.mkdir(parents=True)
        (self.directory / "pause.tar").write_bytes(pause_archive())
        (self.directory / "cluster.json").write_text(json.dumps({"index": self.index}))
        write_docker_config(registry, self.registry.address)
        proxy = {"KUBE_PROXY": "1"} if kube_proxy and not other_kube_proxy() else {}
        self._script("up", KUBE_BIN=str(binaries), **proxy)

    def down(self) -> None:
        """End it and delete what it knew; nothing happens where nothing is."""
        if self.directory.exists():
            self._script("down")
            shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def without_api_server(self) -> Iterator[None]:
        """The API server killed; afterwards it is back and ready. Connections are refused meanwhile."""
        self._script("kill", "apiserver")
        try:
            yield
        finally:
            self.start_api_server()

    @contextmanager
    def hanging_api_server(self) -> Iterator[None]:
        """The API server stopped: it accepts connections and says nothing."""
        self._script("pause", "apiserver")
        try:
            yield
        finally:
            self._script("continue", "apiserver")

    def start_api_server(self) -> None:
        """Start it again after it was killed, and wait until it is ready; so is what ended without it."""
        binaries = str(kube_binaries())
        self._script("start", "apiserver", KUBE_BIN=binaries)
        # Controllers that had not come up yet give up when they lose their API server.
        for part in ("kcm", "sched"):
            if not self._lives(part):
                self._script("start", part, KUBE_BIN=binaries)

    def _script(self, command: str, part: str = "", **environment: str) -> None:
        done = subprocess.run(
            [str(SCRIPT), command, str(self.directory), str(self.index), part],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NoCluster(
                f"{command} {part} of {self.context} failed: {done.stderr[-2000:] or done.stdout[-2000:]}"
            )

    def _lives(self, process: str) -> bool:
        return lives(self.directory / f"{process}.pid")


def lives(pid_file: Path) -> bool:
    """Whether the process lives whose id and start time are in the file."""
    try:
        pid, since = pid_file.read_text().split()
        state = _state(int(pid))
    except (OSError, ValueError):
        return False
    return state[19] == since and state[0] != "Z"


def identified(pid: int) -> str:
    """What a pid file holds: the id of a process and the time it started, since ids come again."""
    return f"{pid} {_state(pid)[19]}\n"


def _state(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def load(directory: Path) -> Own:
    """The cluster that was brought up in this directory."""
    return Own(directory, json.loads((directory / "cluster.json").read_text())["index"])


def other_kube_proxy() -> bool:
    """Whether a kube-proxy runs on this machine already: a second one would undo its rules."""
    return any(_name(process) == "kube-proxy" for process in Path("/proc").glob("[0-9]*"))


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


def _main(command: str, directory: str, index: str) -> None:
    cluster = Own(Path(directory).absolute(), int(index))
    if command == "down":
        cluster.down()
    else:
        cluster.up(kube_proxy=bool(os.environ.get("KUBE_PROXY")))
        print(
            f"kubeconfig {cluster.kubeconfig}, context {cluster.context}, registry {cluster.registry.address}"
        )


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("up", "down"):
        sys.exit("usage: [KUBE_PROXY=1] python -m tests.real.kube.cluster up|down DIR INDEX")
    _main(*sys.argv[1:])
