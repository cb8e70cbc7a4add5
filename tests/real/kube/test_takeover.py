"""A promoter that was stopped, and whose promotion another has taken over, writes nothing when it goes on.

It is really stopped (SIGSTOP) just before a request that would change something, or while it waits; `resume
--take-over` by another process carries the promotion through; then it is let go on (SIGCONT). Each process has an
identity of its own in the clusters, so that the API servers' audit logs tell who wrote what.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.services.promotions.commands import promote
from tests.real.kube import access
from tests.real.kube.audit import AuditEntry, AuditLog
from tests.real.kube.cluster import Own
from tests.real.kube.given import Cluster
from tests.real.kube.lanes import in_child, start
from tests.real.kube.pair import LEVEL, PLACES, Pair, PairSite, make_pair
from tests.real.kube.site import BASE
from tests.real.kube.test_kills import assert_nothing_left, assert_recorded_once, assert_runs
from tests.real.test_kills import spec as wish_for

pytestmark = pytest.mark.real

NAMES = ("first", "second")
"""An application of two workloads, so that one can be stopped between them."""

IDENTITIES = ("stopped", "other")


@pytest.fixture(scope="module")
def pair(cluster: Cluster, second_cluster: Cluster) -> Iterator[Pair]:
    for each in (cluster, second_cluster):
        if not isinstance(each, Own):
            pytest.skip("needs the audit logs of clusters of our own")
    made = make_pair(cluster, second_cluster, NAMES)
    yield made
    made.down()


@pytest.fixture(scope="module")
def kubeconfigs(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    """For each identity, by place: a kubeconfig of a service account that may do everything."""
    folder = tmp_path_factory.mktemp("identities")
    return {name: {place: identity(pair, place, name, folder) for place in PLACES} for name in IDENTITIES}


def identity(pair: Pair, place: str, name: str, folder: Path) -> Path:
    kube, cluster = pair.kubes[place], pair.clusters[place]
    everything = [access.rule("*", "*", group="*")]
    made = access.service_account(
        kube, cluster.kubeconfig, cluster.context,
        namespace=pair.namespace(place), name=name, directory=folder, cluster_rules=everything,
    )  # fmt: skip
    return made.kubeconfig


def user(pair: Pair, place: str, name: str) -> str:
    return f"system:serviceaccount:{pair.namespace(place)}:{name}"


@pytest.fixture
def site(pair: Pair, kubeconfigs: dict[str, dict[str, Path]], tmp_path: Path) -> PairSite:
    """A workspace whose kubeconfig files are links, so that each process can have its own identity behind them."""
    pair.reset()
    links = tmp_path / "links"
    links.mkdir()

    def through_link(place: str, given: ClusterAccess) -> ClusterAccess:
        return ClusterAccess(given.context, str(link(links, place)))

    become(links, kubeconfigs["stopped"])
    return pair.site(tmp_path / "site", access=through_link)


def link(folder: Path, place: str) -> Path:
    return folder / f"{place.replace('/', '-')}.kubeconfig"


def become(folder: Path, kubeconfigs: dict[str, Path]) -> None:
    """Whoever opens the clusters from now on has this identity."""
    for place, kubeconfig in kubeconfigs.items():
        link(folder, place).unlink(missing_ok=True)
        link(folder, place).symlink_to(kubeconfig)


@dataclass
class Stops:
    """Stops the process at the `number`-th request of this method whose path ends so; or, with `ROLLOUT`, while it
    waits for pods."""

    method: str
    ends: str
    number: int = 1

    def at_write(self, phase: str, what: str) -> None:
        method, _, path = what.partition(" ")
        if (phase, method) == ("before", self.method) and path.endswith(self.ends):
            self._one_more()

    def at_progress(self, code: str, values: dict[str, Any]) -> None:
        if self.method == ROLLOUT and code == "rollout" and values["place"] == self.ends:
            self._one_more()

    def _one_more(self) -> None:
        self.number -= 1
        if self.number == 0:
            os.kill(os.getpid(), signal.SIGSTOP)


ROLLOUT = "rollout"

POINTS = {
    "before its first write": Stops("POST", "configmaps"),
    "between two workloads": Stops("PATCH", "/deployments/second", 2),
    "between two workloads of the second place": Stops("PATCH", "/deployments/second", 4),
    "while it waits for pods": Stops(ROLLOUT, BASE),
}


def promote_until_stopped(site: PairSite, stops: Stops) -> None:
    context = site.context(stops.at_write)
    promote(context, wish_for(context, LEVEL), stops.at_progress)


def stopped(site: PairSite, stops: Stops, log: Path) -> int:
    """The number of a process that promotes and was stopped."""
    child = start(lambda: promote_until_stopped(site, stops), log)
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it was not stopped: {log.read_text() if log.exists() else status}"
    return child


def go_on(child: int) -> None:
    os.kill(child, signal.SIGCONT)
    os.waitpid(child, 0)


def take_over(site: PairSite) -> None:
    streams = {each.stream for each in site.events()}
    (promotion,) = {each.removeprefix("promotion/") for each in streams if each.startswith("promotion/")}
    held = site.run("resume", promotion)
    assert held.exit_code == 4, held.output
    assert "--take-over" in held.output + held.stderr
    site.ok("resume", promotion, "--take-over")


def marks(pair: Pair) -> dict[str, int]:
    return {
        place: AuditLog(each.audit_log).mark()
        for place, each in pair.clusters.items()
        if isinstance(each, Own)
    }


def writes_of(pair: Pair, name: str, since: dict[str, int]) -> list[AuditEntry]:
    """What an identity has written since then."""
    found = []
    for place, cluster in pair.clusters.items():
        assert isinstance(cluster, Own)
        # A request of our own at the end: when the log has it, it has all before.
        pair.kubes[place].request("GET", f"/api/v1/namespaces/{pair.namespace(place)}/configmaps", limit="7")
        log = AuditLog(cluster.audit_log)
        entries = log.wait(lambda each: each.agent == pair.own and "limit=7" in each.uri, since[place])
        found += [each for each in entries if each.user == user(pair, place, name) and each.wrote]
    return found


@pytest.mark.parametrize("where", POINTS)
def test_who_was_taken_over_writes_nothing_from_then_on(
    where: str, pair: Pair, site: PairSite, kubeconfigs: dict[str, dict[str, Path]], tmp_path: Path
) -> None:
    stops, log = POINTS[where], tmp_path / "child.log"
    child = stopped(site, Stops(stops.method, stops.ends, stops.number), log)
    try:
        since = marks(pair)
        become(tmp_path / "links", kubeconfigs["other"])
        assert in_child(lambda: take_over(site), log) == 0, log.read_text()
    finally:
        go_on(child)
    assert writes_of(pair, "other", since), "the other one promoted"
    assert writes_of(pair, "stopped", since) == []
    assert_recorded_once(site)
    assert_held(pair, site)


def test_a_job_that_is_made_too_late_decides_nothing_and_is_deleted_by_who_made_it(
    pair: Pair, site: PairSite, kubeconfigs: dict[str, dict[str, Path]], tmp_path: Path
) -> None:
    """No API server fences the creation of an object: there is nothing that it could be compared with."""
    log = tmp_path / "child.log"
    child = stopped(site, Stops("POST", "/jobs"), log)
    try:
        since = marks(pair)
        become(tmp_path / "links", kubeconfigs["other"])
        assert in_child(lambda: take_over(site), log) == 0, log.read_text()
    finally:
        go_on(child)
    late = Counter((each.verb, each.resource) for each in writes_of(pair, "stopped", since))
    assert late == {("create", "jobs"): 1, ("delete", "jobs"): 1}
    assert_recorded_once(site)
    assert_held(pair, site)


def assert_held(pair: Pair, site: PairSite) -> None:
    for place, kube in pair.kubes.items():
        assert_runs(pair, site, place, kube)
        assert_nothing_left(pair, place, kube)
