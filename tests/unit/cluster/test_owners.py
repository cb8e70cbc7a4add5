"""Who keeps an object, and who gave its images their values."""

from __future__ import annotations

from typing import Any

import pytest

from ldmrelease.cluster.owners import Manager, Owner, image_owner, manager_of
from tests.unit.cluster.objects import Object


def labelled(labels: dict[str, str], annotations: dict[str, str] | None = None, *managers: str) -> Object:
    fields = [{"manager": each, "operation": "Update"} for each in managers]
    return {"metadata": {"labels": labels, "annotations": annotations or {}, "managedFields": fields}}


@pytest.mark.parametrize(
    ("manifest", "manager"),
    [
        (
            labelled({}, {"argocd.argoproj.io/tracking-id": "nublado:apps/Deployment:ns/hub"}),
            Manager("argo-cd", "nublado"),
        ),
        (labelled({"argocd.argoproj.io/instance": "nublado"}), Manager("argo-cd", "nublado")),
        (
            labelled({"app.kubernetes.io/instance": "hub"}, {}, "argocd-controller"),
            Manager("argo-cd", "hub"),
        ),
        (
            labelled(
                {"kustomize.toolkit.fluxcd.io/name": "a", "kustomize.toolkit.fluxcd.io/namespace": "flux"}
            ),
            Manager("flux", "flux/a"),
        ),
        (labelled({"helm.toolkit.fluxcd.io/name": "a"}, {}, "helm-controller"), Manager("flux", "a")),
        (labelled({}, {}, "kustomize-controller"), Manager("flux", "")),
        (
            labelled(
                {"app.kubernetes.io/managed-by": "Helm"},
                {"meta.helm.sh/release-name": "hub", "meta.helm.sh/release-namespace": "ns"},
            ),
            Manager("helm", "ns/hub"),
        ),
        (labelled({}, {}, "helm"), Manager("helm", "")),
        # A chart's rendering that somebody applied.
        (labelled({"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "hub"}), None),
        (labelled({}, {}, "kubectl", "kube-controller-manager"), None),
    ],
)
def test_the_manager_is_told_by_its_marks(manifest: Object, manager: Manager | None) -> None:
    assert manager_of(manifest) == manager


def test_argo_cd_comes_before_the_chart_that_it_renders() -> None:
    helm = {"meta.helm.sh/release-name": "hub", "argocd.argoproj.io/tracking-id": "nublado:x"}
    assert manager_of(labelled({"app.kubernetes.io/managed-by": "Helm"}, helm)) == Manager(
        "argo-cd", "nublado"
    )


def wrote(manager: str, time: str, fields: Object, **more: Any) -> Object:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields} | more


def image_of(container: str, kind: str = "f:containers") -> Object:
    return {kind: {f'k:{{"name":"{container}"}}': {".": {}, "f:image": {}, "f:name": {}}}}


def nested(fields: Object, *path: str) -> Object:
    for step in reversed(path):
        fields = {f"f:{step}": fields}
    return fields


TEMPLATE = ("spec", "template", "spec")


def owner(container: str, *entries: Object) -> Owner | None:
    return image_owner({"metadata": {"managedFields": list(entries)}}, container)


def test_the_last_writer_of_the_image_owns_it() -> None:
    before = wrote(
        "ldmrelease", "2026-11-01T00:00:00Z", nested(image_of("main"), *TEMPLATE), operation="Apply"
    )
    after = wrote("kubectl-set", "2026-11-02T00:00:00Z", nested(image_of("main"), *TEMPLATE))
    other = wrote("kubectl-edit", "2026-11-03T00:00:00Z", nested({"f:replicas": {}}, "spec"))
    assert owner("main", after, before, other) == Owner("kubectl-set", "Update", "2026-11-02T00:00:00Z")
    assert owner("side", after, before, other) is None


@pytest.mark.parametrize(
    "path", [("spec",), TEMPLATE, ("spec", "jobTemplate", *TEMPLATE)], ids=["Pod", "Deployment", "CronJob"]
)
@pytest.mark.parametrize("kind", ["f:containers", "f:initContainers"])
def test_the_image_is_found_in_every_kind(path: tuple[str, ...], kind: str) -> None:
    found = owner("main", wrote("me", "t", nested(image_of("main", kind), *path)))
    assert found == Owner("me", "Update", "t")


def test_an_image_volume_has_an_owner() -> None:
    fields = {"f:volumes": {'k:{"name":"data"}': {"f:image": {"f:reference": {}}}}}
    assert owner("volume/data", wrote("me", "t", nested(fields, *TEMPLATE))) == Owner("me", "Update", "t")
    assert owner("data", wrote("me", "t", nested(fields, *TEMPLATE))) is None


def test_what_is_written_to_a_status_is_no_writing() -> None:
    fields = nested(image_of("main"), *TEMPLATE)
    assert owner("main", wrote("kubelet", "t", fields, subresource="status")) is None
