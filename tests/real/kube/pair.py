"""The smallest promotion that has two clusters: base in one, then the summit, with a registry of its own, in the other.

One pod at each place, one smoke test, no soak; so it takes seconds, and can be done again and again in the same
namespaces, each time from the same beginning.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ldmrelease.checks.job.templates import SERVICE_ACCOUNT
from ldmrelease.config.policies.load import load_levels
from ldmrelease.config.workspace.model import FILE
from ldmrelease.demo import artifacts, demo_cluster
from ldmrelease.demo.image_program import program
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.times import spell
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions
from ldmrelease.registry.sample import put_sample_index
from tests.real.kube import objects
from tests.real.kube.api import Kube, Object, Refused, path_of
from tests.real.kube.given import Cluster
from tests.real.kube.site import BASE, SUMMIT
from tests.workspace import BEGIN, WEEKLY, Site, agree_workspace

PLACES = (BASE, SUMMIT)
LEVEL = "commissioning"
CREATOR = "kubectl-create"
"""The field manager of whoever made the Deployments; the workspace lets us take its fields over."""

_POLICY = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: commissioning, version: 1, source: "LDM-564 2.2.1, without its soak"}
spec:
  accepts: [weekly]
  # It is measured, so nodes fetch the image beforehand.
  availability: 8h
  enter:
    - {id: images, rule: images, platforms: [linux/amd64], source: "LDM-564 2.1"}
  confirm:
    - {id: smoke, rule: check, check: smoke, about: release, where: here, max-age: 24h, source: "LDM-564 2.2.1"}
  environments:
    summit:
      enter:
        - {id: base-first, rule: after, environment: base, source: "LDM-564 2.2"}
"""


class PairSite(Site):
    """A workspace with the two places."""


@dataclass(frozen=True)
class Pair:
    """Namespaces in two clusters, kept for any number of promotions. `names` are the Deployments of each place."""

    first: Cluster
    second: Cluster
    own: str
    names: tuple[str, ...] = ("ocps",)

    @property
    def kubes(self) -> dict[str, Kube]:
        """The way into the cluster of each place, as its administrator."""
        return {
            place: Kube(cluster.kubeconfig, cluster.context, agent=self.own)
            for place, cluster in self.clusters.items()
        }

    @property
    def clusters(self) -> dict[str, Cluster]:
        return {BASE: self.first, SUMMIT: self.second}

    def namespace(self, place: str) -> str:
        return f"{place.replace('/', '-')}-{self.own}"

    @property
    def checks(self) -> str:
        """The namespace of check Jobs, in both clusters."""
        return f"checks-{self.own}"

    @property
    def before(self) -> str:
        """The image that runs before, which every node has."""
        return f"{self.first.registry.address}/{self.own}/before:1"

    def up(self) -> None:
        """Make the namespaces and the image that runs before."""
        target = self.first.registry.open(f"{self.own}/before")
        put_sample_index(target, "1", seed=f"{self.own}:before", program=program)
        for place, kube in self.kubes.items():
            for name in (self.namespace(place), self.checks):
                kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
                kube.until("ServiceAccount", name, "default", bool)
            kube.create(_object("v1", "ServiceAccount", self.checks, SERVICE_ACCOUNT))

    def down(self) -> None:
        """Delete the namespaces; the clusters take their time, and nobody waits for it."""
        for place, kube in self.kubes.items():
            for name in (self.namespace(place), self.checks):
                with suppress(Refused):
                    kube.delete("Namespace", "", name)

    def reset(self, *, settled: bool = True) -> None:
        """What was there before any promotion: the old image; no fence, Job or pod of anybody.

        settled: wait until the old image runs; else pods may still be on their way.
        """
        for place, kube in self.kubes.items():
            namespace = self.namespace(place)
            for kind in ("Deployment", "ConfigMap", "Pod"):
                kube.request("DELETE", path_of(kind, namespace), propagationPolicy="Background")
            kube.request("DELETE", path_of("Job", self.checks), propagationPolicy="Background")
            for name in self.names:
                kube.request(
                    "POST",
                    path_of("Deployment", namespace),
                    self.deployment(place, name),
                    fieldManager=CREATOR,
                )
        if settled:
            for place, kube in self.kubes.items():
                for name in self.names:
                    kube.until("Deployment", self.namespace(place), name, objects.rolled_out)

    def deployment(self, place: str, name: str) -> Object:
        """A Deployment as it was before."""
        worker = objects.container("worker", self.before, env={"SITE": place})
        pod = objects.pod_spec([worker], terminationGracePeriodSeconds=0)
        return objects.deployment(self.namespace(place), name, pod)

    def site(
        self,
        root: Path,
        *,
        label: str = "",
        access: Callable[[str, ClusterAccess], ClusterAccess] | None = None,
    ) -> PairSite:
        """A new workspace for these namespaces, with images under names of its own; the weekly is built.

        label: tells its image repositories from those of another workspace. access: from a place and the
        administrator's access to the access that the workspace names.
        """
        prefix = f"{self.own}/{label or secrets.token_hex(3)}"
        administrators = {
            place: ClusterAccess(cluster.context, str(cluster.kubeconfig))
            for place, cluster in self.clusters.items()
        }
        named = {place: access(place, each) if access else each for place, each in administrators.items()}
        where = demo_cluster.DemoClusters(
            test_systems=named[BASE],
            summit=named[SUMMIT],
            registry=f"{self.first.registry.address}/{prefix}",
            site_registry=f"{self.second.registry.address}/{prefix}",
            insecure=True,
        )
        demo_cluster.write_workspace(root, where)
        site = PairSite(root)
        self._write(root)
        push_weekly(site, self.own)
        site.clock(BEGIN)
        return site

    def _write(self, root: Path) -> None:
        rewrite(root / FILE, self._workspace)
        (root / "policies" / f"{LEVEL}.yaml").write_text(_POLICY)
        agree(root)

    def _workspace(self, file: dict[str, Any]) -> None:
        # Where the clock is set later: comments are gone.
        file["clock"] = spell(BEGIN)
        environments = file["environments"]
        for name in ("usdfdev", "tucson-teststand"):
            del environments[name]
        for place in PLACES:
            environment = place.partition("/")[0]
            workloads = environments[environment]["applications"]["ocps"]["workloads"]
            workloads["namespace"] = self.namespace(place)
            workloads["select"] = [
                {"kind": "Deployment", "name": name, "containers": {"worker": "stack/scipipe"}}
                for name in self.names
            ]
            workloads["deadline"] = "2m"
            workloads["patience"] = "20s"
        file["checks"] = {"smoke": file["checks"]["smoke"] | {"namespace": self.checks, "deadline": "2m"}}


def make_pair(first: Cluster, second: Cluster, names: Sequence[str] = ("ocps",)) -> Pair:
    """Namespaces of its own; `down` it afterwards."""
    pair = Pair(first, second, secrets.token_hex(4), tuple(names))
    pair.up()
    return pair


def push_weekly(site: Site, seed: str, smoke: int = 0) -> ImageIdentity:
    """The weekly is built; `smoke` is what its smoke test ends with."""
    context = site.context()
    options = RegistryOptions(insecure=frozenset(context.workspace.insecure))
    product = context.topology.product("stack")
    assert product is not None
    repository = Registries(site.root, options).open(parse_reference(product.components[0].source))
    context.ledger.close()
    tag = f"al9-{artifacts.weekly().eups}"
    return put_sample_index(
        repository, tag, seed=f"{seed}:{WEEKLY}", program=lambda platform: program(platform, smoke)
    )


def agree(root: Path) -> None:
    """The trust document says that the environments and policies of the workspace are those that were agreed."""
    levels = load_levels(root / "policies")
    there = yaml.safe_load((root / FILE).read_text())["environments"]

    def change(trust: dict[str, Any]) -> None:
        trust["environments"] = {
            name: level for name, level in trust["environments"].items() if name.partition("/")[0] in there
        }
        trust["policies"] = {
            each.name: {"version": each.version, "digest": each.digest} for each in levels.values()
        }
        for role in trust["roles"].values():
            if "environments" in role and set(role["environments"]) - {"*"}:
                role["environments"] = [each for each in role["environments"] if each in there]

    rewrite(root / "trust.yaml", change)


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a file of the workspace as a mapping."""
    plain = yaml.safe_load(path.read_text())
    change(plain)
    text = yaml.safe_dump(plain, sort_keys=False)
    path.write_text(re.sub(r"^clock: '(.*)'$", r"clock: \1", text, flags=re.MULTILINE))
    agree_workspace(path.parent)


def _object(version: str, kind: str, namespace: str, name: str) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
