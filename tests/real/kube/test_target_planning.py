"""What is against writing in a cluster is found when planning, all of it at once, and nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.workload_selection import ClusterAccess, Workloads
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal
from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube
from tests.real.kube.audit import AuditLog
from tests.real.kube.target_site import Site, create, pod, selection, site

pytestmark = pytest.mark.real

ENOUGH = [
    rule("get list watch patch", "deployments statefulsets", group="apps"),
    rule("list watch", "replicasets", group="apps"),
    rule("create", "configmaps"),
    rule("get update", "configmaps", names=["ldmrelease"]),
    rule("list watch delete", "pods"),
]
SEE = ("list", "watch")


def problems(refusal: object) -> set[tuple[str, ...]]:
    """The code of each problem, with the value that tells it from others."""
    assert isinstance(refusal, Refusal), refusal
    listed = [each.values | {"code": each.code} for each in refusal.each]
    keys = ("workload", "container", "selection", "verb", "resource", "found", "path")
    return {(each["code"], *(str(each[key]) for key in keys if key in each)) for each in listed}


@pytest.fixture
def prompt(kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path) -> Site:
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    return site(kube, namespace, cluster_access, tmp_path, selection("Deployment", "prompt"))


def test_nothing_is_against_a_workload_that_may_be_written(prompt: Site):
    assert registry.preflight(prompt.target, prompt.access) is None


def test_everything_that_is_wrong_is_in_one_refusal_and_nothing_is_written(
    kube: Kube,
    namespace: str,
    account: Callable[..., Account],
    audit_log: AuditLog,
    tmp_path: Path,
):
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    reader = account(
        "reader", rules=[rule("get list", "deployments", group="apps"), rule("get", "configmaps")]
    )
    access = ClusterAccess(reader.context, str(reader.kubeconfig))
    wrong = site(
        kube,
        namespace,
        access,
        tmp_path,
        selection("Deployment", "prompt", "main", "mian"),
        selection("Deployment", "promt"),
        selection("StatefulSet", "queue"),
    )
    mark = audit_log.mark()
    refusal = registry.preflight(wrong.target, wrong.access)
    assert problems(refusal) == {
        ("container-absent", "Deployment/prompt", "mian"),
        ("workload-absent", "Deployment/promt"),
        ("forbidden", "StatefulSet/queue", "get", "statefulsets"),
        ("forbidden", "patch", "deployments"),
        ("forbidden", "patch", "statefulsets"),
        ("forbidden", "watch", "deployments"),
        *(("forbidden", verb, each) for each in ("pods", "replicasets", "statefulsets") for verb in SEE),
        ("forbidden", "delete", "pods"),
        ("forbidden", "create", "configmaps"),
        ("forbidden", "update", "configmaps"),
    }
    assert isinstance(refusal, Refusal)
    assert len(refusal_words(refusal).splitlines()) == 15
    kube.patch("Namespace", "", namespace, {"metadata": {"labels": {"planned": "yes"}}})
    entries = audit_log.wait(lambda each: each.name == namespace and each.verb == "patch", mark)
    assert [
        each for each in entries if each.wrote and each.user == reader.user and _changes(each.resource)
    ] == []


def _changes(resource: str) -> bool:
    """To ask for one's rights is a create, too."""
    return resource != "selfsubjectaccessreviews"


def test_whoever_has_the_rights_that_are_asked_for_can_write(
    kube: Kube, namespace: str, account: Callable[..., Account], tmp_path: Path
):
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    create(kube, objects.stateful_set(namespace, "queue", pod(), replicas=0))
    writer = account("writer", rules=ENOUGH)
    chosen = (selection("Deployment", "prompt"), selection("StatefulSet", "queue"))
    access = ClusterAccess(writer.context, str(writer.kubeconfig))
    written = site(kube, namespace, access, tmp_path, *chosen)
    assert registry.preflight(written.target, written.access) is None
    assert not isinstance(written.write(), Refusal | Unavailable)


def test_an_unknown_context_is_refused_with_those_that_there_are(prompt: Site, cluster_access: ClusterAccess):
    elsewhere = replace(cluster_access, context="summit")
    workloads = replace(prompt.target.workloads, cluster=elsewhere)
    refusal = registry.preflight(replace(prompt.target, workloads=workloads), prompt.access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-cluster"
    assert cluster_access.context in refusal_words(refusal)


def test_an_unknown_namespace_is_one_problem_however_much_is_asked_of_it(
    prompt: Site, cluster_access: ClusterAccess
):
    both = (selection("Deployment", "prompt"), selection("Deployment", "queue"))
    target = replace(prompt.target, workloads=Workloads(cluster_access, "no-such-place", both))
    assert problems(registry.preflight(target, prompt.access)) == {("namespace-absent",)}


def test_a_paused_deployment_is_refused(prompt: Site):
    prompt.kube.patch("Deployment", prompt.namespace, "prompt", {"spec": {"paused": True}})
    assert problems(registry.preflight(prompt.target, prompt.access)) == {("paused", "Deployment/prompt")}


def test_a_job_is_audited_only(kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path):
    create(kube, objects.job(namespace, "backfill", pod(), suspend=True))
    audited = site(kube, namespace, cluster_access, tmp_path, selection("Job", "backfill"))
    assert problems(registry.preflight(audited.target, audited.access)) == {("audited-only", "Job/backfill")}


@pytest.mark.parametrize(
    ("labels", "annotations", "manager", "application"),
    [
        ({}, {"argocd.argoproj.io/tracking-id": "prompt:apps/Deployment:x/prompt"}, "argo-cd", "prompt"),
        (
            {
                "kustomize.toolkit.fluxcd.io/name": "apps",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            },
            {},
            "flux",
            "flux-system/apps",
        ),
        (
            {"app.kubernetes.io/managed-by": "Helm"},
            {"meta.helm.sh/release-name": "prompt", "meta.helm.sh/release-namespace": "base"},
            "helm",
            "base/prompt",
        ),
    ],
)
def test_what_another_system_manages_is_refused_with_its_name(
    prompt: Site, labels: dict, annotations: dict, manager: str, application: str
):
    change = {"metadata": {"labels": labels, "annotations": annotations}}
    prompt.kube.patch("Deployment", prompt.namespace, "prompt", change)
    refusal = registry.preflight(prompt.target, prompt.access)
    assert problems(refusal) == {("managed-by", manager, "Deployment/prompt")}
    assert isinstance(refusal, Refusal)
    said = refusal_words(refusal)
    assert application in said
    assert "gitops target" in said


@pytest.mark.parametrize("manager", ["kubectl-client-side-apply", "kubectl-set", "somebody"])
def test_an_image_that_another_field_manager_owns_is_refused_until_it_is_listed(prompt: Site, manager: str):
    prompt.kube.set_image(
        "Deployment", prompt.namespace, "prompt", "main", "registry.example/b:1", manager=manager
    )
    assert problems(registry.preflight(prompt.target, prompt.access)) == {
        ("owned-by", "main", manager, "Deployment/prompt")
    }
    taken = replace(prompt.target, take_over=(*prompt.target.take_over, manager))
    assert registry.preflight(taken, prompt.access) is None


def test_what_another_manager_owns_besides_images_is_no_hindrance(prompt: Site):
    prompt.kube.patch("Deployment", prompt.namespace, "prompt", {"spec": {"minReadySeconds": 1}}, "somebody")
    assert registry.preflight(prompt.target, prompt.access) is None
