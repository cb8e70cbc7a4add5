"""What an Application says of itself."""

from ldmrelease.cluster.gitops.argo_cd import read_application
from ldmrelease.cluster.gitops.sync_status import VALUES_TEXT
from tests.unit.cluster.gitops.resources import COMMIT, OLDER, application, fields


def test_what_is_in_order():
    found = read_application(application())
    assert (found.object, found.synced, found.health) == ("Application argocd/web", "Synced", "Healthy")
    assert (found.revisions, found.applied, found.operation) == ((COMMIT,), (COMMIT,), "Succeeded")
    assert (found.by, found.automated, found.has_failed, found.paused) == (
        "its automated sync",
        True,
        False,
        "",
    )
    (source,) = found.sources
    assert (source.revision, source.folder, source.value_files) == ("main", "applications/web", None)
    assert found.has_applied(COMMIT)
    assert not found.has_applied(OLDER)


def test_what_is_passed_above_the_tree_and_by_whom():
    helm = {
        "parameters": [{"name": "image.tag", "value": "2.0"}],
        "valueFiles": ["values.yaml", "../../environments/prod.yaml", "/top.yaml"],
        "valuesObject": {"image": {"tag": "3.0"}, "list": [{"a": True}]},
    }
    manifest = application({"helm": helm, "kustomize": {"images": ["ghcr.io/shop/api=mirror.example/api:4"]}})
    manifest["metadata"]["managedFields"] = [
        fields("argocd-controller", "2026-01-01T00:00:00Z", spec={"source": {"targetRevision": {}}}),
        fields("argocd-server", "2026-01-02T00:00:00Z", spec={"source": {"helm": {"parameters": {}}}}),
    ]
    (source,) = read_application(manifest).sources
    assert source.value_files == (
        "applications/web/values.yaml",
        "environments/prod.yaml",
        "top.yaml",
    )
    assert [(each.kind, each.path, each.value) for each in source.overrides] == [
        ("parameter", "image.tag", "2.0"),
        ("values", "image.tag", "3.0"),
        ("values", "list[0].a", "true"),
        ("image", "ghcr.io/shop/api", "mirror.example/api:4"),
    ]
    by = source.overrides[0].written
    assert (by.by, by.by_hand, by.time) == ("argocd-server", True, "2026-01-02T00:00:00Z")
    assert (source.revision_written.by, source.revision_written.by_hand) == ("argocd-controller", False)


def test_values_in_a_text_are_left_to_who_reads_yaml():
    (source,) = read_application(application({"helm": {"values": "image: {tag: 9}"}})).sources
    assert [(each.kind, each.value) for each in source.overrides] == [(VALUES_TEXT, "image: {tag: 9}")]


def test_files_of_several_sources_are_told_from_their_own_root():
    manifest = application()
    del manifest["spec"]["source"]
    manifest["spec"]["sources"] = [
        {
            "repoURL": "https://charts.example",
            "chart": "web",
            "targetRevision": "1.2.3",
            "helm": {"valueFiles": ["$tree/environments/prod.yaml"]},
        },
        {"repoURL": "https://github.com/shop/tree", "targetRevision": "main", "ref": "tree"},
    ]
    manifest["status"]["sync"] = {"status": "Synced", "revisions": ["1.2.3", COMMIT]}
    found = read_application(manifest)
    assert [each.folder for each in found.sources] == ["web", ""]
    assert found.sources[0].value_files == ("environments/prod.yaml",)
    assert found.revisions == ("1.2.3", COMMIT)


def test_a_failed_sync_and_what_could_not_be_compared():
    operation = {"phase": "Failed", "message": "one or more objects failed to apply"}
    failed = read_application(application(status={"operationState": operation}))
    assert (failed.has_failed, failed.reason, failed.applied) == (
        True,
        "one or more objects failed to apply",
        (),
    )
    conditions = [
        {"type": "ComparisonError", "message": "no such branch"},
        {"type": "OrphanedResourceWarning", "message": "2 orphans"},
    ]
    broken = read_application(application(status={"conditions": conditions, "sync": {"status": "Unknown"}}))
    assert (broken.reason, broken.synced) == ("ComparisonError: no such branch", "Unknown")


def test_what_is_out_of_sync_is_told_by_its_resources():
    resources = [
        {"kind": "Deployment", "name": "web", "namespace": "shop", "status": "OutOfSync"},
        {"kind": "Service", "name": "web", "namespace": "shop", "status": "Synced"},
    ]
    manifest = application(
        status={"sync": {"status": "OutOfSync", "revision": COMMIT}, "resources": resources}
    )
    assert [each.name for each in read_application(manifest).unsynced] == ["Deployment/web"]


def test_an_operation_that_is_asked_for_is_under_way():
    manifest = application() | {"operation": {"sync": {}}}
    assert read_application(manifest).operation == "Running"


def test_what_pauses_it():
    off = application(syncPolicy={"automated": {"enabled": False}})
    assert read_application(off).paused == "syncPolicy.automated.enabled: false"
    skipped = application()
    skipped["metadata"]["annotations"] = {"argocd.argoproj.io/skip-reconcile": "true"}
    assert read_application(skipped).paused == "argocd.argoproj.io/skip-reconcile"
    by_hand = application(syncPolicy=None)
    assert (read_application(by_hand).paused, read_application(by_hand).automated) == ("", False)


def test_one_that_was_just_made_says_nothing_yet():
    manifest = application()
    manifest["status"] = {}
    found = read_application(manifest)
    assert (found.synced, found.health, found.revisions, found.operation) == ("Unknown", "Unknown", (), "")
