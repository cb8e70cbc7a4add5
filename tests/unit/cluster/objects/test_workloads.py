"""Workloads are found as they are selected; everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from ldmrelease.cluster.client.api import Api, Listing
from ldmrelease.cluster.client.errors import Forbidden, ObjectNotFound
from ldmrelease.cluster.objects.workloads import FoundWorkloads, find, read_workload
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from tests.unit.cluster.sample_objects import (
    NEW_IMAGE,
    OLD_IMAGE,
    Object,
    bare,
    cron_job,
    daemon_set,
    deployment,
    meta,
    pod,
    stateful_set,
)

MAIN = {"main": "prompt"}
DEPLOYMENTS = "/apis/apps/v1/namespaces/ns/deployments"
PODS = "/api/v1/namespaces/ns/pods"


class Answers:
    """What a server holds, by the path of the collection; label selectors choose by equality."""

    def __init__(self) -> None:
        self.there: dict[str, list[Object]] = {}
        self.refused: set[str] = set()
        self.namespaces = {"ns"}

    def get(self, path: str) -> Object:
        collection, _, name = path.rpartition("/")
        self._check(path)
        if collection == "/api/v1/namespaces":
            if name in self.namespaces:
                return {"metadata": {"name": name}}
            raise ObjectNotFound("here", path)
        found = next((each for each in self.list(collection).items if each["metadata"]["name"] == name), None)
        if found is None:
            raise ObjectNotFound("here", path)
        return found

    def list(self, path: str, *, labels: str | None = None) -> Listing:
        self._check(path)
        items = self.there.get(path, [])
        if labels:
            key, _, value = labels.partition("=")
            items = [each for each in items if each["metadata"].get("labels", {}).get(key) == value]
        return Listing(items, "1")

    def _check(self, path: str) -> None:
        if path in self.refused:
            raise Forbidden("here", "get", path, "apps", "ns", "no")


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def found(answers: Answers) -> Callable[..., FoundWorkloads]:
    def act(*selections: Selection) -> FoundWorkloads:
        return find(cast(Api, answers), Workloads(ClusterAccess("c"), "ns", selections))

    return act


def named(name: str, *, labels: dict[str, str] | None = None, notes: dict[str, str] | None = None) -> Object:
    return deployment() | {"metadata": meta(name, labels=labels or {}, annotations=notes or {}, generation=4)}


def by(containers: dict[str, str] | None = None, **how: str) -> Selection:
    return Selection(WorkloadKind.DEPLOYMENT, containers or MAIN, **how)


def test_they_are_chosen_by_name_label_and_annotation(
    answers: Answers, found: Callable[..., FoundWorkloads]
) -> None:
    answers.there[DEPLOYMENTS] = [
        named("a"),
        named("b", labels={"app": "b"}),
        named("c", notes={"lsst.org/app": "c"}),
        named("d", notes={"lsst.org/app": "d"}),
    ]
    chosen = found(by(name="a"), by(labels="app=b"), by(annotation="lsst.org/app=c"))
    assert [each.key for each in chosen.workloads] == ["Deployment/a", "Deployment/b", "Deployment/c"]
    assert chosen.problems == ()
    assert [each.name for each in found(by(annotation="lsst.org/app")).workloads] == ["c", "d"]


def test_what_is_wrong_is_told_at_once(answers: Answers, found: Callable[..., FoundWorkloads]) -> None:
    answers.there[DEPLOYMENTS] = [named("a"), named("b")]
    problems = found(by(name="x"), by(labels="app=none"), by({"side": "prompt"}, name="a")).problems
    assert [(each.code, each.values.get("there")) for each in problems] == [
        ("workload-absent", ["a", "b"]),
        ("nothing-chosen", ["a", "b"]),
        ("container-absent", ["main"]),
    ]


def test_an_absent_namespace_is_told_instead_of_what_is_absent_in_it(
    answers: Answers, found: Callable[..., FoundWorkloads]
) -> None:
    answers.namespaces.clear()
    assert [each.code for each in found(by(name="x"), by(labels="app=a")).problems] == ["namespace-absent"]


def test_a_workload_is_not_chosen_twice(answers: Answers, found: Callable[..., FoundWorkloads]) -> None:
    answers.there[DEPLOYMENTS] = [named("a", labels={"app": "a"})]
    problem = found(by(name="a"), by(labels="app=a")).problems[0]
    assert problem.code == "chosen-twice"
    assert problem.values["selections"] == ["Deployment/a", "Deployment/app=a"]


def test_what_is_forbidden_is_told_with_the_right_that_is_missing(
    answers: Answers, found: Callable[..., FoundWorkloads]
) -> None:
    answers.refused.add(f"{DEPLOYMENTS}/a")
    problem = found(by(name="a")).problems[0]
    assert (problem.code, problem.values["verb"]) == ("forbidden", "get")


def test_who_may_read_one_alone_is_still_told_that_it_is_absent(
    answers: Answers, found: Callable[..., FoundWorkloads]
) -> None:
    answers.there[DEPLOYMENTS] = []
    answers.refused |= {"/api/v1/namespaces/ns"}
    assert [each.code for each in found(by(name="a")).problems] == ["workload-absent"]


def test_a_pod_of_another_workload_is_not_chosen(
    answers: Answers, found: Callable[..., FoundWorkloads]
) -> None:
    answers.there[PODS] = [bare(pod("one")), pod("two")]
    pods = Selection(WorkloadKind.POD, MAIN, labels=None, annotation="x")
    for each in answers.there[PODS]:
        each["metadata"]["annotations"] = {"x": ""}
    chosen = found(pods)
    assert [each.key for each in chosen.workloads] == ["Pod/one"]
    assert [(each.code, each.values["controller"]) for each in chosen.problems] == [
        ("controlled", "ReplicaSet/new")
    ]


@pytest.mark.parametrize(
    ("kind", "manifest", "replicas"),
    [
        (WorkloadKind.DEPLOYMENT, deployment(), 2),
        (WorkloadKind.STATEFUL_SET, stateful_set(), 2),
        (WorkloadKind.DAEMON_SET, daemon_set(desired=3), 3),
        (WorkloadKind.CRON_JOB, cron_job(), None),
        (WorkloadKind.POD, pod("prompt"), 1),
    ],
)
def test_the_images_of_every_kind_are_read(
    kind: WorkloadKind, manifest: Object, replicas: int | None
) -> None:
    workload = read_workload(kind, manifest, MAIN)
    assert workload.images == {"main": NEW_IMAGE}
    assert workload.replicas == replicas
    assert (workload.key, workload.uid, workload.version) == (f"{kind}/prompt", "uid-prompt", "7")


def test_init_containers_and_image_volumes_are_read() -> None:
    manifest = deployment()
    spec = manifest["spec"]["template"]["spec"]
    spec["initContainers"] = [{"name": "migrate", "image": OLD_IMAGE}]
    spec["volumes"] = [{"name": "main", "image": {"reference": "calib:1"}}, {"name": "tmp", "emptyDir": {}}]
    images = read_workload(WorkloadKind.DEPLOYMENT, manifest, MAIN).images
    assert images == {"main": NEW_IMAGE, "migrate": OLD_IMAGE, "volume/main": "calib:1"}
