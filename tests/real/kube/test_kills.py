"""A promotion over two clusters, killed before and after every write, and resumed.

The process is really killed (SIGKILL): around appends to the ledger, requests that change something in a cluster,
and requests that write to a registry. Then a new process does what a user would: resume what is open, and ask
again. Wherever it was killed: each step once, one receipt each, one Job for a check, the cluster as wanted, and
nothing left over.

In CI after every write, which is before the next: nothing lasting happens between two. Elsewhere after every write
in a cluster, and some of the others; with LDMRELEASE_KILL_ALL=1 before and after every one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.referrers import list_referrers
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.promotions.takeover import claim_now
from tests.real.kube.api import Kube
from tests.real.kube.audit import AuditEntry, AuditLog
from tests.real.kube.cluster import Own
from tests.real.kube.given import Cluster
from tests.real.kube.lanes import in_child, in_lanes
from tests.real.kube.pair import LEVEL, PLACES, Pair, PairSite, make_pair
from tests.real.test_kills import Countdown, quiet
from tests.real.test_kills import spec as wish_for
from tests.workspace import WEEKLY, said

pytestmark = pytest.mark.real

EVERYTHING = bool(os.environ.get("LDMRELEASE_KILL_ALL"))
AFTER_EACH = bool(os.environ.get("CI"))
APPENDS_BETWEEN, REGISTRY_WRITES_BETWEEN = 7, 31
LANES = 6
"""So many promotions at a time: each of them waits for kubelets and controllers most of the time."""


@pytest.fixture(scope="module")
def pairs(cluster: Cluster, second_cluster: Cluster) -> Iterator[list[Pair]]:
    made: list[Pair] = []
    try:
        for _ in range(LANES):
            made.append(make_pair(cluster, second_cluster))
        yield made
    finally:
        for each in made:
            each.down()


class Writes(Countdown):
    """Counts what changes something, and kills the process at the one with its number."""

    def __call__(self, phase: str, what: str) -> None:
        if not what.startswith(("GET ", "HEAD ")):
            super().__call__(phase, what)


def promote_all(site: PairSite, writes: Writes) -> None:
    context = site.context(writes)
    answer = promote(context, wish_for(context, LEVEL), quiet)
    assert isinstance(answer, Promoted), answer
    assert answer.outcome.state == "succeeded", answer.outcome
    context.ledger.close()


def counted(site: PairSite, into: Path) -> None:
    """Promote, and note every write."""
    writes = Writes()
    promote_all(site, writes)
    into.write_text(json.dumps(writes.calls))


def is_in_cluster(call: str) -> bool:
    return " /api" in call


def is_in_registry(call: str) -> bool:
    return " http" in call


def chosen(calls: list[str]) -> list[int]:
    """The numbers of the calls to kill at."""
    if EVERYTHING:
        return list(range(1, len(calls) + 1))
    after = [number for number, call in enumerate(calls, 1) if call.startswith("after ")]
    if AFTER_EACH:
        return [1, *after]
    cluster = [number for number in after if is_in_cluster(calls[number - 1])]
    registry = [number for number in after if is_in_registry(calls[number - 1])]
    ledger = sorted({*after} - {*cluster, *registry})
    return sorted([1, *cluster, *ledger[::APPENDS_BETWEEN], *registry[::REGISTRY_WRITES_BETWEEN]])


def finish(site: PairSite) -> None:
    """What a user does after a crash."""
    site.ok("resume", "--all")
    again = site.ok("promote", WEEKLY, "--target", LEVEL, "--yes")
    if "nothing to do" not in again:
        # It was killed before anything was requested.
        assert "nothing to do" in site.ok("promote", WEEKLY, "--target", LEVEL, "--yes"), again


def kill_at(pair: Pair, calls: list[str], numbers: list[int], folder: Path) -> None:
    """One lane: kill and resume at each of these points, one after another. Raises what is not as it has to be."""
    for number in numbers:
        root = folder / f"{pair.own}-{number}"
        pair.reset(settled=False)
        site = pair.site(root)
        since = marks(pair)
        died = in_child(lambda: promote_all(site, Writes(number)), root / "killed.log")  # noqa: B023
        assert os.WIFSIGNALED(died), f"the call {number} was never made: {(root / 'killed.log').read_text()}"
        assert os.WTERMSIG(died) == signal.SIGKILL
        ended = in_child(partial(check, pair, site, since), root / "finish.log")
        told = f"killed at {number}, {calls[number - 1]}:\n"
        assert ended == 0, told + (root / "finish.log").read_text()
        shutil.rmtree(root)


def check(pair: Pair, site: PairSite, since: dict[str, int]) -> None:
    finish(site)
    assert_whole(pair, site, since)


def assert_whole(pair: Pair, site: PairSite, since: dict[str, int]) -> None:
    """The promotion has come to its end as if nothing had happened."""
    assert_recorded_once(site)
    assert_published_once(site)
    for place, kube in pair.kubes.items():
        assert_runs(pair, site, place, kube)
        assert_nothing_left(pair, place, kube)
        assert_written_once(pair, place, since)


def assert_recorded_once(site: PairSite) -> None:
    context = site.context()
    receipts = Counter(
        ("{environment}/{application}".format_map(said(event)["place"]), said(event)["component"])
        for event in context.ledger.events(kinds=[EventKind.RECEIPT])
    )
    assert receipts == {(place, each): 1 for place in PLACES for each in ("scipipe", "release")}
    done = Counter(said(event)["step"] for event in context.ledger.events(kinds=[EventKind.DONE]))
    assert not {step for step, count in done.items() if count > 1 and not step.endswith("/claim")}
    assert [said(event)["state"] for event in context.ledger.events(kinds=[EventKind.ENDED])] == ["succeeded"]
    for kind in (EventKind.REGISTERED, EventKind.RECEIVED):
        assert len(list(context.ledger.events(kinds=[kind]))) == len(PLACES), f"one {kind} for each place"
    assert not any(claim_now(context, each.place) for each in context.topology.applications), "no claim left"
    assert context.ledger.verify() == ()
    context.ledger.close()


def assert_published_once(site: PairSite) -> None:
    """Each receipt refers to its image once: those of both places where it was built, the summit's at its site."""
    context = site.context()
    product = context.topology.product("stack")
    assert product is not None
    source = parse_reference(product.components[0].source)
    at_site = context.topology.applications[-1].registry
    assert at_site is not None
    there = parse_reference(f"{at_site}/{product.components[0].source.partition('/')[2]}")
    for reference, count in ((source, 2), (there, 1)):
        repository = context.registries.open(reference)
        image = repository.resolve("al9-w_2023_16")
        assert image is not None
        assert len(list_referrers(repository, image.digest)) == count, reference
    context.ledger.close()


def assert_runs(pair: Pair, site: PairSite, place: str, kube: Kube) -> None:
    """The pods run the weekly, and the Deployment says whose it is."""
    context = site.context()
    pinned = wish_for(context, LEVEL).pinned
    (image,) = pinned.release.images
    context.ledger.close()
    for name in pair.names:
        found = kube.get("Deployment", pair.namespace(place), name)
        assert found["spec"]["template"]["spec"]["containers"][0]["image"].endswith(
            f"/scipipe@{image.digest}"
        )
    pods = [
        each
        for each in kube.list("Pod", pair.namespace(place))
        if "deletionTimestamp" not in each["metadata"]
    ]
    assert len(pods) == len(pair.names)
    for pod in pods:
        assert pod["status"]["containerStatuses"][0]["imageID"].partition("@")[2] in image.identity.digests()


def assert_nothing_left(pair: Pair, place: str, kube: Kube) -> None:
    assert kube.list("Job", pair.checks) == []
    pulls = kube.list("Pod", pair.namespace(place), labelSelector="ldmrelease.dev/part=prepull")
    for each in pulls:
        assert "deletionTimestamp" in each["metadata"], each["metadata"]["name"]


def assert_written_once(pair: Pair, place: str, since: dict[str, int]) -> None:
    """By the audit log: each Job was made once, and the image was written once."""
    entries = written(pair, place, since)
    jobs = Counter(each.name for each in entries if (each.verb, each.resource) == ("create", "jobs"))
    assert list(jobs.values()) == [1], jobs
    images = [
        each for each in entries if each.resource == "deployments" and "fieldManager=ldmrelease&" in each.uri
    ]
    assert len(images) == 1, images


def marks(pair: Pair) -> dict[str, int]:
    return {
        place: AuditLog(each.audit_log).mark()
        for place, each in pair.clusters.items()
        if isinstance(each, Own)
    }


def written(pair: Pair, place: str, since: dict[str, int]) -> list[AuditEntry]:
    """What the promoter wrote in the pair's namespaces since then. Skips where the cluster's log is not ours."""
    found = pair.clusters[place]
    if not isinstance(found, Own):
        pytest.skip("needs the audit log of a cluster of our own")
    mine = (pair.namespace(place), pair.checks)

    def is_mine(each: AuditEntry) -> bool:
        return each.namespace in mine and each.wrote and each.agent.startswith("OpenAPI-Generator")

    log = AuditLog(found.audit_log)
    is_last = log.wait(
        lambda each: is_mine(each) and (each.verb, each.resource) == ("delete", "jobs"), since[place]
    )
    return [each for each in is_last if is_mine(each)]


def test_killed_at_any_write_and_resumed(
    pairs: list[Pair], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, (log, into) = pairs[0], (tmp_path / "counted.log", tmp_path / "calls.json")
    first.reset()
    site, since = first.site(tmp_path / "counted"), marks(first)
    assert in_child(lambda: counted(site, into), log) == 0, log.read_text()
    assert in_child(partial(check, first, site, since), log) == 0, log.read_text()
    calls: list[str] = json.loads(into.read_text())
    points = chosen(calls)
    with capsys.disabled():
        inside = sum(map(is_in_cluster, calls))
        print(
            f"\nkill test on two clusters: N = {len(calls)} points ({inside} in the clusters, "
            f"{sum(map(is_in_registry, calls))} in registries), killed at {len(points)}"
        )
    lanes = [
        partial(kill_at, pair, calls, points[number::LANES], tmp_path) for number, pair in enumerate(pairs)
    ]
    failures = in_lanes(lanes, tmp_path)
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)
