"""What is drift of what controllers say, and what is not."""

from typing import Any

import pytest

from ldmrelease.answers.sentences.drift import drift_words
from ldmrelease.answers.sentences.rollouts import pending_act_words
from ldmrelease.cluster.gitops.argo_cd import read_application
from ldmrelease.cluster.gitops.flux import read_kustomization
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.inventory.drift import OF_CONTROLLERS, Drift
from ldmrelease.services.inventory.sync_drift import is_same_repository, sync_drifts
from ldmrelease.services.inventory.trees import DeclaredImage
from tests.unit.cluster.gitops.resources import OLDER, application, fields, git_repository, kustomization

FILE = "applications/web/values-prod.yaml"
SAID = DeclaredImage("web", "image.tag", "1.0", None, False, image="ghcr.io/shop/web:1.0")


def place(path: str = "image.tag", branch: str = "main", file: str = FILE) -> Application:
    where = GitFile("git@github.com:shop/tree.git", branch, file)
    target = ImageSettingsTarget(where, (Setting("web", path),))
    return Application(Place("prod", "web"), "production", ("shop/web",), target)


def of(manifest: dict[str, Any], at: Application | None = None, seen: bool = True) -> list[Drift]:
    found = list(sync_drifts(at or place(), (SAID,), read_application(manifest), lambda _: seen))
    assert all(drift_words(each.code, each.values) for each in found)
    return found


def codes(found: list[Drift]) -> list[str]:
    return [each.code for each in found]


def helm(**said: Any) -> dict[str, Any]:
    return application({"helm": said})


def test_nothing_where_all_is_in_order():
    assert of(application()) == []
    assert of(helm(valueFiles=["values.yaml", "values-prod.yaml"])) == []


@pytest.mark.parametrize(
    "said",
    [
        {"parameters": [{"name": "image.tag", "value": "2.0"}]},
        {"valuesObject": {"image": {"tag": "2.0"}}},
        {"values": "image:\n  tag: '2.0'\n"},
    ],
)
def test_what_is_passed_above_a_setting_of_ours(said: dict[str, Any]):
    manifest = helm(**said)
    hand = fields("argocd-server", "2026-01-02T00:00:00Z", spec={"source": {"helm": {next(iter(said)): {}}}})
    manifest["metadata"]["managedFields"] = [hand]
    (found,) = of(manifest)
    values = found.values
    assert (found.code, values["value"], values["tree"], values["component"]) == (
        "overridden",
        "2.0",
        "1.0",
        "web",
    )
    assert (values["by"], values["by_hand"]) == ("argocd-server", True)


def test_what_says_the_same_or_is_about_something_else_is_none():
    assert of(helm(parameters=[{"name": "image.tag", "value": "1.0"}])) == []
    assert of(helm(parameters=[{"name": "global.host", "value": "x"}])) == []
    other = application(
        {"path": "applications/other", "helm": {"parameters": [{"name": "image.tag", "value": "9"}]}}
    )
    assert of(other) == []


def test_an_image_of_kustomize():
    at = place("images[name=ghcr.io/shop/web].newTag", file="applications/web/kustomization.yaml")
    manifest = application({"kustomize": {"images": ["ghcr.io/shop/web:2.0"]}})
    (found,) = of(manifest, at)
    assert (found.code, found.values["value"]) == ("overridden", "ghcr.io/shop/web:2.0")
    assert of(application({"kustomize": {"images": ["ghcr.io/shop/web:1.0"]}}), at) == []
    flux = read_kustomization(
        kustomization(path="./applications/web", images=[{"name": "ghcr.io/shop/web", "newTag": "2.0"}]),
        git_repository(),
    )
    assert codes(list(sync_drifts(at, (SAID,), flux, lambda _: True))) == ["overridden"]


def test_another_branch_than_the_one_that_is_written():
    (found,) = of(application({"targetRevision": "tickets/DM-1"}))
    assert (found.code, found.values["found"], found.values["expected"]) == (
        "other-revision",
        "tickets/DM-1",
        "main",
    )
    assert of(application({"targetRevision": "HEAD"})) == []
    assert of(application({"targetRevision": "refs/heads/main"})) == []
    assert of(application({"repoURL": "https://github.com/other/tree", "targetRevision": "x"})) == []


def test_a_file_that_is_not_read():
    (found,) = of(helm(valueFiles=["values.yaml", "values-other.yaml"]))
    assert (found.code, found.values["file"]) == ("not-read", FILE)


def test_a_failed_sync_says_why_and_is_not_called_stale_too():
    operation = {
        "phase": "Failed",
        "message": "could not read https://ann:secret@github.com/shop/tree",
        "operation": {"initiatedBy": {"username": "bea"}},
    }
    (found,) = of(application(status={"operationState": operation}), seen=False)
    assert (found.code, found.values["by"]) == ("sync-failed", "bea")
    assert "secret" not in found.values["reason"]


def test_a_stale_sync_and_one_that_has_our_settings():
    manifest = application(status={"sync": {"status": "Synced", "revision": OLDER}})
    (found,) = of(manifest, seen=False)
    assert (found.code, found.values["found"]) == ("sync-stale", OLDER)
    assert of(manifest, seen=True) == []


def test_what_is_out_of_sync_and_what_is_paused():
    resources = [{"kind": "Deployment", "name": f"d{each}", "status": "OutOfSync"} for each in range(7)]
    manifest = application(
        status={"sync": {"status": "OutOfSync"}, "resources": resources},
        syncPolicy={"automated": {"enabled": False}},
    )
    paused, unsynced = of(manifest)
    assert (paused.code, unsynced.code) == ("sync-paused", "out-of-sync")
    assert (len(unsynced.values["resources"]), unsynced.values["more"]) == (5, 2)
    assert "nothing syncs it but a person" in drift_words(unsynced.code, unsynced.values)


@pytest.mark.parametrize(
    "other",
    ["https://github.com/Shop/tree", "ssh://git@github.com:22/shop/tree.git/", "/srv/git/shop/tree.git"],
)
def test_one_repository_in_several_spellings(other: str):
    assert is_same_repository("git@github.com:shop/tree.git", other)
    assert not is_same_repository("git@github.com:shop/tree.git", f"{other.removesuffix('/')}x")


def test_a_promotion_that_waits_says_what_the_controller_says():
    why = {"object": "Application argocd/web", "sync": "OutOfSync", "automated": False}
    values = {"workload": "Deployment/web", "image": "x:1", "container": "main", "controller": why}
    told = pending_act_words("not-synced", values)
    assert "(Application argocd/web is OutOfSync, and nothing syncs it but a person)" in told
    for code in OF_CONTROLLERS:
        because = {"code": code, "object": "a", "found": "b", "resources": [], "automated": True}
        assert pending_act_words("not-synced", values | {"controller": why | {"because": because}})
