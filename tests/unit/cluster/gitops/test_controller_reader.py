"""Which objects are read for workloads, and what is said of those that cannot be."""

from typing import Any, cast

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ObjectNotFound
from ldmrelease.cluster.gitops.controller_reader import ControllerReader
from ldmrelease.cluster.gitops.sync_status import SyncStatus, UnreadableController
from tests.unit.cluster.gitops.resources import application, git_repository, helm_release, kustomization

_ARGO = "/apis/argoproj.io/v1alpha1/namespaces"
_KUSTOMIZATION = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/apps"
_TREE = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/tree"


class _Answers:
    """An API server that has these objects, or refuses them."""

    def __init__(self, objects: dict[str, dict[str, Any] | Exception]) -> None:
        self.objects, self.asked = objects, list[str]()

    def get(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        found = self.objects.get(path, ObjectNotFound("c", f"{path} is not there"))
        if isinstance(found, Exception):
            raise found
        return found


def reader(objects: dict[str, dict[str, Any] | Exception]) -> tuple[ControllerReader, _Answers]:
    answers = _Answers(objects)
    api = cast(Api, answers)
    return ControllerReader(api, api, "argocd"), answers


def tracked(application: str) -> dict[str, Any]:
    meta = {
        "name": "web",
        "annotations": {"argocd.argoproj.io/tracking-id": f"{application}:apps/Deployment:shop/web"},
    }
    return {"metadata": meta}


def labelled(kind: str, namespace: str, name: str) -> dict[str, Any]:
    at = f"{kind}.toolkit.fluxcd.io"
    return {"metadata": {"name": "web", "labels": {f"{at}/name": name, f"{at}/namespace": namespace}}}


def test_an_application_is_read_once_for_all_that_it_keeps():
    found, answers = reader({f"{_ARGO}/argocd/applications/web": application()})
    read = found.of([tracked("web"), tracked("web")])
    assert list(read) == ["Application argocd/web"]
    assert isinstance(read["Application argocd/web"], SyncStatus)
    assert len(answers.asked) == 1


def test_one_in_another_namespace_is_read_there():
    found, answers = reader({f"{_ARGO}/team/applications/web": application()})
    found.of([tracked("team_web")])
    assert answers.asked == [f"{_ARGO}/team/applications/web"]


def test_what_is_not_there_or_refused_is_said():
    found, _ = reader({})
    (absent,) = found.of([tracked("web")]).values()
    assert isinstance(absent, UnreadableController)
    assert (absent.code, absent.object) == ("absent", "Application argocd/web")


def test_a_kustomization_with_its_source_and_without():
    whole = {_KUSTOMIZATION: kustomization(), _TREE: git_repository()}
    (status,) = reader(whole)[0].of([labelled("kustomize", "flux-system", "apps")]).values()
    assert isinstance(status, SyncStatus)
    assert status.sources[0].revision == "main"
    (alone,) = (
        reader({_KUSTOMIZATION: kustomization()})[0]
        .of([labelled("kustomize", "flux-system", "apps")])
        .values()
    )
    assert isinstance(alone, SyncStatus)
    assert (alone.synced, alone.sources[0].repository) == ("Synced", "")


def test_a_helm_release_of_an_older_version_of_its_api():
    path = "/apis/helm.toolkit.fluxcd.io/v2beta2/namespaces/shop/helmreleases/web"
    (status,) = reader({path: helm_release()})[0].of([labelled("helm", "shop", "web")]).values()
    assert isinstance(status, SyncStatus)
    assert status.object == "HelmRelease shop/web"


def test_what_nobody_keeps_is_not_asked_for():
    found, answers = reader({})
    assert found.of([{"metadata": {"name": "web"}}]) == {}
    assert answers.asked == []
