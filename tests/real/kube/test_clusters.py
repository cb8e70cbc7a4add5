"""The clusters that other tests stand on: they run what they are told, apart from each other, and say who asked."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube, Refused
from tests.real.kube.audit import AuditEntry, AuditLog
from tests.real.kube.cluster import Own
from tests.real.kube.given import Cluster
from tests.real.kube.images import push_image

pytestmark = pytest.mark.real


def test_two_clusters_with_a_ready_node_each(kube: Kube, second_kube: Kube) -> None:
    first, second = (
        api.get("Namespace", "", "kube-system")["metadata"]["uid"] for api in (kube, second_kube)
    )
    assert first != second
    for api in (kube, second_kube):
        assert all(map(objects.ready, api.list("Node", "")))


def test_a_deployment_pulled_by_digest_runs(cluster: Cluster, kube: Kube, namespace: str) -> None:
    image = push_image(cluster.registry, f"{namespace}/app", "w_2026_47", seed=namespace)
    main = objects.container("main", image.by_digest)
    kube.create(objects.deployment(namespace, "app", objects.pod_spec([main]), replicas=2))
    kube.until("Deployment", namespace, "app", objects.rolled_out)
    for pod in kube.list("Pod", namespace, labelSelector="app=app"):
        assert pod["status"]["containerStatuses"][0]["imageID"].endswith(f"/{namespace}/app@{image.index}")


def test_every_kind_of_workload_runs(cluster: Cluster, kube: Kube, namespace: str) -> None:
    image = push_image(cluster.registry, f"{namespace}/app", "1", script="ready", env={"READY_AFTER": "0"})
    pod = objects.pod_spec(
        [objects.container("main", image.by_digest, readinessProbe=objects.READY_FILE_PROBE)],
        init=[objects.container("prepare", image.by_digest, command=["echo", "prepared"])],
    )
    kube.create(objects.stateful_set(namespace, "set", pod))
    kube.create(objects.daemon_set(namespace, "daemon", pod))
    kube.create(objects.bare_pod(namespace, "bare", pod))
    kube.create(objects.cron_job(namespace, "cron", pod))
    kube.until("StatefulSet", namespace, "set", objects.rolled_out)
    kube.until("DaemonSet", namespace, "daemon", objects.rolled_out)
    kube.until("Pod", namespace, "bare", objects.ready)
    assert kube.get("CronJob", namespace, "cron").get("status", {}) == {}


def test_a_job_says_its_result(cluster: Cluster, kube: Kube, namespace: str) -> None:
    image = push_image(cluster.registry, f"{namespace}/check", "1", script="result", other_platforms=())
    main = objects.container("main", image.by_digest, env={"RESULT": '{"outcome":"FAILED"}', "STATUS": "1"})
    kube.create(objects.job(namespace, "check", objects.pod_spec([main])))
    kube.until("Job", namespace, "check", lambda job: bool(job.get("status", {}).get("failed")))
    (pod,) = kube.list("Pod", namespace, labelSelector="job-name=check")
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["message"]) == (1, '{"outcome":"FAILED"}')


def test_the_audit_log_names_who_wrote_what(
    audit_log: AuditLog, namespace: str, account: Callable[..., Account]
) -> None:
    mark = audit_log.mark()
    writer = account("writer", rules=[rule("create patch", "configmaps")])
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "fence", "namespace": namespace},
        "data": {"a": "b"},
    }
    writer.api.create(config)

    def ours(entry: AuditEntry) -> bool:
        return entry.wrote and entry.user == writer.user

    (entry,) = filter(ours, audit_log.wait(ours, mark))
    assert (entry.verb, entry.resource, entry.name, entry.code) == ("create", "configmaps", "fence", 201)
    assert entry.body is not None
    assert entry.body["data"] == {"a": "b"}
    assert entry.agent == writer.user


def test_a_mark_in_the_middle_of_a_line_is_after_that_line(audit_log: AuditLog, tmp_path: Path) -> None:
    """Long lines are seen to grow: a file system makes a file larger page by page."""
    lines = audit_log.path.read_bytes().splitlines(keepends=True)
    first, second = [each for each in lines if b'"stage":"ResponseComplete"' in each][:2]
    log = AuditLog(tmp_path / "audit.log")
    for seen in (first[:20], first):
        log.path.write_bytes(seen)
        mark = log.mark()
        log.path.write_bytes(first + second)
        assert [each.uri for each in log.entries(mark)] == [json.loads(second)["requestURI"]]
    assert len(log.entries()) == 2


def test_an_account_may_do_what_its_rules_say_and_nothing_else(
    namespace: str, account: Callable[..., Account]
) -> None:
    reader = account("reader", rules=[rule("list", "pods")], cluster_rules=[rule("get", "namespaces")])
    assert reader.api.list("Pod", namespace) == []
    assert reader.api.get("Namespace", "", namespace)["metadata"]["name"] == namespace
    with pytest.raises(Refused) as refused:
        reader.api.list("ConfigMap", namespace)
    assert refused.value.code == 403


def test_the_api_server_goes_and_comes_back(
    disturbable_cluster: Own, make_namespace: Callable[[Kube], str]
) -> None:
    api = Kube(disturbable_cluster.kubeconfig, disturbable_cluster.context)
    namespace = make_namespace(api)
    with disturbable_cluster.without_api_server(), pytest.raises(OSError, match=r"refused|reset"):
        urllib.request.urlopen(disturbable_cluster.server)
    assert api.get("Namespace", "", namespace)["status"]["phase"] == "Active"
    with disturbable_cluster.hanging_api_server(), pytest.raises(OSError, match="timed out"):
        urllib.request.urlopen(disturbable_cluster.server, timeout=0.5)
    assert api.get("Namespace", "", namespace)["status"]["phase"] == "Active"


def test_kubectl_reads_the_kubeconfig(cluster: Cluster, namespace: str, kubectl: Callable[..., str]) -> None:
    said = kubectl("get", "namespace", namespace, "-o", "name")
    assert said.strip() == f"namespace/{namespace}"
