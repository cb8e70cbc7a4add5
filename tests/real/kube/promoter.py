"""The promoter in a cluster, as `manifests/` has it: its rights, its volume, its Jobs; and a site for it to work at.

Namespaces get names of the test's own. The volume is a folder of this machine, so the ledger can be read from
outside. Pods reach the machine's registry, which is on loopback alone, through a forwarder beside the promoter.
"""

from __future__ import annotations

import copy
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.real.engine import ROOT
from tests.real.kube.api import Kube, Object
from tests.real.kube.cluster import Own

MANIFESTS = ROOT / "manifests"
USER = 10001
_SECONDS = 180

_FORWARD = """
import asyncio, os, signal

async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()

async def serve(reader, writer):
    there, back = await asyncio.open_connection(os.environ["HOST"], int(os.environ["PORT"]))
    await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()

# The first process of a container is not ended by a signal that it does not handle.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
asyncio.run(main())
"""


def documents(name: str) -> list[Object]:
    """The objects of a file of `manifests/`."""
    return [each for each in yaml.safe_load_all((MANIFESTS / name).read_text()) if each is not None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a Job of the promoter ended: the program's exit code, what it printed, and what its pod's status says."""

    code: int
    output: str
    message: str


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Where the promoter runs, where the application does, and where checks do."""

    home: str
    application: str
    checks: str

    def renamed(self, manifest: Object) -> Object:
        """An object of `manifests/` with these namespaces in place of those that are written there."""
        names = {"ldmrelease": self.home, "prompt": self.application, "ldmrelease-checks": self.checks}
        made = copy.deepcopy(manifest)
        meta = made["metadata"]
        if made["kind"] == "Namespace":
            meta["name"] = names[meta["name"]]
        elif meta.get("namespace") in names:
            meta["namespace"] = names[meta["namespace"]]
        else:
            # Another test may bind the same name there.
            meta["name"] = f"{meta['name']}-{self.home}"
            if "roleRef" in made:
                made["roleRef"]["name"] = f"{made['roleRef']['name']}-{self.home}"
        for subject in made.get("subjects", ()):
            subject["namespace"] = names[subject["namespace"]]
        return made


@dataclass(frozen=True, slots=True)
class Promoter:
    """The promoter in its cluster. `image` is by digest; `volume` is the folder that its volume is on."""

    cluster: Own
    kube: Kube
    namespaces: Namespaces
    image: str
    volume: Path

    @property
    def user(self) -> str:
        """Its name in audit logs."""
        return f"system:serviceaccount:{self.namespaces.home}:ldmrelease"

    @property
    def home(self) -> str:
        return self.namespaces.home

    @property
    def rights(self) -> list[Object]:
        """What it is given: rbac.yaml, and the nodes of rbac-options.yaml."""
        optional = [each for each in documents("rbac-options.yaml") if each["kind"].startswith("ClusterRole")]
        return [self.namespaces.renamed(each) for each in (*documents("rbac.yaml"), *optional)]

    def install(self, workspace: Path) -> None:
        """Its rights, its volume, its workspace and its keys, as docs/in-cluster.md says."""
        for manifest in self.rights:
            # The test made the namespaces; their labels are put on.
            self.kube.apply(manifest, "tests", force=True)
        self._bind_volume()
        names = ("ldmrelease.yaml", "trust.yaml", "trust.signatures.json")
        files = {name: (workspace / name).read_text() for name in names}
        self._config_map("ldmrelease-workspace", files)
        self._config_map("ldmrelease-policies", _texts(workspace / "policies"))
        self.kube.create(
            _named("Secret", self.home, "ldmrelease-keys") | {"stringData": _texts(workspace / "keys")}
        )

    def bring_ledger(self, export: str) -> None:
        """Import a ledger into the volume, by a Job."""
        self._config_map("ldmrelease-seed", {"ledger.jsonl": export})
        done = self.run("ledger", "import", "/seed/ledger.jsonl", seed="ldmrelease-seed")
        assert done.code == 0, done

    def run(self, *words: str, seed: str | None = None) -> Ended:
        """`ldmrelease WORDS` as the Job of `manifests/promote-job.yaml`, to its end."""
        name: str = self.kube.create(self._job(words, seed))["metadata"]["name"]
        job = self.kube.until("Job", self.home, name, _has_ended, seconds=_SECONDS)
        labels = f"batch.kubernetes.io/job-name={name}"
        pod = self.kube.list("Pod", self.home, labelSelector=labels)[0]
        state = _terminated(pod, "containerStatuses", "ldmrelease")
        assert state is not None, (job["status"], pod["status"])
        output = self.log(pod["metadata"]["name"])
        return Ended(state["exitCode"], output, state.get("message", ""))

    def log(self, pod: str) -> str:
        """What the promoter printed."""
        arguments = ["logs", "-n", self.home, pod, "-c", "ldmrelease"]
        place = ["--kubeconfig", str(self.cluster.kubeconfig)]
        return subprocess.run(
            ["kubectl", *place, *arguments], capture_output=True, text=True, check=True
        ).stdout

    def _job(self, words: Sequence[str], seed: str | None) -> Object:
        (job,) = documents("promote-job.yaml")
        job = self.namespaces.renamed(job)
        pod: dict[str, Any] = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        for each in (container, *pod["initContainers"]):
            each["image"] = self.image
        container["args"] = list(words)
        pod["initContainers"].append(self._forwarder(container))
        if seed is not None:
            pod["volumes"].append({"name": "seed", "configMap": {"name": seed}})
            container["volumeMounts"].append({"name": "seed", "mountPath": "/seed", "readOnly": True})
        return job

    def _forwarder(self, container: Object) -> Object:
        """A sidecar that answers where the machine's registry does: pods share their loopback."""
        host, port = bridge(self.cluster), self.cluster.registry.address.rpartition(":")[2]
        return {
            "name": "registry",
            "image": self.image,
            "command": ["python", "-c", _FORWARD],
            "env": [{"name": "HOST", "value": host}, {"name": "PORT", "value": port}],
            "restartPolicy": "Always",
            "securityContext": container["securityContext"],
            "startupProbe": {
                "exec": {
                    "command": [
                        "python",
                        "-c",
                        f"import socket; socket.create_connection(('127.0.0.1', {port}))",
                    ]
                },
                "periodSeconds": 1,
            },
        }

    def _bind_volume(self) -> None:
        (claim,) = documents("volume.yaml")
        claim = self.namespaces.renamed(claim)
        reference = {"namespace": self.home, "name": claim["metadata"]["name"]}
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": self.home},
            "spec": {
                "accessModes": claim["spec"]["accessModes"],
                "capacity": claim["spec"]["resources"]["requests"],
                "hostPath": {"path": str(self.volume)},
                "claimRef": reference,
            },
        }
        os.chown(self.volume, USER, USER)
        self.kube.create(volume)
        self.kube.create(claim)

    def _config_map(self, name: str, data: Mapping[str, str]) -> None:
        self.kube.create(_named("ConfigMap", self.home, name) | {"data": dict(data)})

    def remove(self) -> None:
        """What is not in one of its namespaces."""
        self.kube.delete("PersistentVolume", "", self.home)
        for kind in ("RoleBinding", "Role"):
            self.kube.delete(kind, "kube-system", f"ldmrelease-cluster-uid-{self.home}")
            self.kube.delete(f"Cluster{kind}", "", f"ldmrelease-nodes-{self.home}")


def bridge(cluster: Own) -> str:
    """This machine's address on the cluster's network."""
    return f"10.244.{cluster.index}.1"


@contextmanager
def forwarded(cluster: Own) -> Iterator[None]:
    """The cluster's registry answers on the cluster's network, too."""
    address, port = bridge(cluster), cluster.registry.address.rpartition(":")[2]
    listen = f"TCP-LISTEN:{port},bind={address},fork,reuseaddr"
    process = subprocess.Popen(["socat", listen, f"TCP:127.0.0.1:{port}"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _texts(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted(folder.iterdir()) if each.is_file()}


def _named(kind: str, namespace: str, name: str) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"namespace": namespace, "name": name}}


def _has_ended(job: Object) -> bool:
    conditions = job.get("status", {}).get("conditions", ())
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def _terminated(pod: Object, statuses: str, name: str) -> Object | None:
    for each in pod["status"].get(statuses, ()):
        if each["name"] == name:
            found: Object | None = each["state"].get("terminated")
            return found
    return None
