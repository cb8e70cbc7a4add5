"""A workspace with one application for each namespace, its Deployments selected by a label, and two releases."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.demo import artifacts, demo_cluster
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.domain.workload_selection import ClusterAccess
from tests.workspace import Site

BEFORE, AFTER = "w.2023.14", "w.2023.15"
_LATER = instant("2023-04-20T12:00:00Z")
_ENVIRONMENT = """\
  {name}:
    level: development
    context: {access.context}
    kubeconfig: {access.kubeconfig}
    applications:
      apps:
        runs: [stack/scipipe]
        workloads:
          namespace: {name}
          select:
            - {{kind: Deployment, labels: part=context, containers: {{main: stack/scipipe}}}}
        target: {{kubernetes: {{take-over: [kubectl-create]}}}}
"""


@dataclass(frozen=True, slots=True)
class Images:
    """The images of both releases by digest, and all digests of the second's identity."""

    before: str
    after: str
    digests: frozenset[str]


def make_site(folder: Path, access: ClusterAccess, registry: str, namespaces: Sequence[str]) -> Site:
    """A workspace about these namespaces; `BEFORE` and `AFTER` are pinned, nothing is deployed.

    registry: `host/path` of the repositories.
    """
    where = demo_cluster.DemoClusters(access, access, registry, f"{registry}/site", insecure=True)
    demo_cluster.write_workspace(folder, where)
    site = Site(folder)
    environments = "".join(_ENVIRONMENT.format(name=name, access=access) for name in namespaces)
    site.edit(lambda text: text.partition("environments:\n")[0] + "environments:\n" + environments)
    levels = "".join(f"  {name}: development\n" for name in namespaces)
    site.edit(lambda text: text.replace("environments:\n", "environments:\n" + levels, 1), "trust.yaml")
    site.clock(_LATER)
    for tag in (BEFORE, AFTER):
        demo_cluster.push_stack(folder, artifacts.build_of(tag))
        site.ok("release", "pin", tag)
    return site


def images_of(site: Site) -> Images:
    """What containers are to name."""
    context = site.context()
    product = context.topology.product("stack")
    assert product is not None
    repository = context.registries.open(parse_reference(product.components[0].source))
    found = []
    for tag in (BEFORE, AFTER):
        pushed = repository.resolve(f"al9-{artifacts.build_of(tag).eups}")
        assert pushed is not None
        identity = context.identity(repository, pushed.digest)
        assert isinstance(identity, ImageIdentity)
        found.append(identity)
    before, after = found
    source = product.components[0].source
    return Images(f"{source}@{before.index}", f"{source}@{after.index}", after.digests())


def without_checks(site: Site) -> None:
    """What lets a release into the level is its images alone: the same work as kubectl's."""
    recorded = load_workspace(site.root / FILE).levels["development"].digest
    site.edit(lambda text: text.partition("  confirm:\n")[0], "policies/development.yaml")
    changed = load_workspace(site.root / FILE).levels["development"].digest
    site.edit(lambda text: text.replace(recorded, changed), "trust.yaml")
    receipts = "  receipts-development:\n    types: [receipt]\n    environments: "
    site.edit(
        lambda text: text.replace(receipts + "[usdfdev, tucson-teststand]", receipts + "['*']"), "trust.yaml"
    )
