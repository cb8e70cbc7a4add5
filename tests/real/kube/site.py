"""A whole workspace on two real clusters, in namespaces of its own: test systems in one, the summit in the other.

It is the sample of places in Kubernetes: `usdfdev` and `tucson-teststand` at development, then `base` and
`summit` at commissioning, the summit with a registry of its own. `w.2023.15` runs everywhere, put there by hand.
The clock is the workspace's own, so that a soak of hours takes no time; rollouts and Jobs take what they take.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from ldmrelease.demo import artifacts, demo_cluster
from ldmrelease.demo.image_program import program
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions
from ldmrelease.registry.sample import put_sample_index
from tests.real.kube.given import Cluster
from tests.workspace import WEEKLY, Site

BEFORE = demo_cluster.BEFORE
USDFDEV, TESTSTAND, BASE, SUMMIT = "usdfdev/ocps", "tucson-teststand/ocps", "base/ocps", "summit/ocps"
_BEGIN = instant("2023-04-20T12:00:00Z")


class ClusterSite(Site):
    """One workspace on clusters. `own` is the suffix of its namespaces: `usdfdev-ocps-<own>`."""

    own: str = ""

    def namespace(self, place: str) -> str:
        """The namespace of a place, such as `usdfdev/ocps`."""
        return f"{place.replace('/', '-')}-{self.own}"

    @property
    def checks(self) -> str:
        """The namespace of check Jobs, in both clusters."""
        return f"checks-{self.own}"

    def push_weekly(self, smoke: int = 0, *, crashes: bool = False) -> ImageIdentity:
        """The weekly is built; `smoke` is what its smoke test ends with, and `crashes` that it does not stay up."""
        registries = Registries(
            self.root, RegistryOptions(insecure=frozenset(self.context().workspace.insecure))
        )
        component = self.context().topology.product("stack").components[0]
        repository = registries.open(parse_reference(component.source))
        tag = f"al9-{artifacts.weekly().eups}"
        return put_sample_index(
            repository,
            tag,
            seed=f"{self.own}:{tag}",
            program=lambda platform: program(platform, smoke, crashes=crashes),
        )

    def vouch(self) -> None:
        """The weekly is pinned, and CI signs provenance of its image."""
        self.ok("release", "pin", WEEKLY)
        file = "scipipe.provenance.json"
        self.ok(
            "evidence", "sign", WEEKLY, "--type", "provenance", "--component", "scipipe",
            "--key", str(self.root / "keys/ci.pem"), "--out", str(self.root / file),
        )  # fmt: skip
        self.ok("evidence", "add", str(self.root / file))


def make_site(root: Path, first: Cluster, second: Cluster) -> ClusterSite:
    """A new workspace with everything deployed; `remove` it afterwards."""
    own = secrets.token_hex(4)
    where = demo_cluster.DemoClusters(
        test_systems=ClusterAccess(first.context, str(first.kubeconfig)),
        summit=ClusterAccess(second.context, str(second.kubeconfig)),
        registry=f"{first.registry.address}/{own}",
        site_registry=f"{second.registry.address}/{own}",
        insecure=True,
    )
    demo_cluster.write_workspace(root, where)
    site = ClusterSite(root)
    site.own = own
    site.edit(lambda text: _own(text, own))
    for tag in ("w.2023.14", BEFORE):
        demo_cluster.push_stack(root, artifacts.build_of(tag))
    demo_cluster.deploy(root, BEFORE)
    site.clock(instant("2023-04-13T18:00:00Z"))
    site.ok("release", "pin", "w.2023.14")
    site.ok("release", "pin", BEFORE)
    site.clock(_BEGIN)
    return site


def _own(text: str, own: str) -> str:
    for place in ("usdfdev", "tucson-teststand", "base", "summit"):
        text = text.replace(f"namespace: {place}-ocps", f"namespace: {place}-ocps-{own}")
    return text.replace("image: stack/scipipe\n", f"image: stack/scipipe\n    namespace: checks-{own}\n")


def remove_site(site: ClusterSite) -> None:
    """Delete its namespaces; nobody waits until they are gone."""
    demo_cluster.remove(site.root, wait=False)
