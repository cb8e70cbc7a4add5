"""Checks as Jobs on a real cluster: read from outside, adopted, never believed against their exit status."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from ldmrelease.checks.job.run import JobResult, delete_job, leftover_jobs, run_job
from ldmrelease.checks.job.templates import PROMOTION, ImageRun, fill, job_name
from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.config.workspace.check_template import OWN, template_of
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Check
from ldmrelease.domain.workload_selection import ClusterAccess
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube, Object
from tests.real.kube.cluster import Own
from tests.real.kube.given import Cluster
from tests.real.kube.images import Pushed, push_image
from tests.real.notebook import push_notebook

pytestmark = pytest.mark.real

TESTS = ("starts", "answers")
PROMOTED = {PROMOTION: "promotion-1"}


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "checks/app", "1", script="result")


@pytest.fixture
def api(cluster_access: ClusterAccess) -> Api:
    return open_api(cluster_access)


def a_run(
    room: str, image: Pushed, *command: str, deadline: int = 60, template: str | None = None
) -> ImageRun:
    check = Check("smoke", "job", TESTS, command, deadline, "app", template, room)
    identity = frozenset({image.index, image.manifest, image.config})
    variables = {"LDMRELEASE_TAG": "w.2025.10", "LDMRELEASE_EUPS": "w_2025_10", "LDMRELEASE_ENVIRONMENT": ""}
    run = f"run-{secrets.token_hex(8)}"
    return ImageRun(check, template_of(check, Path()), run, image.by_digest, identity, variables, PROMOTED)


def ran(api: Api, run: ImageRun, deadline: float = 60, patience: float = 60) -> JobResult:
    found = run_job(api, run, deadline=deadline, patience=patience)
    assert isinstance(found, JobResult), found
    return found


@pytest.mark.parametrize(
    ("script", "passed", "failed", "problem"),
    [
        ("echo ok 1 - starts; echo ok 2 - answers", TESTS, (), None),
        (":", TESTS, (), None),
        ("echo not ok 2 - answers; exit 1", (), ("answers",), None),
        ("echo PASSED > /dev/termination-log; exit 1", (), TESTS, None),
        ("echo FAILED > /dev/termination-log", (), (), "contradiction"),
        ("echo not ok 1 - starts", (), ("starts",), "contradiction"),
    ],
)
def test_the_exit_status_decides_and_the_message_names_tests(
    script: str,
    passed: tuple[str, ...],
    failed: tuple[str, ...],
    problem: str | None,
    room: str,
    api: Api,
    image: Pushed,
) -> None:
    found = ran(api, a_run(room, image, "sh", "-c", script)).ran
    assert (found.passed, found.failed, found.problem) == (passed, failed, problem), found


def test_a_result_as_json_is_read_from_the_termination_message(room: str, api: Api, image: Pushed) -> None:
    result = json.dumps({"result": "FAILED", "passedTests": ["starts"], "failedTests": ["answers"]})
    script = f"echo noise; printf %s '{result}' > /dev/termination-log; exit 4"
    found = ran(api, a_run(room, image, "sh", "-c", script)).ran
    assert (found.failed, found.exit_code) == (("answers",), 4)


def test_what_ran_is_told_as_the_node_reports_it(room: str, api: Api, kube: Kube, image: Pushed) -> None:
    run = a_run(room, image, "sh", "-c", ":")
    found = ran(api, run)
    (pod,) = kube.list("Pod", room)
    status = pod["status"]["containerStatuses"][0]
    assert (found.pod, found.container) == (pod["metadata"]["uid"], "check")
    assert found.image_id == status["imageID"]
    assert found.name == job_name(run.run)


def test_the_tested_code_has_no_token_no_rights_and_no_folder_but_tmp(
    room: str, api: Api, image: Pushed
) -> None:
    script = (
        "[ ! -e /var/run/secrets/kubernetes.io ] || exit 1; ! echo x > /bin/x || exit 2; echo x > /tmp/x || exit 3;"
        '[ "$(id -u)" = 65534 ] || exit 4'
    )
    assert ran(api, a_run(room, image, "sh", "-c", script)).ran.exit_code == 0


def test_an_image_that_stays_up_starts(room: str, api: Api, cluster: Cluster) -> None:
    residences = push_image(cluster.registry, "checks/stays", "1", script="sleep")
    run = quick(a_run(room, residences))
    found = ran(api, run)
    assert (found.ran.passed, found.ran.exit_code) == (TESTS, None)
    assert found.pod


@pytest.mark.parametrize("command", [(), ("/nowhere/at/all",)])
def test_an_image_that_does_not_stay_up_fails(
    command: tuple[str, ...], room: str, api: Api, cluster: Cluster
) -> None:
    crashes = push_image(cluster.registry, "checks/crashes", "1", script="crash")
    found = ran(api, quick(a_run(room, crashes, *command, template="starts"))).ran
    assert (found.failed, found.problem) == (TESTS, None)


def test_versions_are_compared_outside(room: str, api: Api, image: Pushed) -> None:
    assert (
        ran(api, a_run(room, image, "echo", "lsst_distrib w_2025_10", template="versions")).ran.passed
        == TESTS
    )
    wrong = ran(api, a_run(room, image, "echo", "lsst_distrib w_2025_09", template="versions")).ran
    assert wrong.failed == TESTS
    assert "w_2025_09" in wrong.output


def test_another_image_than_the_release_has_is_mutated(room: str, api: Api, image: Pushed) -> None:
    run = a_run(room, image, "sh", "-c", ":")
    found = ran(api, replace(run, identity=frozenset({f"sha256:{'1' * 64}"})))
    assert found.ran.problem == "mutated"
    assert found.uid


def test_a_job_made_otherwise_under_that_name_is_mutated_and_not_ours_is_left(
    room: str, api: Api, kube: Kube, image: Pushed
) -> None:
    run = a_run(room, image, "sh", "-c", "exit 1")
    easier = fill(run)
    easier["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh", "-c", "exit 0"]
    kube.create(easier)
    found = ran(api, run)
    assert (found.ran.problem, found.ran.passed) == ("mutated", ())
    assert "command" in found.ran.output
    other = a_run(room, image, "sh", "-c", ":")
    foreign = fill(other)
    foreign["metadata"]["labels"] = {"app": "other"}
    kube.create(foreign)
    assert (ran(api, other).ran.problem, ran(api, other).uid) == ("mutated", None)


def test_a_container_added_to_the_pod_is_a_mutation(room: str, api: Api, kube: Kube, image: Pushed) -> None:
    run = a_run(room, image, "sh", "-c", "sleep 6")
    with started(api, run) as found:
        pod = _running_pod(kube, room)
        debugger = {
            "name": "debugger",
            "image": image.by_digest,
            "command": ["sleep", "1"],
            "securityContext": fill(run)["spec"]["template"]["spec"]["containers"][0]["securityContext"],
        }
        kube.request(
            "PATCH",
            f"{path_of('Pod', room, pod['metadata']['name'])}/ephemeralcontainers",
            {"spec": {"ephemeralContainers": [debugger]}},
            content_type="application/strategic-merge-patch+json",
        )
    assert found.ran.problem == "mutated"
    assert "ephemeralContainers" in found.ran.output


def test_a_job_of_a_killed_run_is_adopted(room: str, api: Api, kube: Kube, image: Pushed) -> None:
    run = a_run(room, image, "sh", "-c", "echo ok 1 - starts")
    made = kube.create(fill(run))
    found = ran(api, run)
    assert (found.ran.passed, found.uid) == (("starts",), made["metadata"]["uid"])
    again = ran(api, run)
    assert again == found
    assert len(kube.list("Pod", room)) == 1


def test_too_long_says_nothing(room: str, api: Api, image: Pushed) -> None:
    run = a_run(room, image, "sh", "-c", "sleep 60")
    assert ran(api, run, deadline=3).ran.problem == "deadline"
    short = a_run(room, image, "sh", "-c", "sleep 60", deadline=3)
    assert ran(api, short).ran.problem == "deadline"


def test_an_image_that_cannot_be_pulled_is_not_started(room: str, api: Api, image: Pushed) -> None:
    run = replace(a_run(room, image, "sh"), image=f"{image.repository}@sha256:{'0' * 64}")
    found = ran(api, run, patience=2)
    assert found.ran.problem == "not-started"
    assert "ErrImagePull" in found.ran.output or "ImagePullBackOff" in found.ran.output


def test_what_no_node_can_hold_is_not_started(room: str, api: Api, image: Pushed) -> None:
    run = selecting(a_run(room, image, "sh"), {"kubernetes.io/arch": "s390x"})
    found = ran(api, run, patience=2).ran
    assert found.problem == "not-started"
    assert "node" in found.output


def test_a_quota_is_the_reason_told(room: str, api: Api, kube: Kube, image: Pushed) -> None:
    kube.patch("ResourceQuota", room, "checks", {"spec": {"hard": {"pods": "0"}}})
    found = ran(api, a_run(room, image, "sh"), patience=4).ran
    assert found.problem == "not-started"
    assert "exceeded quota" in found.output


def test_a_namespace_that_is_not_there_is_not_started(api: Api, image: Pushed) -> None:
    found = ran(api, a_run("ldmrelease-nowhere", image, "sh"))
    assert found.ran.problem == "not-started"
    assert "ldmrelease-nowhere" in found.ran.output
    assert found.uid is None


def test_a_job_that_is_deleted_meanwhile_is_gone(room: str, api: Api, kube: Kube, image: Pushed) -> None:
    run = a_run(room, image, "sh", "-c", "sleep 60")
    with started(api, run) as found:
        _running_pod(kube, room)
        kube.delete("Job", room, job_name(run.run))
    assert found.ran.problem == "gone"


def test_it_is_deleted_with_its_pod_once_recorded_and_another_of_its_name_is_not(
    room: str, api: Api, kube: Kube, image: Pushed
) -> None:
    run = a_run(room, image, "sh", "-c", ":")
    found = ran(api, run)
    assert [each.run for each in leftover_jobs(api, room, "promotion-1")] == [run.run]
    assert leftover_jobs(api, room, "promotion-2") == ()
    delete_job(api, room, found.name, "another-uid")
    assert len(kube.list("Job", room)) == 1
    for left in leftover_jobs(api, room, "promotion-1"):
        delete_job(api, left.namespace, left.name, left.uid)
    kube.gone("Job", room, found.name)
    delete_job(api, room, found.name, str(found.uid))
    for pod in kube.list("Pod", room):
        kube.gone("Pod", room, pod["metadata"]["name"])


def test_a_cluster_that_cannot_be_asked_is_no_result(tmp_path: Path, image: Pushed) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "gone", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "gone", "user": {}}],
        "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": "gone"}}],
    }
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(config))
    nobody = open_api(ClusterAccess("gone", str(file)), patience=1)
    assert isinstance(run_job(nobody, a_run("room", image, "sh"), deadline=3), Unavailable)


def test_the_rights_that_it_needs(
    room: str, image: Pushed, namespace: str, kube: Kube, account: Callable[..., Account]
) -> None:
    few = account("runner")
    rules = [
        rule("create get list watch delete", "jobs", group="batch"),
        rule("list watch", "pods"),
        rule("get", "pods/log"),
        rule("list", "events"),
    ]
    _grant(kube, room, namespace, "runner", rules)
    api = open_api(ClusterAccess(few.context, str(few.kubeconfig)))
    found = ran(api, a_run(room, image, "sh", "-c", "echo ok 1 - starts"))
    assert found.ran.passed == ("starts",)
    delete_job(api, room, found.name, str(found.uid))
    kube.gone("Job", room, found.name)


@pytest.mark.parametrize("name", OWN)
def test_the_cluster_takes_each_template_as_it_is(name: str, room: str, kube: Kube, image: Pushed) -> None:
    job = fill(a_run(room, image, template=name))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": room}}
    pod["spec"] = job["spec"]["template"]["spec"]
    kube.request("POST", path_of("Job", room), job, dryRun="All", fieldValidation="Strict")
    # What "restricted" forbids is refused for the pod, not for the Job.
    kube.request("POST", path_of("Pod", room), pod, dryRun="All", fieldValidation="Strict")


def test_a_notebook_kernel_answers(room: str, api: Api, cluster: Cluster) -> None:
    """In an image with Jupyter's kernel of Python, as the user and with the folders that a Job's pod has."""
    found = ran(api, a_run(room, push_notebook(cluster.registry), template="notebook", deadline=300), 300)
    assert found.ran.passed == ("kernel-starts", "kernel-answers"), found


def test_an_api_server_that_is_away_for_a_while_is_waited_for(
    disturbable_cluster: Own, make_namespace: Callable[[Kube], str]
) -> None:
    kube = Kube(disturbable_cluster.kubeconfig, disturbable_cluster.context)
    room = make_namespace(kube)
    kube.create(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "ldmrelease-check", "namespace": room},
        }
    )
    image = push_image(disturbable_cluster.registry, "checks/app", "1", script="result")
    api = open_api(ClusterAccess(disturbable_cluster.context, str(disturbable_cluster.kubeconfig)))
    with started(api, a_run(room, image, "sh", "-c", "sleep 4; echo ok 1 - starts")) as found:
        _running_pod(kube, room)
        with disturbable_cluster.without_api_server():
            pass
    assert found.ran.passed == ("starts",)


class started:
    """The outcome of a run that goes on while the block does: `ran` is there after the block."""

    ran: Any

    def __init__(self, api: Api, run: ImageRun) -> None:
        self._thread = threading.Thread(target=self._run, args=(api, run))

    def _run(self, api: Api, run: ImageRun) -> None:
        found = run_job(api, run, deadline=120)
        self.ran = found.ran if isinstance(found, JobResult) else found

    def __enter__(self) -> started:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def _running_pod(kube: Kube, room: str) -> Object:
    for _, pod in kube.watch("Pod", room):
        if pod.get("status", {}).get("phase") == "Running":
            return pod
    raise TimeoutError("no pod runs")


def _grant(kube: Kube, room: str, home: str, account: str, rules: list[Object]) -> None:
    group = "rbac.authorization.k8s.io"
    meta = {"name": account, "namespace": room}
    kube.create({"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": rules})
    bound = {
        "roleRef": {"apiGroup": group, "kind": "Role", "name": account},
        "subjects": [{"kind": "ServiceAccount", "namespace": home, "name": account}],
    }
    kube.create({"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": meta} | bound)


def quick(run: ImageRun) -> ImageRun:
    """The same, but two seconds count as staying up."""
    return _with_pod(
        run, {"containers": [_container(run) | {"env": [{"name": "LDMRELEASE_SETTLE", "value": "2"}]}]}
    )


def selecting(run: ImageRun, nodes: Mapping[str, str]) -> ImageRun:
    return _with_pod(run, {"nodeSelector": nodes})


def _container(run: ImageRun) -> Object:
    found: Object = run.template.job["spec"]["template"]["spec"]["containers"][0]
    return found


def _with_pod(run: ImageRun, change: Object) -> ImageRun:
    job = run.template.job
    spec = {"template": {"spec": job["spec"]["template"]["spec"] | change}}
    return replace(run, template=replace(run.template, job=job | {"spec": spec}))
