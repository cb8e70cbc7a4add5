"""Workloads as a target: image fields alone are written, and who else is at work is neither disturbed nor undone."""

import threading
from pathlib import Path

import pytest

from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind
from ldmrelease.targets import registry
from ldmrelease.targets.results import Change, Refusal, Written
from tests.blamed import changed_by
from tests.real.gitops.site import Promoter, release
from tests.real.kube import objects
from tests.real.kube.api import Kube, Refused
from tests.real.kube.target_site import (
    CREATOR,
    NEW,
    NEWER,
    OLD,
    Site,
    create,
    pod,
    selection,
    site,
    without_ours,
)

pytestmark = pytest.mark.real


@pytest.fixture
def every_kind(kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path) -> Site:
    """One workload of each kind that is written."""
    template = pod(init=True)
    for each in (
        objects.deployment(namespace, "one", template, replicas=0),
        objects.stateful_set(namespace, "one", template, replicas=0),
        objects.daemon_set(namespace, "one", template | {"nodeSelector": {"there": "is-none"}}),
        objects.cron_job(namespace, "one", template),
        objects.bare_pod(namespace, "alone", pod() | {"nodeSelector": {"there": "is-none"}}),
    ):
        create(kube, each)
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
    selections = [selection(kind, "one", "main", "setup") for kind in kinds]
    return site(kube, namespace, cluster_access, tmp_path, *selections, selection("Pod", "alone"))


@pytest.fixture
def prompt(kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path) -> Site:
    """One Deployment."""
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    return site(kube, namespace, cluster_access, tmp_path, selection("Deployment", "prompt"))


NAMES = {"Deployment": "one", "StatefulSet": "one", "DaemonSet": "one", "CronJob": "one", "Pod": "alone"}


def test_nothing_but_images_and_our_annotations_differs_in_any_kind(every_kind: Site):
    before = {kind: every_kind.get(kind, name) for kind, name in NAMES.items()}
    assert isinstance(every_kind.claim(Promoter()), Written)
    assert isinstance(every_kind.write(), Written)
    for kind, name in NAMES.items():
        after = every_kind.get(kind, name)
        assert without_ours(after) == without_ours(before[kind])
        assert after["metadata"]["annotations"]["ldmrelease.dev/epoch"] == "7"
        assert after["metadata"]["annotations"]["ldmrelease.dev/promotion"] == "p-1"
        assert after["metadata"]["annotations"]["ldmrelease.dev/release"] == "sha256:aa"
    assert len(every_kind.snapshot().values) == 9
    assert every_kind.images() == {NEW}


def test_a_claim_starts_no_rollout(prompt: Site):
    def revisions() -> set[str]:
        return {each["metadata"]["name"] for each in prompt.kube.list("ReplicaSet", prompt.namespace)}

    def is_seen(deployment: dict) -> bool:
        return deployment.get("status", {}).get("observedGeneration") == deployment["metadata"]["generation"]

    prompt.kube.until("Deployment", prompt.namespace, "prompt", is_seen)
    before = revisions()
    prompt.claim(Promoter())
    prompt.kube.until("Deployment", prompt.namespace, "prompt", is_seen)
    assert revisions() == before


def test_a_second_write_finds_everything_there(every_kind: Site):
    first, second = every_kind.write(), every_kind.write()
    assert isinstance(first, Written)
    assert isinstance(second, Written)
    assert (first.found, second.found) == (False, True)
    assert first.revision == second.revision


def test_a_restore_puts_the_images_back(every_kind: Site):
    before = every_kind.snapshot()
    every_kind.write()
    edits = dict.fromkeys(before.values, NEW)
    restored = registry.restore(
        every_kind.target, before.values, edits, every_kind.access, Promoter().grant()
    )
    assert isinstance(restored, Written)
    assert every_kind.snapshot() == before


def test_a_release_wants_its_images_by_digest_where_it_has_the_component(prompt: Site):
    wanted = registry.desired(prompt.target, release("w_2", "app"), prompt.snapshot())
    assert wanted == {"Deployment/prompt/main": "ghcr.io/lsst/app@sha256:" + "1" * 64}
    refusal = registry.desired(prompt.target, release("w_2", "lab"), prompt.snapshot())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-component"


def test_the_images_that_are_stated_are_read_as_tags_and_digests(prompt: Site):
    def said() -> list[tuple]:
        stated = registry.stated(prompt.target, prompt.snapshot())
        assert isinstance(stated, tuple)
        return [(each.component, each.tag, each.digest) for each in stated]

    assert said() == [("app", "w_1", None)]
    prompt.write()
    assert said() == [("app", None, NEW.partition("@")[2])]


def test_somebody_elses_image_is_left_and_who_wrote_it_is_named(prompt: Site):
    prompt.kube.set_image("Deployment", prompt.namespace, "prompt", "main", NEWER, manager="kubectl-set")
    refusal = prompt.write()
    assert isinstance(refusal, Refusal)
    assert refusal.code == "changed-by"
    assert (refusal.values["found"], refusal.values["author"]) == (NEWER, "kubectl-set")
    assert prompt.images() == {NEWER}
    change = changed_by(prompt.target, "Deployment/prompt/main", prompt.access)
    assert isinstance(change, Change)
    assert change.author == "kubectl-set"


def test_one_field_that_is_not_ours_keeps_every_workload_as_it_is(every_kind: Site):
    every_kind.kube.set_image("StatefulSet", every_kind.namespace, "one", "main", NEWER)
    before = every_kind.snapshot()
    assert isinstance(every_kind.write(), Refusal)
    assert every_kind.snapshot() == before


def test_an_owner_who_is_not_taken_over_is_named(
    kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path
):
    create(
        kube, objects.deployment(namespace, "prompt", pod(), replicas=0), manager="kubectl-client-side-apply"
    )
    guarded = site(kube, namespace, cluster_access, tmp_path, selection("Deployment", "prompt"))
    refusal = guarded.write()
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["found"]) == ("owned-by", "kubectl-client-side-apply")
    assert guarded.images() == {OLD}


def test_an_owner_who_is_taken_over_owns_the_image_no_more(prompt: Site):
    prompt.write()
    entries = prompt.get("Deployment", "prompt")["metadata"]["managedFields"]
    owners = {each["manager"] for each in entries if '"main"' in str(each) and "f:image'" in _main(each)}
    assert owners == {"ldmrelease"}


def _main(entry: dict) -> str:
    spec = entry["fieldsV1"].get("f:spec", {}).get("f:template", {}).get("f:spec", {})
    return str(spec.get("f:containers", {}).get('k:{"name":"main"}', {}))


def test_the_next_write_needs_no_taking_over(prompt: Site):
    prompt.write()
    alone = site(
        prompt.kube,
        prompt.namespace,
        prompt.target.workloads.cluster,
        prompt.access.workspace,
        *prompt.target.workloads.selections,
        take_over=(),
    )
    assert isinstance(alone.write(NEWER, expect=NEW), Written)


def test_a_container_that_is_mapped_no_more_keeps_the_image_that_we_wrote(
    kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path
):
    create(kube, objects.deployment(namespace, "prompt", pod(init=True), replicas=0))
    both = site(kube, namespace, cluster_access, tmp_path, selection("Deployment", "prompt", "main", "setup"))
    both.write()
    one = site(kube, namespace, cluster_access, tmp_path, selection("Deployment", "prompt", "main"))
    assert isinstance(one.write(NEWER, expect=NEW), Written)
    assert both.snapshot().values == {"Deployment/prompt/main": NEWER, "Deployment/prompt/setup": NEW}


def test_an_autoscaler_and_another_manager_at_work_are_not_disturbed(
    kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path
):
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    busy = site(kube, namespace, cluster_access, tmp_path, selection("Deployment", "prompt"))
    start = busy.get("Deployment", "prompt")
    stop = threading.Event()
    counts = {"scaled": 0, "managed": 0}

    def scale() -> None:
        # As kube-controller-manager does for an autoscaler: by the subresource.
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/prompt/scale"
        while not stop.is_set():
            change = {"spec": {"replicas": counts["scaled"] % 2}}
            kube.request("PATCH", path, change, content_type="application/merge-patch+json")
            counts["scaled"] += 1
            stop.wait(0.05)

    def manage() -> None:
        while not stop.is_set():
            counts["managed"] += 1
            main = {"name": "main", "env": [{"name": "LEVEL", "value": str(counts["managed"])}]}
            change = {
                "metadata": {"annotations": {"other.example/turn": str(counts["managed"])}},
                "spec": {"template": {"spec": {"containers": [main]}}},
            }
            path = f"/apis/apps/v1/namespaces/{namespace}/deployments/prompt"
            strategic = "application/strategic-merge-patch+json"
            kube.request("PATCH", path, change, content_type=strategic, fieldManager="other")
            stop.wait(0.05)

    others = [threading.Thread(target=each) for each in (scale, manage)]
    for each in others:
        each.start()
    try:
        expect = OLD
        for number in range(20):
            image = f"registry.example/lsst/app@sha256:{number:064x}"
            written = busy.write(image, Promoter(), expect=expect)
            assert isinstance(written, Written), written
            expect = image
    finally:
        stop.set()
        for each in others:
            each.join()
    end = busy.get("Deployment", "prompt")
    assert end["spec"]["replicas"] == (counts["scaled"] - 1) % 2
    assert end["metadata"]["annotations"]["other.example/turn"] == str(counts["managed"])
    main = end["spec"]["template"]["spec"]["containers"][0]
    assert main["env"] == [{"name": "LEVEL", "value": str(counts["managed"])}]
    assert main["image"] == expect
    # What the two wrote has been looked at: nothing else differs.
    end["spec"]["replicas"] = start["spec"]["replicas"]
    del end["metadata"]["annotations"]["other.example/turn"]
    main["env"] = start["spec"]["template"]["spec"]["containers"][0]["env"]
    assert without_ours(end) == without_ours(start)


def test_a_partial_apply_of_an_unknown_container_would_add_it(prompt: Site):
    """Why names of containers are looked at when planning."""
    spec = {"template": {"spec": {"containers": [{"name": "mian", "image": NEW}]}}}
    partial = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": prompt.namespace, "name": "prompt"},
        "spec": spec,
    }
    prompt.kube.apply(partial, "somebody")
    containers = prompt.get("Deployment", "prompt")["spec"]["template"]["spec"]["containers"]
    assert "mian" in {each["name"] for each in containers}


def test_a_stale_version_is_refused_even_with_force(prompt: Site):
    """What the fence rests on."""
    stale = prompt.get("Deployment", "prompt")["metadata"]
    prompt.kube.patch("Deployment", prompt.namespace, "prompt", {"metadata": {"labels": {"moved": "yes"}}})
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {key: stale[key] for key in ("namespace", "name", "uid", "resourceVersion")},
    }
    body["metadata"]["annotations"] = {"late": "yes"}
    with pytest.raises(Refused) as refused:
        prompt.kube.apply(body, "late", force=True)
    assert refused.value.code == 409


def test_a_workload_that_goes_and_comes_back_is_judged_by_what_it_says(prompt: Site):
    edits = prompt.edits()
    prompt.claim(Promoter())
    prompt.kube.delete("Deployment", prompt.namespace, "prompt")
    prompt.kube.gone("Deployment", prompt.namespace, "prompt")
    gone = registry.write(
        prompt.target, edits, prompt.access, expect=dict.fromkeys(edits, OLD), grant=Promoter().grant()
    )
    assert isinstance(gone, Refusal)
    assert gone.code == "workload-absent"
    create(prompt.kube, objects.deployment(prompt.namespace, "prompt", pod(image=NEWER), replicas=0))
    back = prompt.write()
    assert isinstance(back, Refusal)
    assert (back.code, back.values["author"]) == ("changed-by", CREATOR)


def test_workloads_are_chosen_by_label_and_annotation(
    kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path
):
    for name, team in (("a", "prompt"), ("b", "prompt"), ("c", "other")):
        made = objects.labelled(objects.deployment(namespace, name, pod(), replicas=0), team=team)
        create(kube, objects.annotated(made, {"lsst.org/team": team}))
    by_label = Selection(WorkloadKind.DEPLOYMENT, {"main": "app"}, labels="team=prompt")
    by_annotation = Selection(WorkloadKind.DEPLOYMENT, {"main": "app"}, annotation="lsst.org/team=other")
    chosen = site(kube, namespace, cluster_access, tmp_path, by_label, by_annotation)
    assert set(chosen.snapshot().values) == {f"Deployment/{name}/main" for name in "abc"}
