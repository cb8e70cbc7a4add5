"""Custom resources that name images: written by JSON Patch at their paths, seen at the pods that carry their labels."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.cluster.client.api import open_api
from ldmrelease.cluster.client.errors import Conflict, Invalid
from ldmrelease.cluster.objects.workloads import find
from ldmrelease.domain.workload_selection import ClusterAccess, CustomResource, Selection, WorkloadKind
from ldmrelease.targets import registry
from ldmrelease.targets.editors import image_fields
from ldmrelease.targets.results import Change, Refusal, Written
from tests.blamed import changed_by
from tests.real.gitops.site import Promoter
from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube, Object, Refused
from tests.real.kube.custom import Kind, defined
from tests.real.kube.one_place import COMPONENT, OnePlace
from tests.real.kube.target_site import CREATOR, NEW, NEWER, OLD, Site, site
from tests.workspace import WEEKLY

pytestmark = pytest.mark.real

PATH = "spec.template.spec.containers[0].image"
LABELS = {"app": "ocps"}

# As of Argo Rollouts: its lists have no keys, so that server-side apply takes them as one.
SCHEMA: Object = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer"},
        "template": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "sidecar": {"type": "object", "properties": {"image": {"type": "string", "maxLength": 200}}},
    },
}


@pytest.fixture
def rollouts(kube: Kube, namespace: str) -> Iterator[Kind]:
    with defined(kube, namespace, "Rollout", SCHEMA) as kind:
        yield kind


def create(rollouts: Kind, pod: Object, **spec: object) -> Object:
    template = {"metadata": {"labels": LABELS}, "spec": pod}
    made = rollouts.body({"template": template} | spec, name="ocps")
    return rollouts.kube.request("POST", rollouts.path(), made, fieldManager=CREATOR)


def get(rollouts: Kind) -> Object:
    return rollouts.kube.request("GET", rollouts.path("ocps"))


def images(rollouts: Kind) -> list[str]:
    """What the resource says of its containers."""
    return [each["image"] for each in get(rollouts)["spec"]["template"]["spec"]["containers"]]


@contextmanager
def controlled(rollouts: Kind) -> Iterator[None]:
    """Somebody who makes one pod of the resource's template, and replaces it when that changes."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.1):
            _reconcile(rollouts)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _reconcile(rollouts: Kind) -> None:
    kube, namespace, resource = rollouts.kube, rollouts.namespace, get(rollouts)
    generation, spec = resource["metadata"]["generation"], resource["spec"]["template"]["spec"]
    wanted = [each["image"] for each in spec["containers"]]
    pods = [each for each in kube.list("Pod", namespace) if "deletionTimestamp" not in each["metadata"]]
    old = [each for each in pods if [one["image"] for one in each["spec"]["containers"]] != wanted]
    for each in old:
        kube.delete("Pod", namespace, each["metadata"]["name"])
    if len(pods) == len(old):
        kube.create(objects.bare_pod(namespace, f"ocps-{generation}", spec) | {"metadata": _meta(resource)})
    # Argo Rollouts says it as text.
    if resource.get("status", {}).get("observedGeneration") != str(generation):
        body = resource | {"status": {"observedGeneration": str(generation)}}
        with suppress(Refused):  # Changed meanwhile: next time.
            kube.request("PUT", f"{rollouts.path('ocps')}/status", body)


def _meta(resource: Object) -> Object:
    meta = resource["metadata"]
    return {"namespace": meta["namespace"], "name": f"ocps-{meta['generation']}", "labels": LABELS}


@pytest.fixture
def ocps(place: OnePlace, rollouts: Kind) -> Iterator[OnePlace]:
    """The place runs by a Rollout, whose container `main` is ours and `side` is not."""
    main = objects.container("main", place.old.by_tag, env={"LEVEL": "1"})
    create(rollouts, objects.pod_spec([main, objects.container("side", place.old.by_digest)]))
    selected = {
        "kind": "Rollout",
        "api-version": rollouts.api_version,
        "name": "ocps",
        "containers": {"main": COMPONENT},
        "images": {"main": PATH},
        "pods": LABELS,
    }
    place.select(selected)
    with controlled(rollouts):
        place.kube.until("Pod", place.namespace, "ocps-1", objects.ready)
        yield place


def test_a_custom_resource_is_promoted(ocps: OnePlace, rollouts: Kind):
    before = get(rollouts)["spec"]
    weekly = ocps.push_weekly()
    done = ocps.promote()
    assert "written: Rollout/ocps main" in done.stderr
    resource = get(rollouts)
    main, side = resource["spec"]["template"]["spec"]["containers"]
    assert (main["image"], side["image"]) == (weekly.by_digest, ocps.old.by_digest)
    main["image"] = ocps.old.by_tag
    assert resource["spec"] == before
    assert {"ldmrelease.dev/epoch", "ldmrelease.dev/promotion"} <= resource["metadata"]["annotations"].keys()
    (row,) = ocps.where()
    assert (row["release"], row["state"]) == (f"stack/{WEEKLY}", "running")
    assert ocps.receipts()
    assert "nothing to do" in ocps.promote().stdout


def test_what_crashes_is_put_back(ocps: OnePlace, rollouts: Kind):
    ocps.push_weekly("crash")
    done = ocps.promote(ExitCode.UNDECIDED)
    assert "crashes again and again" in done.stdout
    assert "put back what was there" in done.stderr
    assert images(rollouts) == [ocps.old.by_tag, ocps.old.by_digest]
    assert ocps.receipts() == []


def selection(rollouts: Kind, path: str = PATH, kind: str = "Rollout") -> Selection:
    resource = CustomResource(kind, rollouts.api_version, {"main": path}, LABELS)
    return Selection(WorkloadKind.CUSTOM, {"main": "app"}, name="ocps", custom=resource)


def a_pod() -> Object:
    return objects.pod_spec([objects.container(each, OLD) for each in ("main", "side")])


@pytest.fixture
def target(rollouts: Kind, kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path) -> Site:
    """A Rollout of no controller, and the target that writes it."""
    create(rollouts, a_pod(), sidecar={"image": OLD})
    return site(kube, namespace, cluster_access, tmp_path, selection(rollouts))


@pytest.mark.parametrize("path", [PATH, "spec.template.spec.containers[main].image", "spec.sidecar.image"])
def test_one_text_is_written_and_restored(target: Site, rollouts: Kind, path: str):
    chosen = site(
        target.kube,
        target.namespace,
        target.target.workloads.cluster,
        target.access.workspace,
        selection(rollouts, path),
    )
    assert registry.preflight(chosen.target, chosen.access) is None
    before = chosen.snapshot()
    assert before.values == {"Rollout/ocps/main": OLD}
    specified = get(rollouts)["spec"]
    written = chosen.write()
    assert isinstance(written, Written)
    assert (written.found, written.fields) == (False, ("Rollout/ocps/main",))
    assert chosen.images() == {NEW}
    after = json.dumps(get(rollouts)["spec"])
    assert (after.count(NEW), after.replace(NEW, OLD)) == (1, json.dumps(specified))
    change = changed_by(chosen.target, "Rollout/ocps/main", chosen.access)
    assert isinstance(change, Change)
    assert change.author == "ldmrelease"
    edits = dict.fromkeys(before.values, NEW)
    restored = registry.restore(chosen.target, before.values, edits, chosen.access, Promoter().grant())
    assert isinstance(restored, Written)
    assert get(rollouts)["spec"] == specified


def set_image(target: Site, rollouts: Kind, image: str, manager: str) -> None:
    path = "/spec/template/spec/containers/0/image"
    operations = [{"op": "replace", "path": path, "value": image}]
    kind = "application/json-patch+json"
    target.kube.request("PATCH", rollouts.path("ocps"), operations, content_type=kind, fieldManager=manager)


def test_somebody_elses_image_is_left_and_who_wrote_it_is_named(target: Site, rollouts: Kind):
    set_image(target, rollouts, NEWER, "somebody")
    refusal = registry.preflight(target.target, target.access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["found"]) == ("owned-by", "somebody")
    written = target.write()
    assert isinstance(written, Refusal)
    assert (written.code, written.values["author"]) == ("changed-by", "somebody")
    assert images(rollouts)[0] == NEWER


def test_who_is_late_writes_nothing(target: Site, rollouts: Kind, cluster_access: ClusterAccess):
    api = open_api(cluster_access)
    (read,) = find(api, target.target.workloads).workloads
    late = image_fields.operations(read, {"Rollout/ocps/main": NEW}, {})
    assert isinstance(target.claim(Promoter(epoch=9, promotion="p-2")), Written)
    with pytest.raises(Conflict):
        api.patch(read.path, late, manager="ldmrelease")
    assert images(rollouts) == [OLD, OLD]


def test_a_value_that_the_schema_does_not_take_is_no_conflict(
    target: Site, rollouts: Kind, cluster_access: ClusterAccess
):
    long = [{"op": "replace", "path": "/spec/sidecar/image", "value": "x" * 201}]
    with pytest.raises(Invalid, match="Too long"):
        open_api(cluster_access).patch(rollouts.path("ocps"), long, manager="ldmrelease")


def test_what_is_wrong_is_found_when_planning(
    target: Site, rollouts: Kind, account: Callable[..., Account], tmp_path: Path
):
    reader = account("reader", rules=[rule("get list", "rollouts", group=rollouts.group)])
    access = ClusterAccess(reader.context, str(reader.kubeconfig))
    wrong = site(
        target.kube,
        target.namespace,
        access,
        tmp_path,
        selection(rollouts, "spec.template.spec.containers[7].image"),
        selection(rollouts, kind="Rolout"),
    )
    refusal = registry.preflight(wrong.target, wrong.access)
    assert isinstance(refusal, Refusal)
    codes = {(each.code, each.values.get("resource")) for each in refusal.each}
    assert {("image-absent", None), ("kind-absent", None), ("forbidden", "rollouts")} <= codes
    said = refusal_words(refusal)
    assert "Rollout/ocps has no image at spec.template.spec.containers[7].image" in said
    assert "Rolout" in said
