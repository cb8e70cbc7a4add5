"""What Kustomizations and HelmReleases say of themselves, with the status that Flux's controllers write."""

from ldmrelease.cluster.gitops.flux import read_helm_release, read_kustomization, reference_of
from tests.unit.cluster.gitops.resources import COMMIT, fields, git_repository, helm_release, kustomization


def test_a_kustomization_that_is_ready():
    found = read_kustomization(kustomization(), git_repository())
    assert (found.object, found.synced, found.health) == (
        "Kustomization flux-system/apps",
        "Synced",
        "Healthy",
    )
    assert (found.revisions, found.applied, found.automated) == ((COMMIT,), (COMMIT,), True)
    (source,) = found.sources
    assert (source.repository, source.revision, source.folder) == (
        "ssh://git@github.com/shop/tree.git",
        "main",
        "apps/prod",
    )


def test_one_that_failed_or_waits_or_has_not_seen_its_change():
    failed = read_kustomization(kustomization("False", "BuildFailed"), None)
    assert (failed.has_failed, failed.synced, failed.health) == (True, "OutOfSync", "Degraded")
    waits = read_kustomization(kustomization("False", "DependencyNotReady"), None)
    assert (waits.has_failed, waits.operation) == (False, "Running")
    changed = kustomization()
    changed["metadata"]["generation"] = 4
    assert read_kustomization(changed, None).synced == "Unknown"
    assert not read_kustomization(changed, None).has_applied(COMMIT)


def test_a_suspended_one_and_who_did_it():
    manifest = kustomization(suspend=True)
    manifest["metadata"]["managedFields"] = [
        fields("flux", "2026-01-01T00:00:00Z", spec={"path": {}}),
        fields("kubectl-patch", "2026-01-02T00:00:00Z", spec={"suspend": {}}),
    ]
    found = read_kustomization(manifest, git_repository())
    assert (found.paused, found.automated) == ("spec.suspend: true", False)
    assert (found.paused_by.by, found.paused_by.by_hand) == ("kubectl-patch", True)


def test_images_of_a_kustomization_count_above_the_tree():
    images = [{"name": "ghcr.io/shop/api", "newTag": "2"}, {"name": "web", "digest": f"sha256:{'0' * 64}"}]
    (source,) = read_kustomization(kustomization(images=images), git_repository()).sources
    assert [(each.path, each.value) for each in source.overrides] == [
        ("ghcr.io/shop/api", "ghcr.io/shop/api:2"),
        ("web", f"web@sha256:{'0' * 64}"),
    ]


def test_another_reference_of_the_source():
    for ref in ({"tag": "v1"}, {"branch": "tickets/DM-1"}, {"name": "refs/heads/other"}, {"commit": COMMIT}):
        (source,) = read_kustomization(kustomization(), git_repository(**ref)).sources
        assert source.revision == next(iter(ref.values())).removeprefix("refs/heads/")


def test_values_of_a_helm_release_are_overrides_where_a_hand_wrote_them():
    manifest = helm_release({"image": {"tag": "2"}, "replicas": 1})
    manifest["metadata"]["managedFields"] = [
        fields(
            "kustomize-controller",
            "2026-01-01T00:00:00Z",
            spec={"values": {"image": {"tag": {}}, "replicas": {}}},
        ),
        fields("kubectl-edit", "2026-01-02T00:00:00Z", spec={"values": {"image": {"tag": {}}}}),
    ]
    found = read_helm_release(manifest, git_repository())
    (source,) = found.sources
    assert [(each.path, each.value, each.written.by) for each in source.overrides] == [
        ("image.tag", "2", "kubectl-edit")
    ]
    assert (found.synced, found.revisions) == ("Synced", ())


def test_where_the_source_is_said():
    assert reference_of(kustomization()) == ("GitRepository", "flux-system", "tree")
    assert reference_of(helm_release()) == ("GitRepository", "shop", "tree")
    assert reference_of({"metadata": {}, "spec": {"chartRef": {"kind": "OCIRepository"}}}) is None
