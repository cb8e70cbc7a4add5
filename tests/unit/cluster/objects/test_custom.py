"""Custom resources: where their images stand, and what is said of their pods, which have no revisions."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ObjectNotFound
from ldmrelease.cluster.objects.custom import Located, locate, pointer
from ldmrelease.cluster.objects.owners import image_field, owners
from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.objects.workloads import Workload, find, read_workload
from ldmrelease.cluster.rollout.assess import assess
from ldmrelease.cluster.rollout.status import Degraded, Healthy, ImageMismatch, ScaledToZero, Status
from ldmrelease.domain.workload_selection import (
    ClusterAccess,
    CustomResource,
    Selection,
    WorkloadKind,
    Workloads,
)
from ldmrelease.targets.editors.image_fields import operations
from tests.unit.cluster.sample_objects import (
    NEW_IMAGE,
    OLD_IMAGE,
    WANTED,
    Object,
    meta,
    old_pod,
    pod,
    template,
    waiting,
)

PATH = "spec.template.spec.containers[0].image"
LABELS = {"app": "ocps"}
COLLECTION = "/apis/argoproj.io/v1alpha1/namespaces/ns/rollouts"


def resource(path: str = PATH) -> CustomResource:
    return CustomResource("Rollout", "argoproj.io/v1alpha1", {"main": path}, LABELS)


def rollout(image: str = NEW_IMAGE, *, observed: object = None, **spec: Any) -> Object:
    status = {} if observed is None else {"observedGeneration": observed}
    specified = {"template": template({"main": image})} | spec
    return {"metadata": meta("ocps", generation=4), "spec": specified, "status": status}


def read(manifest: Object, path: str = PATH) -> Workload:
    return read_workload(
        WorkloadKind.CUSTOM, manifest, {"main": "prompt"}, collection=COLLECTION, resource=resource(path)
    )


def labelled(found: Object, **labels: str) -> Object:
    return {**found, "metadata": {**found["metadata"], "labels": labels or LABELS}}


def judged(manifest: Object, *pods: Object) -> Status:
    return assess(read(manifest), Related(pods=pods), WANTED)


# Where an image stands


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("spec.image", "/spec/image"),
        ("spec.list[1].image", "/spec/list/1/image"),
        ("spec.list[b].image", "/spec/list/1/image"),
        ('spec."a.b/c~d"', "/spec/a.b~1c~0d"),
    ],
)
def test_a_path_leads_to_a_text(path: str, at: str) -> None:
    items = [{"name": "a", "image": "one"}, {"name": "b", "image": "two"}]
    found = locate({"spec": {"image": "two", "list": items, "a.b/c~d": "two"}}, path)
    assert found is not None
    assert (pointer(found.steps), found.text) == (at, "two")


@pytest.mark.parametrize(
    "path",
    [
        "spec.nothing",
        "spec.list[2].image",
        "spec.list[c].image",
        "spec.list[twice].image",
        "spec.list.image",
        "spec.image[0]",
        "spec.image.more",
        "spec.list",
        "spec.number",
    ],
)
def test_a_path_to_no_text_leads_nowhere(path: str) -> None:
    items = [{"name": "twice", "image": "one"}, {"name": "twice", "image": "two"}]
    assert locate({"spec": {"image": "two", "list": items, "number": 1}}, path) is None


_KEYS = st.text(st.characters(exclude_characters='"\\', categories=["L", "N", "P", "S"]), min_size=1)


@given(
    st.lists(_KEYS | st.integers(0, 3), min_size=1, max_size=5).filter(lambda each: isinstance(each[0], str))
)
def test_whatever_is_there_is_found_by_its_path(steps: list[str | int]) -> None:
    manifest: Any = "image"
    for step in reversed(steps):
        manifest = {step: manifest} if isinstance(step, str) else [*[{}] * step, manifest]
    spelled = "".join(f'."{each}"' if isinstance(each, str) else f"[{each}]" for each in steps)
    assert locate(manifest, spelled.removeprefix(".")) == Located(tuple(steps), "image")


class Answers:
    """A server with one Rollout."""

    def path_for(self, manifest: Object, namespace: str) -> str:
        if manifest["kind"] != "Rollout":
            raise ObjectNotFound(
                "here", f"the cluster has no kind {manifest['kind']} of {manifest['apiVersion']}"
            )
        return COLLECTION

    def get(self, path: str) -> Object:
        if path != f"{COLLECTION}/ocps":
            raise ObjectNotFound("here", path)
        return rollout()


def test_it_is_found_with_what_is_wrong_of_it() -> None:
    def found(custom: CustomResource) -> tuple[list[str], list[str]]:
        chosen = Selection(WorkloadKind.CUSTOM, {"main": "prompt"}, name="ocps", custom=custom)
        asked = Workloads(ClusterAccess("c"), "ns", (chosen,))
        all_of_it = find(cast(Api, Answers()), asked)
        return [each.key for each in all_of_it.workloads], [each.code for each in all_of_it.problems]

    assert found(resource()) == (["Rollout/ocps"], [])
    assert found(resource("spec.template.spec.containers[1].image"))[1] == ["image-absent"]
    other = CustomResource("Rolout", "argoproj.io/v1alpha1", {"main": PATH}, LABELS)
    assert found(other) == ([], ["kind-absent"])


# What is written


def test_what_was_read_is_tested_and_the_image_alone_is_replaced() -> None:
    written = operations(read(rollout()), {"Rollout/ocps/main": "new"}, {"ldmrelease.dev/release": "r"})
    image = "/spec/template/spec/containers/0/image"
    assert written == [
        {"op": "test", "path": "/metadata/uid", "value": "uid-ocps"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/metadata/annotations/ldmrelease.dev~1release", "value": "r"},
        {"op": "test", "path": image, "value": NEW_IMAGE},
        {"op": "replace", "path": image, "value": "new"},
    ]


@pytest.mark.parametrize(
    "containers", [{}, {'k:{"name":"main"}': {".": {}, "f:image": {}}}, {'k:{"name":"main"}': {}}]
)
def test_whoever_owns_the_list_or_the_field_owns_the_image(containers: Object) -> None:
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": containers}}}}
    manifest = rollout()
    manifest["metadata"]["managedFields"] = [
        {"manager": "somebody", "fieldsV1": fields},
        {"manager": "scaler", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {"manager": "nobody", "fieldsV1": {}},
    ]
    workload = read(manifest)
    found = owners(manifest, image_field(workload, workload.containers[0]))
    assert [each.manager for each in found] == ["somebody"]


# What runs


@pytest.mark.parametrize("observed", [None, 4, "4", "6f7c9d"])
def test_it_runs_when_every_pod_with_its_labels_runs_it(observed: object) -> None:
    others = old_pod("of-another")
    found = judged(rollout(observed=observed), labelled(pod("a")), labelled(others, app="other"), others)
    assert isinstance(found, Healthy)


@pytest.mark.parametrize("observed", [3, "3"])
def test_a_generation_that_its_controller_has_not_seen_is_waited_for(observed: object) -> None:
    assert judged(rollout(observed=observed), labelled(pod("a"))).code == "not-observed"


def test_any_pod_that_runs_something_else_is_waited_for() -> None:
    found = judged(rollout(), labelled(pod("a")), labelled(old_pod("z")))
    assert (found.code, found.values["waiting_for"]) == ("old-pods", ["z"])


def test_a_pod_of_the_same_digest_from_another_repository_is_new() -> None:
    elsewhere = NEW_IMAGE.replace("registry.lsst.org", "mirror.example")
    assert isinstance(judged(rollout(), labelled(pod("a", elsewhere))), Healthy)


def test_as_many_pods_are_waited_for_as_it_asks_for_and_one_where_it_does_not_say() -> None:
    assert judged(rollout()).code == "creating"
    assert judged(rollout(replicas=2), labelled(pod("a"))).code == "creating"
    assert isinstance(judged(rollout(replicas=0)), ScaledToZero)


def test_a_new_pod_in_trouble_is_told_and_an_old_one_is_not() -> None:
    crash = waiting("CrashLoopBackOff", restarts=3)
    fine = labelled(pod("a"))
    assert isinstance(judged(rollout(), fine, labelled(pod("b", container=crash, ready=False))), Degraded)
    old = labelled(old_pod("z", container=crash, ready=False))
    assert judged(rollout(), fine, old).code == "old-pods"


def test_a_resource_that_names_another_image_is_unwritten() -> None:
    assert isinstance(judged(rollout(OLD_IMAGE), labelled(old_pod("z"))), ImageMismatch)
