"""Whole manifests of workloads, applied with the images of a release."""

from pathlib import Path

import pytest
import yaml

from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot, Written
from ldmrelease.targets.stores.revert import BEFORE
from tests.real.gitops.site import Promoter
from tests.real.kube import objects
from tests.real.kube.api import Kube
from tests.real.kube.target_site import CREATOR, NEW, NEWER, OLD, Site, create, pod, selection, site

pytestmark = pytest.mark.real


def manifest(name: str = "prompt", *, replicas: int = 2, level: str = "2", **more: object) -> dict:
    """What the folder says: images by component, and something else than what is there."""
    template = objects.pod_spec(
        [
            {"name": "main", "image": "component://app", "env": [{"name": "LEVEL", "value": level}]},
            {"name": "side", "image": "registry.example/side:1"},
        ]
    )
    made = objects.deployment("", name, template, replicas=replicas)
    del made["metadata"]["namespace"]
    return made | more


def put(workspace: Path, *manifests: dict) -> None:
    folder = workspace / "manifests"
    folder.mkdir(exist_ok=True)
    (folder / "prompt.yaml").write_text(yaml.safe_dump_all(manifests))


@pytest.fixture
def whole(kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path) -> Site:
    """A Deployment that an autoscaler has scaled to 0, and its manifest, which says 2."""
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    put(tmp_path, manifest())
    chosen = selection("Deployment", "prompt")
    return site(kube, namespace, cluster_access, tmp_path, chosen, manifests="manifests")


def codes(refusal: object) -> list[str]:
    assert isinstance(refusal, Refusal), refusal
    return [each.code for each in refusal.each]


def test_the_manifest_is_applied_with_the_images_and_without_replicas(whole: Site):
    assert registry.preflight(whole.target, whole.access) is None
    assert isinstance(whole.write(), Written)
    spec = whole.get("Deployment", "prompt")["spec"]
    assert spec["replicas"] == 0
    main, side = spec["template"]["spec"]["containers"]
    assert (main["image"], main["env"]) == (NEW, [{"name": "LEVEL", "value": "2"}])
    assert side["image"] == "registry.example/side:1"


def test_a_second_write_finds_it_there_and_the_next_promotion_applies_again(whole: Site):
    whole.write()
    again = whole.write()
    assert isinstance(again, Written)
    assert again.found
    put(whole.access.workspace, manifest(level="3"))
    later = Promoter(epoch=9, promotion="p-2")
    written = whole.write(promoter=later, expect=NEW)
    assert isinstance(written, Written)
    assert not written.found
    main = whole.get("Deployment", "prompt")["spec"]["template"]["spec"]["containers"][0]
    assert main["env"] == [{"name": "LEVEL", "value": "3"}]


def spec_of(at: Site) -> dict:
    """What a promotion may change."""
    found = at.get("Deployment", "prompt")
    return {
        key: found["spec"][key] for key in ("template", "strategy", "minReadySeconds") if key in found["spec"]
    }


def put_back(at: Site, before: Snapshot, promoter: Promoter) -> None:
    ours = at.snapshot().values
    restored = registry.restore(at.target, before.values, ours, at.access, promoter.grant())
    assert isinstance(restored, Written), restored


def test_a_restore_puts_back_all_that_the_manifest_has_changed(whole: Site):
    """What was there before was somebody's; its values come back, whoever owns them from now on."""
    whole_manifest = manifest()
    whole_manifest["spec"]["minReadySeconds"] = 5
    whole_manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["/no-such-program"]
    put(whole.access.workspace, whole_manifest)
    before, spec = whole.snapshot(), spec_of(whole)
    whole.write()
    assert spec_of(whole) != spec
    put_back(whole, before, Promoter())
    assert spec_of(whole) == spec
    again = registry.restore(whole.target, before.values, before.values, whole.access, Promoter().grant())
    assert isinstance(again, Written)
    assert again.found


def test_a_restore_brings_back_the_manifest_of_the_promotion_before(whole: Site):
    """With what it alone had set, which the next manifest has left out."""
    first = manifest(level="2")
    metadata = first["spec"]["template"]["metadata"]
    metadata["labels"] = {**metadata["labels"], "tier": "one"}
    put(whole.access.workspace, first)
    written = whole.write()
    assert isinstance(written, Written), written
    before, spec = whole.snapshot(), spec_of(whole)
    put(whole.access.workspace, manifest(level="3"))
    later = Promoter(epoch=9, promotion="p-2")
    assert isinstance(whole.write(NEWER, later, expect=NEW), Written)
    assert "tier" not in spec_of(whole)["template"]["metadata"]["labels"]
    put_back(whole, before, later)
    assert spec_of(whole) == spec
    assert whole.images() == {NEW}


def set_image(at: Site, image: str) -> None:
    """Somebody who yields writes the image alone."""
    containers = [{"name": "main", "image": image}]
    change = {"spec": {"template": {"spec": {"containers": containers}}}}
    path = f"/apis/apps/v1/namespaces/{at.namespace}/deployments/prompt"
    strategic = "application/strategic-merge-patch+json"
    at.kube.request("PATCH", path, change, content_type=strategic, fieldManager=CREATOR)


def test_a_restore_puts_back_the_image_that_was_claimed_whatever_was_there_at_the_write(whole: Site):
    """Somebody has written the image of the release between the two."""
    before, spec = whole.snapshot(), spec_of(whole)
    set_image(whole, NEW)
    whole.write()
    put_back(whole, before, Promoter())
    assert whole.images() == {OLD}
    assert spec_of(whole) == spec


def test_a_write_that_is_repeated_keeps_what_the_first_has_found(whole: Site):
    """Somebody has put the image back, and the manifest's rest is ours still."""
    before, spec = whole.snapshot(), spec_of(whole)
    whole.write()
    set_image(whole, OLD)
    again = whole.write()
    assert isinstance(again, Written)
    assert not again.found
    put_back(whole, before, Promoter())
    assert spec_of(whole) == spec


def test_an_undo_that_somebody_has_spoiled_does_not_keep_the_image_from_being_put_back(whole: Site):
    before = whole.snapshot()
    whole.write()
    whole.kube.patch(
        "Deployment", whole.namespace, "prompt", {"metadata": {"annotations": {BEFORE: "{"}}}, "site"
    )
    put_back(whole, before, Promoter())
    assert whole.images() == {OLD}


def test_a_restore_leaves_what_others_have_changed_meanwhile(whole: Site):
    before = whole.snapshot()
    whole.write()
    whole.kube.patch(
        "Deployment", whole.namespace, "prompt", {"spec": {"replicas": 0, "paused": True}}, "site"
    )
    put_back(whole, before, Promoter())
    assert whole.get("Deployment", "prompt")["spec"]["paused"] is True
    assert whole.images() == {OLD}


def test_what_an_earlier_promotion_has_applied_is_not_undone_by_a_later_one(whole: Site):
    """It was claimed and halted before it wrote anything."""
    whole.write()
    before, spec = whole.snapshot(), spec_of(whole)
    later = Promoter(epoch=9, promotion="p-2")
    whole.claim(later)
    put_back(whole, before, later)
    assert spec_of(whole) == spec


def test_both_modes_can_follow_each_other(whole: Site):
    fields = site(
        whole.kube,
        whole.namespace,
        whole.target.workloads.cluster,
        whole.access.workspace,
        *whole.target.workloads.selections,
    )
    assert isinstance(fields.write(), Written)
    assert isinstance(whole.write(NEWER, Promoter(9, "p-2"), expect=NEW), Written)
    assert isinstance(fields.write(NEW, Promoter(11, "p-3"), expect=NEWER), Written)
    assert whole.images() == {NEW}


def test_a_field_of_another_manager_is_refused_by_its_name(whole: Site):
    kube, namespace = whole.kube, whole.namespace
    containers = [{"name": "main", "env": [{"name": "LEVEL", "value": "9"}]}]
    change = {"spec": {"template": {"spec": {"containers": containers}}}}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/prompt"
    strategic = "application/strategic-merge-patch+json"
    kube.request("PATCH", path, change, content_type=strategic, fieldManager="somebody")
    for refusal in (registry.preflight(whole.target, whole.access), whole.write()):
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.values["found"]) == ("owned-by", "somebody")
    assert whole.images() == {OLD}


def test_what_the_api_server_would_not_take_is_found_when_planning(whole: Site):
    wrong = manifest()
    wrong["spec"]["selector"]["matchLabels"] = {"app": "other"}
    wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    put(whole.access.workspace, wrong)
    before = objects.apart_from_status(whole.get("Deployment", "prompt"))
    refusal = registry.preflight(whole.target, whole.access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-accepted"
    assert "immutable" in str(refusal.values["found"])
    assert objects.apart_from_status(whole.get("Deployment", "prompt")) == before


def test_everything_that_is_wrong_with_manifests_is_found_when_planning(whole: Site):
    wrong = manifest()
    wrong["metadata"]["namespace"] = "elsewhere"
    containers = wrong["spec"]["template"]["spec"]["containers"]
    containers[0]["image"] = "registry.example/app:1"
    containers[1]["image"] = "component://sidecar"
    put(whole.access.workspace, wrong, manifest("other"))
    found = sorted(codes(registry.preflight(whole.target, whole.access)))
    assert found == ["no-component-image", "not-selected", "other-namespace", "unknown-component"]
    assert sorted(codes(registry.read(whole.target, whole.access))) == found


def test_a_workload_without_a_manifest_is_refused(whole: Site):
    put(whole.access.workspace, manifest("other"))
    assert sorted(codes(registry.read(whole.target, whole.access))) == ["no-manifest", "not-selected"]


def test_a_folder_without_manifests_is_refused(whole: Site):
    (whole.access.workspace / "manifests" / "prompt.yaml").unlink()
    assert codes(registry.preflight(whole.target, whole.access)) == ["no-manifests"]


def test_what_is_no_yaml_is_refused_with_file_and_line(whole: Site):
    (whole.access.workspace / "manifests" / "prompt.yaml").write_text("kind: Deployment\nspec: [\n")
    refusal = registry.read(whole.target, whole.access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["file"]) == ("not-yaml", "manifests/prompt.yaml")
    assert refusal.values["line"]
