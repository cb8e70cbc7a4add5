"""Promotions of every kind of workload, from the command line to the pods (details.md, Kubernetes)."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.api import Object
from tests.real.kube.images import Pushed
from tests.real.kube.one_place import OnePlace, chosen
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real


def main_image(manifest: Object) -> str:
    """The image that a workload's (or pod's) first container names."""
    spec = manifest["spec"]
    spec = spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec
    spec = spec["template"]["spec"] if manifest["kind"] != "Pod" else spec
    image: str = spec["containers"][0]["image"]
    return image


def of(pod: Object) -> str:
    """The kind that made a pod."""
    owners = pod["metadata"].get("ownerReferences") or [{"kind": "none"}]
    kind: str = owners[0]["kind"]
    return kind


def test_workloads_of_several_kinds_with_init_containers_and_sidecars_are_promoted_together(place: OnePlace):
    weekly = place.push_weekly()
    sidecar = objects.container("proxy", place.old.by_tag, restartPolicy="Always")
    setup = objects.container("setup", place.old.by_tag, command=["/bin/echo", "ready"])
    foreign = objects.container("side", place.old.by_digest)
    main = objects.container("main", place.old.by_tag)
    whole = objects.pod_spec([main, foreign], init=[setup, sidecar])
    place.deploy(objects.deployment(place.namespace, "web", whole), rolled=False)
    place.deploy(objects.stateful_set(place.namespace, "store", place.pod()), rolled=False)
    place.deploy(objects.daemon_set(place.namespace, "agent", place.pod()), rolled=False)
    place.deploy(objects.bare_pod(place.namespace, "alone", place.pod()), rolled=False)
    place.select(
        chosen("Deployment", "web", ["main", "setup", "proxy"]),
        "StatefulSet/store", "DaemonSet/agent", "Pod/alone",
        deadline="120s", patience="20s",
    )  # fmt: skip
    for kind, name in (("Deployment", "web"), ("StatefulSet", "store"), ("DaemonSet", "agent")):
        place.kube.until(kind, place.namespace, name, objects.rolled_out)
    before = place.kube.until("Pod", place.namespace, "alone", objects.ready)
    done = place.promote()
    assert (
        "written: DaemonSet/agent main, Deployment/web main, setup and proxy, Pod/alone main, "
        "StatefulSet/store main" in done.stderr
    )
    spec = place.get("Deployment", "web")["spec"]["template"]["spec"]
    assert [each["image"] for each in spec["containers"]] == [weekly.by_digest, place.old.by_digest]
    assert {each["image"] for each in spec["initContainers"]} == {weekly.by_digest}
    # A bare pod's image is changed in place: it is the same pod.
    after = place.get("Pod", "alone")
    assert (after["metadata"]["uid"], main_image(after)) == (before["metadata"]["uid"], weekly.by_digest)
    (row,) = place.where()
    assert (row["release"], row["state"]) == (f"stack/{WEEKLY}", "running")
    assert place.receipts()
    head = place.site.head()
    assert "nothing to do" in place.promote().stdout
    assert place.site.head() == head


def test_a_stateful_set_on_delete_waits_for_the_operator_who_restarts_its_pods(place: OnePlace):
    weekly = place.push_weekly()
    strategy = {"updateStrategy": {"type": "OnDelete"}}
    place.deploy(objects.stateful_set(place.namespace, "app", place.pod(), **strategy))
    place.select("StatefulSet/app", deadline="10m", patience="1s")
    asked = place.promote(ExitCode.WAITING)
    assert main_image(place.get("StatefulSet")) == weekly.by_digest
    assert "its update strategy is OnDelete: restart its pods (app-0) by deleting them" in asked.stdout
    assert place.show()["waits_for"]["code"] == "on-delete"
    before = place.site.everything()
    assert "app-0" in place.run("resume", "--all", code=ExitCode.WAITING).stdout
    assert place.site.everything() == before
    uid = place.get("Pod", "app-0")["metadata"]["uid"]
    place.kube.delete("Pod", place.namespace, "app-0")
    place.kube.until("Pod", place.namespace, "app-0", lambda pod: pod["metadata"]["uid"] != uid)
    place.run("resume", "--all")
    assert place.show()["places"][0]["state"] == "promoted"
    assert place.images() == {weekly.by_digest}
    assert len({each.promotion for each in place.receipts()}) == 1


def test_a_cron_job_is_armed_until_a_job_has_run_it(place: OnePlace):
    weekly = place.push_weekly("exit")
    place.deploy(objects.cron_job(place.namespace, "app", place.pod()), rolled=False)
    place.select("CronJob/app")
    done = place.promote()
    assert f"{PLACE}: CronJob/app: scheduled, its next Job runs it\n" in done.stderr
    assert main_image(place.get("CronJob")) == weekly.by_digest
    assert place.show()["places"][0]["state"] == "scheduled"
    (row,) = place.where()
    assert (row["release"], row["state"]) == (f"stack/{WEEKLY}", "scheduled")
    run_now(place)
    assert "scheduled" not in place.run("observe", "--target", PLACE).stdout
    (row,) = place.where()
    assert row["state"] == "running"


def run_now(place: OnePlace) -> None:
    """What `kubectl create job --from=cronjob/app` does."""
    armed = place.get("CronJob")
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "controller": True} | {
        key: armed["metadata"][key] for key in ("name", "uid")
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": place.namespace, "name": "app-now", "ownerReferences": [owner]},
        "spec": armed["spec"]["jobTemplate"]["spec"],
    }
    place.kube.create(job)
    place.kube.until("Job", place.namespace, "app-now", lambda each: bool(each["status"].get("succeeded")))


def test_what_has_no_replicas_is_written_and_idle_and_passes_nothing(place: OnePlace):
    weekly = place.push_weekly()
    place.deploy(objects.deployment(place.namespace, "app", place.pod(), replicas=0), rolled=False)
    place.select("Deployment/app")
    done = place.promote()
    assert "Deployment/app: scaled to zero, nothing is to run there" in done.stderr
    assert main_image(place.get("Deployment")) == weekly.by_digest
    assert place.receipts() == []
    shown = place.run("promotions", "show", place.show()["promotion"]).stdout
    assert f"{PLACE} (level development): scaled-to-zero" in shown
    assert "sign receipts: none signed, since nothing runs there (scaled to zero)" in shown
    assert "(scaled-to-zero)" in place.run("observe", "--target", PLACE).stdout
    (row,) = place.where()
    assert (row["release"], row["state"]) == (f"stack/{WEEKLY}", "scaled-to-zero")
    head = place.site.head()
    again = place.promote().stdout
    assert "nothing to do" in again
    assert "there is no receipt" in again
    assert place.site.head() == head
    place.run("drift", "--target", PLACE)
    assert row["promotion"] == place.show()["promotion"]
    never_ran(place)
    scaled(place, 1)
    place.promote()
    assert place.show()["places"][0]["state"] == "promoted"
    assert place.receipts()


def never_ran(place: OnePlace) -> None:
    """For `after`, the release has not run there: nobody saw it ready."""
    history = json.loads(place.site.ok("history", PLACE, "-o", "json"))
    assert all(not each.get("ready", False) for each in history)
    observed = json.loads(place.site.ok("observe", "--target", PLACE, "-o", "json"))
    assert [each["ready"] for each in observed["observations"][0]["images"]] == [False]


def scaled(place: OnePlace, replicas: int) -> None:
    place.kube.patch("Deployment", place.namespace, "app", {"spec": {"replicas": replicas}}, "tests-scale")
    place.kube.until("Deployment", place.namespace, "app", objects.rolled_out)


def test_paused_deployments_and_jobs_are_refused_when_planning(place: OnePlace):
    place.push_weekly()
    place.deploy(objects.deployment(place.namespace, "app", place.pod(), paused=True), rolled=False)
    job = objects.job(place.namespace, "once", objects.pod_spec([audited(place)]))
    place.deploy(job, rolled=False)
    place.select("Deployment/app", "Job/once")
    head = place.site.head()
    for words in (("promote", "--dry-run"), ("promote",), ("check",)):
        done = place.run(words[0], WEEKLY, "--target", PLACE, *words[1:], code=ExitCode.REFUSED)
        assert "Deployment/app: is paused" in done.stdout
        assert "`kubectl rollout resume` it first" in done.stdout
        assert "Job/once: runs as Jobs, whose template never changes" in done.stdout
    assert place.site.head() == head
    assert main_image(place.get("Deployment")) == place.old.by_tag


def audited(place: OnePlace) -> Object:
    """A container that ends at once."""
    return objects.container("main", place.old.by_tag, command=["/bin/echo", "done"])


def test_a_job_is_audited(place: OnePlace):
    place.deploy(objects.job(place.namespace, "once", objects.pod_spec([audited(place)])), rolled=False)
    place.kube.until("Job", place.namespace, "once", lambda each: bool(each["status"].get("succeeded")))
    place.select("Job/once", target=None)
    place.site.ok("release", "pin", "w.2023.15")
    place.run("observe", "--target", PLACE)
    (row,) = place.where()
    assert (row["release"], row["state"]) == ("stack/w.2023.15", "running")
    live: list[dict[str, Any]] = json.loads(place.site.ok("where", "--live", PLACE, "-o", "json"))
    assert live[0]["observed"]["release"] == "stack/w.2023.15"


@pytest.fixture
def unpullable(place: OnePlace) -> Pushed:
    """The weekly is pinned; then its image is gone from the registry."""
    weekly = place.push_weekly()
    place.site.ok("release", "pin", WEEKLY)
    remove_program(place, weekly)
    return weekly


def remove_program(place: OnePlace, image: Pushed) -> None:
    """Somebody deletes what an image alone has: its last layer."""
    own = place.cluster.registry.open(f"{place.namespace}/scipipe")
    layer = own.manifest(image.manifest).json()["layers"][-1]["digest"]
    url = f"http://{place.cluster.registry.address}/v2/{place.namespace}/scipipe/blobs/{layer}"
    with urllib.request.urlopen(urllib.request.Request(url, method="DELETE")) as answer:
        assert answer.status == 202


def test_a_stateful_set_that_gets_no_image_is_restored_and_runs_again(
    place: OnePlace, unpullable: Pushed, monkeypatch: pytest.MonkeyPatch
):
    # As if the layer went after the decision, which looks whether the image is whole.
    monkeypatch.setattr("ldmrelease.services.context.ReadContext.lacking", lambda *_: ())
    place.deploy(objects.stateful_set(place.namespace, "app", place.pod()))
    place.select("StatefulSet/app")
    done = place.promote(ExitCode.UNDECIDED)
    assert "StatefulSet/app: the pod app-0 (main) gets no image" in done.output
    assert unpullable.by_digest in done.output
    assert "is it in the registry" in done.output
    assert place.show()["places"][0]["state"] == "restored"
    # Its controller would have waited for that pod for ever: it was deleted.
    place.kube.until("StatefulSet", place.namespace, "app", objects.rolled_out)
    assert place.images() == {place.old.by_tag}
    assert place.receipts() == []
