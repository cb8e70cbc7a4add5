"""Argo CD is asked to sync what says itself that it brings the place's workloads from its tree, and nothing else."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ldmrelease.cluster.gitops.argo_cd import read_application
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting
from ldmrelease.domain.topology import Application, Place
from ldmrelease.domain.workload_selection import ArgoCd, ClusterAccess, Workloads
from ldmrelease.services.inventory.controllers import KeptBy
from ldmrelease.services.promotions.sync_wait import SyncWait
from ldmrelease.services.promotions.work import Work
from tests.unit.cluster.gitops.resources import application

CLUSTER = ClusterAccess("prod")
WHERE = GitFile("git@github.com:shop/tree.git", "main", "applications/web/values-prod.yaml")
OURS = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web", "status": "OutOfSync"}


def asked_for(manifest: dict[str, Any]) -> list[str]:
    """Which paths are patched where the workload `web` says that this Application keeps it."""
    place = Application(
        Place("prod", "web"),
        "production",
        ("shop/web",),
        ImageSettingsTarget(WHERE, (Setting("web", "image.tag"),)),
    )
    place = replace(place, workloads=Workloads(CLUSTER, "shop", ()), argo_cd=ArgoCd(CLUSTER, asked=True))
    patched: list[str] = []
    api = SimpleNamespace(patch=lambda path, *_, **__: patched.append(path))
    work = SimpleNamespace(
        application=place,
        promotion="P-1",
        context=SimpleNamespace(clusters=SimpleNamespace(open=lambda _: api)),
        here=SimpleNamespace(step=lambda _: SimpleNamespace(id="")),
        journal=SimpleNamespace(step=lambda _: SimpleNamespace(result={})),
    )
    wait = SyncWait(cast(Work, work), cast(Workloads, place.workloads))
    wait._ask([KeptBy(read_application(manifest), ("Deployment/web",))])
    return patched


def test_the_places_own() -> None:
    (path,) = asked_for(application(status={"resources": [OURS]}))
    assert path.endswith("/namespaces/argocd/applications/web")


@pytest.mark.parametrize(
    "manifest",
    [
        application(),
        application(status={"resources": [OURS | {"namespace": "other"}]}),
        application(status={"resources": [OURS | {"name": "worker"}]}),
        application(status={"resources": [OURS | {"kind": "Service"}]}),
        application({"repoURL": "https://github.com/elsewhere/other"}, {"resources": [OURS]}),
    ],
)
def test_one_that_a_workload_names_and_that_does_not_name_it(manifest: dict[str, Any]) -> None:
    assert asked_for(manifest) == []
