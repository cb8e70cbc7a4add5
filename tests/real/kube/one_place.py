"""One place of a whole workspace runs in a cluster, in a namespace of its own: what a promotion does there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from typer.testing import Result

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.receipts import StoredReceipt, receipts_at
from tests.real.kube import objects
from tests.real.kube.api import Kube, Object
from tests.real.kube.given import Cluster
from tests.real.kube.images import SCRIPTS, Pushed, push_image
from tests.real.kube.target_site import CREATOR, create
from tests.workspace import PLACE, WEEKLY, Site, agree_workspace, new_site

OLD, NEW = "al9-w_2023_15", "al9-w_2023_16"
"""The tags of what runs at first, and of the weekly."""

DIRECTLY: Mapping[str, Any] = {"kubernetes": {"take-over": [CREATOR]}}
"""The target of workloads that we write ourselves."""

COMPONENT = "stack/scipipe"
_READY = f"touch /tmp/ready\n{SCRIPTS['sleep']}"
"""What ran before passes `objects.READY_FILE_PROBE`; the weekly does not, if it only sleeps."""


@dataclass(slots=True)
class OnePlace:
    """The place `usdfdev/batch`, whose workloads are in `namespace`."""

    site: Site
    kube: Kube
    cluster: Cluster
    namespace: str
    old: Pushed

    def push_weekly(self, script: str = "sleep", **env: str) -> Pushed:
        """The weekly is built, and does this."""
        return push_image(
            self.cluster.registry,
            f"{self.namespace}/scipipe",
            NEW,
            seed=self.namespace + NEW,
            script=script,
            env=env,
        )

    def pod(self, **fields: Any) -> Object:
        """A pod of one container, which runs what ran before; `fields` are the container's."""
        return objects.pod_spec([objects.container("main", self.old.by_tag, **fields)])

    def deploy(self, manifest: Object, *, rolled: bool = True) -> Object:
        """Somebody makes a workload by hand; `rolled` waits until it runs."""
        create(self.kube, manifest)
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if rolled:
            true = objects.ready if kind == "Pod" else objects.rolled_out
            self.kube.until(kind, self.namespace, name, true)
        return manifest

    def select(
        self,
        *selections: str | Mapping[str, Any],
        target: Mapping[str, Any] | None = DIRECTLY,
        deadline: str = "40s",
        patience: str = "5s",
    ) -> None:
        """Say which workloads run the place: `Deployment/app`, whose container `main` runs it, or more in full.

        target: how it is written; None leaves the values file.
        """
        chosen = [_selection(each) if isinstance(each, str) else dict(each) for each in selections]
        workloads = {
            "namespace": self.namespace,
            "select": chosen,
            "deadline": deadline,
            "patience": patience,
        }
        self.configure(
            {"workloads": workloads, "observe": "pods"} | ({"target": dict(target)} if target else {})
        )

    def configure(self, change: Mapping[str, Any], **environment: Any) -> None:
        """Change the place in the workspace's file, and its environment."""
        self.edit(lambda said: _place(said).update(change))
        self.edit(lambda said: said["environments"]["usdfdev"].update(environment))

    def edit(self, change: Any) -> None:
        """Change the workspace's file as a mapping."""
        file = self.site.root / "ldmrelease.yaml"
        said = yaml.safe_load(file.read_text())
        change(said)
        file.write_text(yaml.safe_dump(said, sort_keys=False))
        agree_workspace(self.site.root)

    def promote(self, code: ExitCode = ExitCode.OK) -> Result:
        """Promote the weekly to the place; it ends with this exit code."""
        return self.run("promote", WEEKLY, "--target", PLACE, code=code)

    def run(self, *words: str, code: ExitCode = ExitCode.OK) -> Result:
        """Run a command, which ends with this exit code."""
        done = self.site.run(*words)
        assert done.exit_code == code, f"exit {done.exit_code}\n{done.output}"
        return done

    def receipts(self) -> list[StoredReceipt]:
        """The receipts of the place."""
        context = self.site.context()
        with context.ledger:
            return list(receipts_at(context, Place.parse(PLACE)))

    def show(self) -> dict[str, Any]:
        """The newest promotion in full."""
        rows = json.loads(self.site.ok("promotions", "list", "-o", "json"))
        found: dict[str, Any] = json.loads(
            self.site.ok("promotions", "show", rows[-1]["promotion"], "-o", "json")
        )
        return found

    def where(self) -> list[dict[str, Any]]:
        """What `where` says of the place."""
        rows: list[dict[str, Any]] = json.loads(self.site.ok("where", PLACE, "-o", "json"))
        return rows

    def get(self, kind: str, name: str = "app") -> Object:
        return self.kube.get(kind, self.namespace, name)

    def pods(self) -> list[Object]:
        """The pods that are there and are not being deleted."""
        found = self.kube.list("Pod", self.namespace)
        return [each for each in found if "deletionTimestamp" not in each["metadata"]]

    def images(self) -> set[str]:
        """The images that the containers of live pods were given, by their specifications."""
        return {each["image"] for pod in self.pods() for each in pod["spec"]["containers"]}


def one_place(root: Path, cluster: Cluster, kube: Kube, namespace: str) -> OnePlace:
    """A new workspace; nothing is deployed yet, and the weekly is not built."""
    site = new_site(root)
    site.release_weekly()
    old = push_image(cluster.registry, f"{namespace}/scipipe", OLD, seed=namespace + OLD, script=_READY)
    found = OnePlace(site, kube, cluster, namespace, old)
    found.configure({}, context=cluster.context, kubeconfig=str(cluster.kubeconfig))
    found.edit(lambda said: _scipipe(said).update(image=old.repository))
    site.commit_by_hand(PLACE, "repository: images/scipipe", f"repository: {old.repository}")
    return found


def _place(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = said["environments"]["usdfdev"]["applications"]["batch"]
    return found


def _scipipe(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = said["products"]["stack"]["components"]["scipipe"]
    return found


def _selection(workload: str) -> dict[str, Any]:
    kind, name = workload.split("/")
    return chosen(kind, name, ["main"])


def chosen(kind: str, name: str, containers: Sequence[str]) -> dict[str, Any]:
    """A selection whose containers all run the stack's image."""
    return {"kind": kind, "name": name, "containers": dict.fromkeys(containers, COMPONENT)}
