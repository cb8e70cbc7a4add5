"""A workspace with one environment, `stand`, in one cluster: small, made in no time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.real.kube.api import Object
from tests.workspace import Site, agree_workspace


def application(namespace: str, kinds: Sequence[str]) -> Object:
    """An application of a workload of each kind, named like the kind, whose container `main` runs the service."""
    selected = [
        {"kind": kind, "name": kind.lower(), "containers": {"main": "prompt/service"}} for kind in kinds
    ]
    return {
        "runs": ["prompt/service"],
        "workloads": {"namespace": namespace, "select": selected, "deadline": "60s", "patience": "5s"},
        "target": {"kubernetes": {"take-over": ["tests"]}},
    }


def make_stand(
    root: Path,
    registry: str,
    applications: Mapping[str, Object],
    cluster: Mapping[str, str],
    *,
    checks: str,
    level: str = "development",
) -> Site:
    """The workspace in a new folder.

    registry: where its images and release artifacts are, as host:port/path. cluster: `context`, and `kubeconfig`
    where there is one. checks: the namespace of check Jobs.
    """
    Site(root.parent).ok("init", str(root))
    smoke = {
        "kind": "job",
        "image": "prompt/service",
        "command": ["sh", "-c", "echo ok 1 - answers"],
        "tests": ["answers"],
        "namespace": checks,
        "deadline": "60s",
    }
    service = {"service": {"image": f"{registry}/service"}}
    _change(
        root / "ldmrelease.yaml",
        releases=f"{registry}/releases",
        products={"prompt": {"grammar": "semver", "default": True, "components": service}},
        checks={"smoke": smoke},
        environments={"stand": {"level": level, **cluster, "applications": dict(applications)}},
    )
    _change(root / "trust.yaml", environments={"stand": level})
    agree_workspace(root)
    made = Site(root)
    made.ok("workspace", "lint")
    return made


def _change(file: Path, **entries: object) -> None:
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | entries))
