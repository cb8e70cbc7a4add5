"""Places that run as Jobs for weeks: written through the tree, replaced by whoever syncs it, seen at their pods.

The test plays Argo CD, which deletes a Job and makes it anew, and KEDA, which makes Jobs of a ScaledJob.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.api import Kube, Object
from tests.real.kube.one_place import COMPONENT, NEW, OLD, OnePlace
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real

JOBS = {"kind": "Job", "labels": "app=dome", "containers": {"main": COMPONENT}}
KEDA = "keda.sh/v1alpha1"


@pytest.fixture
def dome(place: OnePlace) -> OnePlace:
    """What ran before runs as a Job, and the weekly is built."""
    place.push_weekly()
    place.select("Job/dome", target=None, deadline="90s", patience="5s")
    run_job(place, "dome", OLD)
    return place


def pod_at(place: OnePlace, tag: str) -> Object:
    return objects.pod_spec([objects.container("main", f"{place.old.repository}:{tag}")])


def run_job(place: OnePlace, name: str, tag: str) -> None:
    """A Job that goes on until it is deleted, and its pod runs."""
    made = objects.job(place.namespace, name, pod_at(place, tag))
    place.kube.create(objects.labelled(made, app="dome"))


def delete_job(place: OnePlace, name: str) -> None:
    """As `kubectl delete` and Argo CD do: its pods go with it."""
    path = f"/apis/batch/v1/namespaces/{place.namespace}/jobs/{name}"
    place.kube.request("DELETE", path, {"propagationPolicy": "Background"})
    place.kube.gone("Job", place.namespace, name)


def committed(place: OnePlace) -> str:
    return NEW if NEW in place.site.committed(PLACE) else OLD


@contextmanager
def synced(place: OnePlace, act: Callable[[], None]) -> Iterator[None]:
    """Somebody acts as soon as the tree has changed."""

    def watching() -> None:
        for _ in range(600):
            if committed(place) == NEW:
                act()
                return
            threading.Event().wait(0.1)

    at_work = threading.Thread(target=watching)
    at_work.start()
    yield
    at_work.join()


def running(place: OnePlace) -> tuple[str, str]:
    (row,) = place.where()
    return row["release"], row["state"]


def test_a_job_that_goes_on_counts_as_running(dome: OnePlace):
    dome.kube.until("Job", dome.namespace, "dome", lambda each: bool(each["status"].get("ready")))
    dome.site.ok("release", "pin", "w.2023.15")
    dome.run("observe", "--target", PLACE)
    assert running(dome) == ("stack/w.2023.15", "running")


def test_a_job_that_is_deleted_and_made_anew_is_followed_to_its_pod(dome: OnePlace):
    def replace() -> None:
        delete_job(dome, "dome")
        run_job(dome, "dome", NEW)

    with synced(dome, replace):
        dome.promote()
    assert running(dome) == (f"stack/{WEEKLY}", "running")
    assert {each.promotion for each in dome.receipts()} == {dome.show()["promotion"]}


def test_a_job_of_another_name_takes_its_place(dome: OnePlace):
    dome.select(JOBS, target=None, deadline="90s", patience="5s")

    def replace() -> None:
        # The new one is there before the old one has gone.
        run_job(dome, "dome-2", NEW)
        delete_job(dome, "dome")

    with synced(dome, replace):
        dome.promote()
    assert running(dome) == (f"stack/{WEEKLY}", "running")


def test_a_job_that_nobody_replaces_is_waited_for(dome: OnePlace):
    dome.select("Job/dome", target=None, deadline="2s", patience="1s")
    asked = dome.promote(ExitCode.WAITING)
    assert "waiting for operator: Job/dome still names" in asked.stdout
    delete_job(dome, "dome")
    run_job(dome, "dome", NEW)
    dome.select("Job/dome", target=None, deadline="90s", patience="5s")
    dome.run("resume", "--all")
    assert running(dome) == (f"stack/{WEEKLY}", "running")


@pytest.fixture
def keda(kube: Kube) -> Iterator[Kube]:
    """A cluster that knows ScaledJobs, and has nobody who makes Jobs of them."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": schema,
        "subresources": {"status": {}},
    }
    name = "scaledjobs.keda.sh"
    names = {"kind": "ScaledJob", "plural": "scaledjobs", "singular": "scaledjob"}
    kube.create(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {
                "group": "keda.sh",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        }
    )
    kube.until("CustomResourceDefinition", "", name, _is_established)
    yield kube
    kube.delete("CustomResourceDefinition", "", name)


def _is_established(definition: Object) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()
    return any((each["type"], each["status"]) == ("Established", "True") for each in conditions)


class Scaled:
    """A ScaledJob, and the hand of KEDA."""

    def __init__(self, place: OnePlace) -> None:
        self.place = place
        self._path = f"/apis/{KEDA}/namespaces/{place.namespace}/scaledjobs"

    def create(self) -> None:
        spec = {"jobTargetRef": {"template": {"spec": pod_at(self.place, OLD)}}}
        metadata = {"namespace": self.place.namespace, "name": "dome"}
        self.place.kube.request(
            "POST",
            self._path,
            {"apiVersion": KEDA, "kind": "ScaledJob", "metadata": metadata, "spec": spec},
        )

    def sync(self) -> None:
        """Argo CD writes the ScaledJob; KEDA then deletes the Jobs of the one before."""
        found = self.place.kube.request("GET", f"{self._path}/dome")
        found["spec"]["jobTargetRef"]["template"]["spec"] = pod_at(self.place, NEW)
        self.place.kube.request("PUT", f"{self._path}/dome", found)

    def run(self, name: str, tag: str) -> None:
        """There is work: KEDA makes a Job."""
        found = self.place.kube.request("GET", f"{self._path}/dome")
        owner = {
            "apiVersion": KEDA,
            "kind": "ScaledJob",
            "name": "dome",
            "uid": found["metadata"]["uid"],
            "controller": True,
        }
        made = objects.labelled(
            objects.job(self.place.namespace, name, pod_at(self.place, tag)),
            **{"scaledjob.keda.sh/name": "dome"},
        )
        made["metadata"]["ownerReferences"] = [owner]
        self.place.kube.create(made)


def test_a_scaled_job_runs_at_the_pods_of_its_jobs(place: OnePlace, keda: Kube):
    place.push_weekly()
    place.select("ScaledJob/dome", target=None, deadline="90s", patience="5s")
    scaled = Scaled(place)
    scaled.create()
    scaled.run("dome-a", OLD)
    keda.until("Job", place.namespace, "dome-a", lambda each: bool(each["status"].get("ready")))
    place.site.ok("release", "pin", "w.2023.15")
    place.run("observe", "--target", PLACE)
    assert running(place) == ("stack/w.2023.15", "running")

    def replace() -> None:
        scaled.sync()
        scaled.run("dome-b", NEW)
        delete_job(place, "dome-a")

    with synced(place, replace):
        place.promote()
    assert running(place) == (f"stack/{WEEKLY}", "running")


def test_a_scaled_job_without_work_is_scheduled(place: OnePlace, keda: Kube):
    place.push_weekly()
    place.select("ScaledJob/dome", target=None, deadline="90s", patience="5s")
    scaled = Scaled(place)
    scaled.create()
    with synced(place, scaled.sync):
        place.promote()
    assert place.show()["places"][0]["state"] == "scheduled"
    scaled.run("dome-a", NEW)
    keda.until("Job", place.namespace, "dome-a", lambda each: bool(each["status"].get("ready")))
    place.run("observe", "--target", PLACE)
    assert running(place) == (f"stack/{WEEKLY}", "running")
