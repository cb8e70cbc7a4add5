"""Who keeps an object."""

from __future__ import annotations

import pytest

from ldmrelease.cluster.objects.gitops_managers import Manager, manager_of
from tests.unit.cluster.sample_objects import Object


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
