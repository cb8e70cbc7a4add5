"""The promoter in a cluster: the image, built here, promotes as a Job with the rights of `manifests/` and no others."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.engine import docker_engine
from tests.real.kube import rights
from tests.real.kube.api import Kube, Object
from tests.real.kube.audit import AuditLog
from tests.real.kube.cluster import Own
from tests.real.kube.images import Pushed, push_image
from tests.real.kube.objects import (
    container,
    cron_job,
    daemon_set,
    deployment,
    pod_spec,
    rolled_out,
    stateful_set,
)
from tests.real.kube.promoter import Ended, Namespaces, Promoter, documents, forwarded
from tests.real.kube.rights import Right
from tests.real.kube.stand import application, make_stand
from tests.workspace import Site

pytestmark = pytest.mark.real

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
_MAKE = {
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "DaemonSet": daemon_set,
    "CronJob": cron_job,
}


@dataclass(frozen=True, slots=True)
class World:
    """The promoter at its site. `before`, `good` and `bad` are the images of 1.0.0, 1.1.0 and 1.2.0."""

    promoter: Promoter
    site: Site
    before: Pushed
    good: Pushed
    bad: Pushed
    began: int

    @property
    def kube(self) -> Kube:
        return self.promoter.kube

    def running(self) -> dict[str, str]:
        """The image that each workload wants."""
        names = self.promoter.namespaces
        return {kind: _image(self.kube.get(kind, names.application, kind.lower())) for kind in KINDS[:3]}


@pytest.fixture(scope="module")
def image(own_cluster: Own, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program's image in the cluster's registry, by its digest."""
    repository = f"{own_cluster.registry.address}/ldmrelease/ldmrelease"
    with docker_engine(tmp_path_factory.mktemp("engine")) as engine:
        engine.build(f"{repository}:test", "--target", "runtime")
        told = engine.docker("push", f"{repository}:test")
    digest = re.search(r"digest: (sha256:[0-9a-f]{64})", told)
    assert digest is not None, told
    return f"{repository}@{digest[1]}"


@pytest.fixture(scope="module")
def topology(
    own_cluster: Own, kube: Kube, audit_log: AuditLog, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    if not own_cluster.services:
        pytest.skip("needs kube-proxy: pods reach the API server by its service address")
    mark = secrets.token_hex(4)
    names = Namespaces(*(f"test-{each}-{mark}" for each in ("promoter", "stand", "checks")))
    with ExitStack() as ends:
        for name in (names.home, names.application, names.checks):
            kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            ends.callback(kube.delete, "Namespace", "", name)
            kube.until("ServiceAccount", name, "default", bool)
        for manifest in documents("checks/namespace.yaml"):
            if manifest["kind"] in ("Namespace", "ServiceAccount"):
                kube.apply(names.renamed(manifest), "tests", force=True)
        images = _images(own_cluster, names.application)
        _deploy(kube, names.application, images[0])
        # What a CronJob will run is armed and does not run: a place of its own, so that the other comes to its end.
        places = {
            "prompt": application(names.application, KINDS[:3]),
            "nightly": application(names.application, KINDS[3:]),
        }
        registry = f"{own_cluster.registry.address}/{names.application}"
        folder = tmp_path_factory.mktemp("site") / "workspace"
        site = make_stand(folder, registry, places, {"context": "in-cluster"}, checks=names.checks)
        promoter = Promoter(own_cluster, kube, names, image, tmp_path_factory.mktemp("volume"))
        began = audit_log.mark()
        promoter.install(site.root)
        ends.callback(promoter.remove)
        ends.enter_context(forwarded(own_cluster))
        site.ok("ledger", "export", str(site.root / "seed.jsonl"))
        promoter.bring_ledger((site.root / "seed.jsonl").read_text())
        yield World(promoter, site, *images, began)


@pytest.fixture(scope="module")
def promoted(topology: World) -> Ended:
    """1.1.0 was promoted."""
    return topology.promoter.run("promote", "1.1.0", "--target", "stand/prompt", "--yes")


@pytest.fixture(scope="module")
def nightly(topology: World) -> Ended:
    """1.1.0 was promoted to where a CronJob runs it."""
    return topology.promoter.run("promote", "1.1.0", "--target", "stand/nightly", "--yes")


@pytest.fixture(scope="module")
def restored(topology: World, promoted: Ended) -> Ended:
    """Then 1.2.0, which does not stay up, was tried."""
    return topology.promoter.run("promote", "1.2.0", "--target", "stand/prompt", "--yes")


def test_a_job_promotes_in_its_own_cluster(topology: World, promoted: Ended) -> None:
    assert (promoted.code, "Traceback" in promoted.output) == (0, False), promoted.output
    assert set(topology.running().values()) == {topology.good.by_digest}
    for kind in KINDS[:3]:
        assert rolled_out(topology.kube.get(kind, topology.promoter.namespaces.application, kind.lower()))


def test_what_runs_at_night_is_armed(topology: World, nightly: Ended) -> None:
    assert "Traceback" not in nightly.output
    job = topology.kube.get("CronJob", topology.promoter.namespaces.application, "cronjob")
    assert _image(job) == topology.good.by_digest


def test_its_ledger_is_on_the_volume_and_holds(topology: World, promoted: Ended, tmp_path: Path) -> None:
    assert promoted.code == 0, promoted.output
    shutil.copytree(topology.site.root, tmp_path / "copy")
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        if (topology.promoter.volume / name).exists():
            shutil.copy(topology.promoter.volume / name, tmp_path / "copy" / name)
    looked = Site(tmp_path / "copy")
    looked.ok("ledger", "verify")
    assert "1.1.0" in looked.ok("where")


def test_no_key_comes_to_rest_on_the_volume(topology: World, promoted: Ended) -> None:
    kept = [path for path in topology.promoter.volume.rglob("*") if path.is_file()]
    assert [path for path in kept if b"PRIVATE KEY" in path.read_bytes()] == []


def test_its_check_job_is_gone_when_its_result_is_recorded(topology: World, promoted: Ended) -> None:
    assert topology.kube.list("Job", topology.promoter.namespaces.checks) == []


def test_what_does_not_stay_up_is_put_back(topology: World, restored: Ended) -> None:
    assert (restored.code, "Traceback" in restored.output) == (3, False), restored.output
    assert set(topology.running().values()) == {topology.good.by_digest}


def test_the_pods_status_says_why(restored: Ended) -> None:
    """Where logs are gone or nobody reads them: `kubectl describe pod` shows its last lines."""
    assert "no such table: visits" in restored.message


def test_a_tag_that_is_not_there_changes_nothing(topology: World, promoted: Ended) -> None:
    before = topology.running()
    ended = topology.promoter.run("promote", "9.9.9", "--target", "stand/prompt", "--yes")
    assert ended.code in (1, 2)
    assert "9.9.9" in ended.output
    assert topology.running() == before


def test_its_rights_are_those_that_it_uses(
    topology: World, audit_log: AuditLog, nightly: Ended, restored: Ended
) -> None:
    """A whole promotion and a whole restore of every kind of workload: no right too few, none too many."""
    granted = rights.granted(topology.promoter.rights)
    used, refused = rights.used(audit_log, topology.promoter.user, since=topology.began, named=granted)
    assert refused == set()
    assert used - granted == set()
    assert granted - used == _in_need(topology.promoter.namespaces.checks)


def _in_need(checks: str) -> set[Right]:
    """Rights for what did not happen here."""
    return {
        # A Job that a killed promoter has made is adopted.
        Right("get", "jobs", "batch", checks),
        # Only events tell of a Job whose pods a quota does not let in.
        Right("list", "events", "", checks),
    }


def _images(cluster: Own, application: str) -> tuple[Pushed, Pushed, Pushed]:
    scripts = {"1.0.0": "sleep", "1.1.0": "sleep", "1.2.0": "crash"}
    made = [
        push_image(cluster.registry, f"{application}/service", tag, seed=tag, script=script)
        for tag, script in scripts.items()
    ]
    return made[0], made[1], made[2]


def _deploy(kube: Kube, namespace: str, image: Pushed) -> None:
    pod = pod_spec([container("main", image.by_digest)])
    for kind in KINDS:
        kube.create(_MAKE[kind](namespace, kind.lower(), pod))
    for kind in KINDS[:3]:
        kube.until(kind, namespace, kind.lower(), rolled_out)


def _image(workload: Object) -> str:
    spec = workload["spec"]
    template = spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    found: str = template["spec"]["containers"][0]["image"]
    return found
