"""The demonstration on a real cluster: its workspace, and what runs there before the story begins.

Every environment is a namespace of a cluster that was named; the images are small, can be run, and are put
into a registry that the clusters pull from.
"""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.checks.job.templates import SERVICE_ACCOUNT
from ldmrelease.checks.registry import traits
from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.client.errors import Conflict, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import Watched, watched
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.demo.artifacts import STACK, Built, build_of
from ldmrelease.demo.image_program import program
from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Application, Topology
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.ledger import create_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions
from ldmrelease.registry.sample import put_sample_index

SAMPLE = "kubernetes"
MARK = "ldmrelease.dev/demo"
"""The label of namespaces that a demonstration made."""
BEFORE = "w.2023.15"

_PERSON = "release manager"
_MANAGER = "kubectl-create"
_PATIENCE = 60


class DemoClusters(Struct, frozen=True):
    """Where the demonstration runs: contexts of the test systems and of the summit, and registries.

    `registry` and `site_registry` are `host[:port][/path]`; the second is the summit's own. `insecure` says
    that they are spoken to without TLS.
    """

    test_systems: ClusterAccess
    summit: ClusterAccess
    registry: str
    site_registry: str
    insecure: bool


class Occupied(LdmreleaseError):
    """A namespace that the demonstration needs is there already; `ours`: an earlier demonstration made it."""

    def __init__(self, context: str, namespace: str, *, ours: bool) -> None:
        self.context, self.namespace, self.ours = context, namespace, ours
        super().__init__(f"{context} has a namespace {namespace} already")


def make_cluster_workspace(folder: Path, clusters: DemoClusters, *, again: bool = False) -> None:
    """The sample workspace with everything that it names; `again` replaces what an earlier one left in the clusters.

    Raises `BadInput` where the folder has a workspace, and `Occupied`.
    """
    write_workspace(folder, clusters)
    if again:
        remove(folder)
    _require_room(folder)
    for tag in ("w.2023.14", BEFORE):
        push_stack(folder, build_of(tag))
    deploy(folder, BEFORE)


def write_workspace(folder: Path, clusters: DemoClusters) -> None:
    """The sample's files, keys and ledger, for these clusters and registries."""
    began = instant(STACK[0].created)
    init_workspace(folder, SAMPLE, began, _PERSON, lambda text: _located(text, clusters))
    create_ledger(folder / "ledger.db", at=began, actor=_PERSON, projectors=PROJECTORS).close()


def _located(text: str, clusters: DemoClusters) -> str:
    hosts = dict.fromkeys(each.partition("/")[0] for each in (clusters.registry, clusters.site_registry))
    changes = {
        "registry.example/lsst": clusters.registry,
        "registry.summit.example": clusters.site_registry,
        "context: test-systems": _context(clusters.test_systems),
        "context: summit": _context(clusters.summit),
        "insecure: []": f"insecure: [{', '.join(map(repr, hosts))}]" if clusters.insecure else "insecure: []",
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def _context(access: ClusterAccess) -> str:
    own = f"\n    kubeconfig: {access.kubeconfig}" if access.kubeconfig else ""
    return f"context: {access.context}{own}"


def push_stack(folder: Path, built: Built, status: int = 0) -> None:
    """The stack's image of a tag; `status` is what its smoke test ends with."""
    workspace = load_workspace(folder / FILE)
    registries = Registries(folder, RegistryOptions(insecure=frozenset(workspace.insecure)))
    product = workspace.topology.product("stack")
    assert product is not None
    repository = registries.open(parse_reference(product.components[0].source))
    tag = f"al9-{built.eups}"
    put_sample_index(
        repository, tag, seed=f"scipipe:{tag}", program=lambda platform: program(platform, status)
    )


def deploy(folder: Path, tag: str) -> None:
    """Every environment as it was: a Deployment that somebody made by hand, with the image by its tag."""
    topology = load_workspace(folder / FILE).topology
    for application in topology.applications:
        api = _api(application)
        for manifest in _manifests(topology, application, tag):
            name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
            api.apply(path_of(manifest["kind"], namespace, name), manifest, manager=_MANAGER)


def set_image(folder: Path, environment: str, tag: str) -> None:
    """What `kubectl set image` does: somebody changes what runs, without asking."""
    topology = load_workspace(folder / FILE).topology
    application = next(each for each in topology.applications if each.place.environment == environment)
    *_, manifest = _manifests(topology, application, tag)
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    containers = manifest["spec"]["template"]["spec"]["containers"]
    change = {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": manifest["metadata"],
    }
    body = change | {"spec": {"template": {"spec": {"containers": containers}}}}
    _api(application).apply(
        path_of(manifest["kind"], namespace, name), body, manager="kubectl-set", force=True
    )


def _require_room(folder: Path) -> None:
    """Raise `Occupied` unless every namespace is free: nothing of somebody else's is touched."""
    topology = load_workspace(folder / FILE).topology
    for application in topology.applications:
        api = _api(application)
        for name in _namespaces(topology, application):
            _until_gone(api, name)
            with suppress(ObjectNotFound):
                found = api.get(path_of("Namespace", name=name))
                raise Occupied(api.where, name, ours=MARK in found["metadata"].get("labels", {}))


def remove(folder: Path, *, wait: bool = True) -> None:
    """Delete the namespaces that a demonstration made; `wait` until they are gone, so that it may be played again."""
    if not (folder / FILE).exists():
        return
    topology = load_workspace(folder / FILE).topology
    doomed = [
        (_api(application), name)
        for application in topology.applications
        if application.workloads is not None
        for name in _namespaces(topology, application)
    ]
    for api, name in doomed:
        _delete(api, name)
    for api, name in doomed if wait else ():
        _until_gone(api, name)


def _delete(api: Api, name: str) -> None:
    path = path_of("Namespace", name=name)
    with suppress(ObjectNotFound, Conflict):
        found = api.get(path)
        if MARK in found["metadata"].get("labels", {}):
            api.delete(path, uid=found["metadata"]["uid"])


def _until_gone(api: Api, name: str) -> None:
    """Wait for a namespace that is being deleted; one that stays is somebody else's."""
    request = Watched(path_of("Namespace"), fields=f"metadata.name={name}")
    with closing(watched(api, [request], until=time.monotonic() + _PATIENCE)) as states:
        for state in states:
            there = next(iter(state.collections[0].values()), None)
            if there is None or "deletionTimestamp" not in there["metadata"]:
                return


def _api(application: Application) -> Api:
    assert application.workloads is not None
    return open_api(application.workloads.cluster)


def _namespaces(topology: Topology, application: Application) -> list[str]:
    assert application.workloads is not None
    return [application.workloads.namespace, *_check_namespaces(topology)]


def _check_namespaces(topology: Topology) -> list[str]:
    return sorted({each.namespace for each in topology.checks if traits(each.kind).in_cluster})


def _manifests(topology: Topology, application: Application, tag: str) -> Iterator[dict[str, Any]]:
    for name in _namespaces(topology, application):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {MARK: "true"}}}
    for name in _check_namespaces(topology):
        yield _object("v1", "ServiceAccount", name, SERVICE_ACCOUNT)
    workloads = application.workloads
    assert workloads is not None
    for selection in workloads.selections:
        assert selection.name is not None
        containers = [
            {"name": container, "image": _image(topology, component, tag)}
            for container, component in selection.containers.items()
        ]
        labels = {"app": selection.name}
        yield _object("apps/v1", "Deployment", workloads.namespace, selection.name) | {
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"terminationGracePeriodSeconds": 1, "containers": containers},
                },
            }
        }


def _object(version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def _image(topology: Topology, component: str, tag: str) -> str:
    source = next(
        each.source for product in topology.products for each in product.components if each.name == component
    )
    return f"{source}:al9-{build_of(tag).eups}"
