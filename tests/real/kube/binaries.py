"""The Kubernetes binaries that go.mod pins, built once into the user's cache: six minutes cold on two cores."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.real.gotools import CACHE, NO_DEBUGGING

_HERE = Path(__file__).parent
_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")


class BuildFailed(Exception):
    """What the Go tool said."""


def kube_binaries() -> Path:
    """The directory with the binaries, built if it is not there; raises BuildFailed.

    Processes that ask at the same time wait for the one that builds.
    """
    pins = hashlib.sha256((_HERE / "go.mod").read_bytes() + (_HERE / "go.sum").read_bytes())
    directory = CACHE / f"kube-{pins.hexdigest()[:16]}"
    if not directory.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with directory.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not directory.exists():
                _build(directory)
    return directory


def _build(directory: Path) -> None:
    # Built aside and moved, so that nobody takes half of them for all.
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as aside:
        made = Path(aside) / "bin"
        made.mkdir()
        _go("build", "-buildvcs=false", *NO_DEBUGGING, "-ldflags", _linked(), "-o", f"{made}/", *_packages())
        made.rename(directory)


def _packages() -> list[str]:
    return [f"k8s.io/kubernetes/cmd/{program}" for program in _PROGRAMS]


def _linked() -> str:
    # Without its version the API server says v0.0.0-master, and clients that look at it are led astray.
    version = _go("list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes").strip()
    values = {"gitVersion": version, "gitMajor": "1", "gitMinor": version.split(".")[1]}
    settings = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items()]
    return " ".join(["-s", "-w", *settings])


def _go(*arguments: str) -> str:
    done = subprocess.run(
        [shutil.which("go") or "go", *arguments],
        cwd=_HERE,
        env=os.environ | {"CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"go {arguments[0]} failed: {done.stderr[-2000:]}")
    return done.stdout
