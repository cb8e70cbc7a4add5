"""Others change the same workloads while a whole promotion goes on: nothing of theirs is lost or undone.

An autoscaler writes the number of pods, a second manager environment variables and annotations, again and again.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.real.kube.api import Kube, Object, Refused, path_of
from tests.real.kube.given import Cluster
from tests.real.kube.objects import container, job, labelled, pod_spec
from tests.real.kube.pair import LEVEL, Pair, make_pair
from tests.real.kube.site import BASE
from tests.real.kube.target_site import without_ours
from tests.real.kube.test_kills import assert_nothing_left, assert_recorded_once
from tests.workspace import WEEKLY

pytestmark = pytest.mark.real

AUTOSCALER, MANAGER = "kube-controller-manager-hpa", "site-operator"


@pytest.fixture(scope="module")
def pair(cluster: Cluster, second_cluster: Cluster) -> Iterator[Pair]:
    made = make_pair(cluster, second_cluster)
    yield made
    made.down()


def scale(kube: Kube, namespace: str, replicas: int) -> None:
    """As an autoscaler does it: through the scale subresource."""
    kube.request(
        "PATCH", path_of("Deployment", namespace, "ocps") + "/scale", {"spec": {"replicas": replicas}},
        content_type="application/merge-patch+json", fieldManager=AUTOSCALER,
    )  # fmt: skip


def annotate(kube: Kube, namespace: str, value: str) -> None:
    kube.apply(_of_manager(namespace, {"site.example/round": value}), MANAGER)


def manage(kube: Kube, namespace: str) -> None:
    """The other manager's own environment variable and annotation, by server-side apply."""
    kube.apply(_of_manager(namespace, {"site.example/round": "0"}), MANAGER)


def _of_manager(namespace: str, annotations: dict[str, str]) -> Object:
    variables = [{"name": "SITE_ZONE", "value": "south"}]
    template = {"spec": {"containers": [{"name": "worker", "env": variables}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "ocps", "namespace": namespace, "annotations": annotations},
        "spec": {"template": template},
    }


class Meddlers:
    """What others do in all namespaces as long as the block lasts; `rounds` counts."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._over = threading.Event()
        self.rounds = 0
        self.failures: list[BaseException] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _work(self) -> None:
        kubes = self._pair.kubes
        # A controller whose status meets another's write waits longer with each: ten writes a second would starve it.
        while not self._over.wait(0.7):
            self.rounds += 1
            for place, kube in kubes.items():
                try:
                    annotate(kube, self._pair.namespace(place), str(self.rounds))
                    # Seldom, as autoscalers do, so that rollouts come to an end.
                    if self.rounds % 10 == 0:
                        scale(kube, self._pair.namespace(place), 2 - self.rounds // 10 % 2)
                except Refused as refused:
                    # Two who write at once: the one who is late tries again in the next round.
                    if refused.code != 409:
                        self.failures.append(refused)


def theirs(deployment: Object) -> Object:
    """All of it that is neither ours nor changed by them on purpose."""
    rest = copy.deepcopy(without_ours(deployment))
    rest["spec"].pop("replicas")
    rest["metadata"]["annotations"].pop("site.example/round")
    (container,) = rest["spec"]["template"]["spec"]["containers"]
    container.pop("image")
    return rest


def managed(deployment: Object) -> dict[tuple[str, str], Any]:
    """The fields of each manager but the controllers, by manager and operation."""
    return {
        (each["manager"], each.get("subresource", "")): each["fieldsV1"]
        for each in deployment["metadata"]["managedFields"]
        if each.get("subresource") != "status"
    }


def test_an_autoscaler_and_another_manager_keep_what_is_theirs(pair: Pair, tmp_path: Path) -> None:
    pair.reset()
    site = pair.site(tmp_path / "site")
    kubes = pair.kubes
    for place, kube in kubes.items():
        manage(kube, pair.namespace(place))
        # What is written as it was is nobody's: so that it is the autoscaler's, it has to differ.
        scale(kube, pair.namespace(place), 2)
    before = {place: kube.get("Deployment", pair.namespace(place), "ocps") for place, kube in kubes.items()}
    meddlers = Meddlers(pair)
    with meddlers.at_work():
        site.ok("promote", WEEKLY, "--target", LEVEL, "--yes")
    assert meddlers.failures == []
    assert meddlers.rounds > 10, "somebody was at work all the time, the autoscaler too"
    assert_recorded_once(site)
    for place, kube in kubes.items():
        after = kube.get("Deployment", pair.namespace(place), "ocps")
        assert theirs(after) == theirs(before[place])
        assert after["metadata"]["annotations"]["site.example/round"] != "0"
        ours = managed(after).keys() - managed(before[place]).keys()
        assert ours == {("ldmrelease", ""), ("ldmrelease-fence", "")}
        assert_only_ours(managed(after))
        assert_nothing_left(pair, place, kube)


def assert_only_ours(fields: dict[tuple[str, str], Any]) -> None:
    """We own the image of the container and our annotations, and nobody else's replicas or variables."""
    ours = fields["ldmrelease", ""]
    (container,) = [
        value for key, value in ours["f:spec"]["f:template"]["f:spec"]["f:containers"].items() if key != "."
    ]
    assert container.keys() - {".", "f:name"} == {"f:image"}
    assert ours["f:spec"].keys() == {"f:template"}
    assert all(
        key.startswith("f:ldmrelease.dev/") for key in ours["f:metadata"]["f:annotations"] if key != "."
    )
    assert "f:replicas" in fields[AUTOSCALER, "scale"]["f:spec"]


def test_the_job_of_another_ledgers_promotion_of_the_same_name_is_left(pair: Pair, tmp_path: Path) -> None:
    """Promotions are numbered by their ledger: those of two may share a namespace for checks."""
    pair.reset()
    site = pair.site(tmp_path / "site")
    kube = pair.kubes[BASE]
    labels = {"ldmrelease.dev/promotion": "P-2", "ldmrelease.dev/run": "run-of-another"}
    pod = pod_spec([container("check", pair.before)])
    kube.create(labelled(job(pair.checks, "check-of-another", pod, suspend=True), **labels))
    told = json.loads(site.ok("promote", WEEKLY, "--target", BASE, "--yes", "--output", "json"))
    assert told["promotion"] == "P-2"
    assert [each["metadata"]["name"] for each in kube.list("Job", pair.checks)] == ["check-of-another"]
