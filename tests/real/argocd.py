"""A real Argo CD beside a test cluster: its repository server and application controller, built from the go.mod that
pins them (ten minutes of processor time, once), and Debian's redis. No API server of its own: Applications are its API.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.real.gotools import TOOLS, go_tool
from tests.real.kube.api import Kube, Object, Refused
from tests.real.kube.cluster import Own
from tests.real.parts import require
from tests.real.registries import free_port

_GROUP = "/apis/argoproj.io/v1alpha1/namespaces"
_PART_OF = {"app.kubernetes.io/part-of": "argocd"}
_SECONDS = 90


@dataclass(frozen=True)
class ArgoCd:
    """A running Argo CD, whose Applications are in `namespace` and may go to `server`."""

    kube: Kube
    namespace: str
    server: str

    def create(self, name: str, source: Object, destination: str, **spec: Any) -> Object:
        """An Application of what a source has, brought to the namespace `destination`."""
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "project": "default",
                "source": source,
                "destination": {"server": self.server, "namespace": destination},
                **spec,
            },
        }
        return self.kube.request("POST", f"{_GROUP}/{self.namespace}/applications", body)

    def get(self, name: str) -> Object:
        return self.kube.request("GET", self._path(name))

    def change(self, name: str, change: Object, manager: str = "argocd-server") -> Object:
        """What somebody does by `argocd app set`, by its field manager."""
        kind = "application/merge-patch+json"
        return self.kube.request("PATCH", self._path(name), change, content_type=kind, fieldManager=manager)

    def sync(self, name: str, who: str = "ann") -> None:
        """Somebody asks for a sync, and it ends."""
        self.change(name, {"operation": {"sync": {}, "initiatedBy": {"username": who}}})
        self.until(name, lambda found: "operation" not in found and _phase(found) not in ("", "Running"))

    def refresh(self, name: str) -> None:
        """Have it look at the repository now."""
        self.change(name, {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})
        self.until(
            name,
            lambda found: "argocd.argoproj.io/refresh" not in (found["metadata"].get("annotations") or {}),
        )

    def until(self, name: str, true: Callable[[Object], bool]) -> Object:
        """Wait until this is true of an Application."""
        ends = time.monotonic() + _SECONDS
        while not true(found := self.get(name)):
            assert time.monotonic() < ends, yaml.safe_dump(found.get("status"))
            time.sleep(0.2)
        return found

    def remove(self, name: str) -> None:
        """Take an Application away, and leave what it brought."""
        self.kube.request("DELETE", self._path(name))

    def _path(self, name: str) -> str:
        return f"{_GROUP}/{self.namespace}/applications/{name}"


def is_synced(found: Object) -> bool:
    """Whether an Application is Synced and Healthy."""
    status = found.get("status") or {}
    return (status.get("sync") or {}).get("status") == "Synced" and (status.get("health") or {}).get(
        "status"
    ) == "Healthy"


def _phase(found: Object) -> str:
    return str(((found.get("status") or {}).get("operationState") or {}).get("phase", ""))


@contextmanager
def argo_cd(home: Path, cluster: Own, kube: Kube) -> Iterator[ArgoCd]:
    """Argo CD in a namespace of its own, ended afterwards; its CRDs stay."""
    redis = require("redis-server", "apt-get install redis-server")
    program = go_tool("argocd", "github.com/argoproj/argo-cd/v3/cmd", options=("-ldflags", "-s -w"))
    found = ArgoCd(kube, f"argocd-{secrets.token_hex(4)}", cluster.server)
    for part in ("repo-server", "application-controller"):
        (home / f"argocd-{part}").symlink_to(program)
    (home / "helm").symlink_to(go_tool("helm", "helm.sh/helm/v3/cmd/helm"))
    (home / "kustomize").symlink_to(go_tool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"))
    with ExitStack() as started:
        _prepare(kube, found.namespace, cluster)
        started.callback(kube.delete, "Namespace", "", found.namespace)
        for command in _commands(redis, home, found.namespace, cluster):
            started.enter_context(_running(command, home))
        yield found


def _commands(redis: Path, home: Path, namespace: str, cluster: Own) -> Iterator[list[str]]:
    cache, repositories = free_port(), free_port()
    metrics = [str(free_port()) for _ in range(2)]
    yield [str(redis), "--port", str(cache), "--save", "", "--bind", "127.0.0.1", "--dir", str(home)]
    where = ["--redis", f"127.0.0.1:{cache}"]
    server = [str(home / "argocd-repo-server"), *where, "--port", str(repositories), "--disable-tls"]
    yield [
        *server,
        "--address",
        "127.0.0.1",
        "--metrics-port",
        metrics[0],
        "--revision-cache-expiration",
        "1s",
    ]
    controller = [str(home / "argocd-application-controller"), *where, "--metrics-port", metrics[1]]
    controller += ["--kubeconfig", str(cluster.kubeconfig), "--namespace", namespace]
    yield [*controller, "--repo-server", f"127.0.0.1:{repositories}", "--repo-server-plaintext"]


def _prepare(kube: Kube, namespace: str, cluster: Own) -> None:
    for file in sorted((_module() / "manifests" / "crds").glob("*-crd.yaml")):
        _put(kube, yaml.safe_load(file.read_text()))
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    _until_known(kube, namespace)
    own = {"timeout.reconciliation": "5s", "timeout.reconciliation.jitter": "0s"}
    for name, data in (("argocd-cm", own), ("argocd-cmd-params-cm", {})):
        meta = {"name": name, "namespace": namespace, "labels": _PART_OF}
        kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
    meta = {"name": "argocd-secret", "namespace": namespace, "labels": _PART_OF}
    kube.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta})
    kube.create(_cluster_secret(namespace, cluster))
    everything = [{"group": "*", "kind": "*"}]
    spec = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": everything,
    }
    meta = {"name": "default", "namespace": namespace}
    project = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": meta, "spec": spec}
    kube.request("POST", f"{_GROUP}/{namespace}/appprojects", project)


def _until_known(kube: Kube, namespace: str) -> None:
    """Until the API server has the new kinds, a moment after their definitions."""
    for _ in range(100):
        try:
            kube.request("GET", f"{_GROUP}/{namespace}/appprojects")
        except (Refused, ValueError):  # a group that is not there yet is no JSON
            time.sleep(0.1)
        else:
            return


def _cluster_secret(namespace: str, cluster: Own) -> Object:
    said = yaml.safe_load(cluster.kubeconfig.read_text())
    server, user = said["clusters"][0]["cluster"], said["users"][0]["user"]
    tls = {
        "caData": _data(server, "certificate-authority"),
        "certData": _data(user, "client-certificate"),
        "keyData": _data(user, "client-key"),
    }
    labels = {"argocd.argoproj.io/secret-type": "cluster"}
    meta = {"name": "cluster", "namespace": namespace, "labels": labels}
    told = {"name": cluster.context, "server": cluster.server, "config": json.dumps({"tlsClientConfig": tls})}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": told}


def _data(entry: Object, name: str) -> str:
    """What a kubeconfig has in itself, or in a file."""
    own = entry.get(f"{name}-data")
    return str(own) if own else base64.b64encode(Path(entry[name]).read_bytes()).decode()


def _put(kube: Kube, manifest: Object) -> None:
    kube.apply(manifest, "tests", force=True)


def _module() -> Path:
    found = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/argoproj/argo-cd/v3"],
        cwd=TOOLS / "argocd",
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(found.stdout.strip())


@contextmanager
def _running(command: list[str], home: Path) -> Iterator[None]:
    environment = os.environ | {
        "PATH": f"{home}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_RECONCILIATION_TIMEOUT": "5s",
        "ARGOCD_RECONCILIATION_JITTER": "0s",
    }
    with (home / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
