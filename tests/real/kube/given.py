"""Which clusters there are for tests: our own, those kept up by hand, or those of a kubeconfig."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.real.kube.binaries import BuildFailed
from tests.real.kube.cluster import NoCluster, Own, load
from tests.real.kube.shared import joined
from tests.real.parts import missing
from tests.real.registries import RunningRegistry

_RUNNING = "LDMRELEASE_TEST_CLUSTERS"
_KUBECONFIG = "LDMRELEASE_TEST_KUBECONFIG"
_REGISTRY = "LDMRELEASE_TEST_REGISTRY"

_GO = (1, 24)
# What of Debian's package stands for the package.
_PACKAGES = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "socat": "socat",
    "openssl": "openssl",
    "curl": "curl",
    "flock": "util-linux",
    "sysctl": "procps",
    "docker-registry": "docker-registry",
    "/bin/busybox": "busybox-static",
}


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A cluster of somebody's kubeconfig. Its nodes pull from the registry that the environment names."""

    kubeconfig: Path
    context: str

    @property
    def registry(self) -> RunningRegistry:
        """Skips where none is named."""
        address = os.environ.get(_REGISTRY)
        if not address:
            missing(f"{_REGISTRY} names no registry (host:port) that the nodes of {self.context} pull from")
        return RunningRegistry(address, self.kubeconfig.parent)


Cluster = Own | Borrowed


@contextmanager
def given(index: int, *, kube_proxy: bool = False) -> Iterator[Cluster]:
    """The cluster with this number; skips, saying what is missing, where there is none."""
    running = _running(index)
    lacking = [] if running else lacking_parts()
    if running:
        yield running
    elif not lacking:
        with _own(index, kube_proxy=kube_proxy) as own:
            yield own
    else:
        yield _borrowed(index, lacking)


def lacking_parts() -> list[str]:
    """What a cluster of our own needs and this machine does not have."""
    if sys.platform != "linux":
        return ["Linux"]
    packages = {package for part, package in _PACKAGES.items() if shutil.which(part) is None}
    lacking = [f"Debian's {' '.join(sorted(packages))}"] if packages else []
    if os.geteuid() != 0:
        lacking.append("root")
    if _go_version() < _GO:
        lacking.append(f"Go >= {_GO[0]}.{_GO[1]}")
    return lacking


@contextmanager
def _own(index: int, *, kube_proxy: bool) -> Iterator[Own]:
    cluster = joined(index, kube_proxy=kube_proxy)
    try:
        own = cluster.__enter__()
    except (NoCluster, BuildFailed) as failure:
        pytest.fail(f"no cluster {index}: {failure}")
    try:
        yield own
    finally:
        cluster.__exit__(None, None, None)


def _running(index: int) -> Own | None:
    place = os.environ.get(_RUNNING)
    directory = Path(place or "/nonexistent") / f"c{index}"
    return load(directory) if place and directory.exists() else None


def _borrowed(index: int, lacking: list[str]) -> Borrowed:
    place = os.environ.get(_KUBECONFIG)
    if not place:
        missing(
            f"Kubernetes: missing {', '.join(lacking)}; or set {_KUBECONFIG} to a kubeconfig of test clusters"
        )
    contexts = [each["name"] for each in yaml.safe_load(Path(place).read_text())["contexts"]]
    if index >= len(contexts):
        missing(f"{place} has {len(contexts)} contexts; this test needs {index + 1} clusters")
    return Borrowed(Path(place), contexts[index])


def _go_version() -> tuple[int, ...]:
    go = shutil.which("go")
    if go is None:
        return (0,)
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))
