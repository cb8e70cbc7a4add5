"""A whole promotion while both API servers are busy (429), forgetful (410), and others write at the same time (409).

A wire stands before each API server. It refuses what is new to it, and ends watches again and again; the
conflicts are the API servers' own: somebody changes an object just before our write of it gets there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.real.faultproxy import Answer, Passage, repeat
from tests.real.kube.api import Kube, path_of
from tests.real.kube.given import Cluster
from tests.real.kube.pair import LEVEL, Pair, make_pair
from tests.real.kube.passes import accounts, passes_of
from tests.real.kube.test_kills import assert_whole, marks
from tests.real.kube.wire import WATCH, Wire, expired, refused, wires
from tests.workspace import WEEKLY

pytestmark = pytest.mark.real

WRITES = "POST|PUT|PATCH|DELETE"
CHANGES = 2
"""So often somebody changes an object just before our write of it gets there."""

BUSY = refused(429, "TooManyRequests", Retry_After="1")
GONE = refused(410, "Expired")


@pytest.fixture(scope="module")
def pair(cluster: Cluster, second_cluster: Cluster) -> Iterator[Pair]:
    made = make_pair(cluster, second_cluster)
    try:
        with accounts([made]):
            yield made
    finally:
        made.down()


class Trouble:
    """What goes wrong at one place: each write is refused at first, then contested; every eighth look is refused."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._writes: Counter[tuple[str, str]] = Counter()
        self._looks = cycle([*[False] * 7, True])
        # A number that is none of the watches', so that each meets something else the next time.
        self._watches = cycle([expired, expired, GONE, expired, BUSY])
        self._gone: set[str] = set()

    def at(self, wire: Wire) -> None:
        wire.fail(WRITES, "", self._write)
        wire.fail("GET", WATCH, self._watch)
        wire.fail("GET", "", self._look)

    def _look(self, passage: Passage) -> Answer:
        return BUSY(passage) if next(self._looks) else passage.forward()

    def _watch(self, passage: Passage) -> Answer:
        since = re.sub(r"&timeoutSeconds=\d+", "", passage.request.path)
        if since in self._gone:
            # What is gone stays gone: only a fresh list helps.
            return GONE(passage)
        meets = next(self._watches)
        if meets is not BUSY:
            self._gone.add(since)
        return meets(passage)

    def _write(self, passage: Passage) -> Answer:
        key = passage.request.method, passage.request.path
        self._writes[key] += 1
        if self._writes[key] == 1:
            return BUSY(passage)
        if self._writes[key] <= 1 + CHANGES:
            return self._contested(passage)
        return passage.forward()

    def _contested(self, passage: Passage) -> Answer:
        path = urlsplit(passage.request.path).path
        match passage.request.method, path.rpartition("/")[2]:
            case "POST", "configmaps":
                self._make_config_map()
            case "POST", _:
                # It gets there twice, so that its maker is told that it is there already.
                return repeat(passage)
            case "PUT" | "PATCH", _:
                self._change(path)
        return passage.forward()

    def _make_config_map(self) -> None:
        """Another place in the namespace has its fence in the same ConfigMap."""
        meta = {"namespace": self._namespace, "name": "ldmrelease"}
        self._kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})

    def _change(self, path: str) -> None:
        change = {"metadata": {"annotations": {"site.example/round": str(self._writes.total())}}}
        merge = "application/merge-patch+json"
        self._kube.request("PATCH", path, change, content_type=merge)


def test_a_promotion_gets_through_busy_and_forgetful_api_servers(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.reset()
    users = {place: {"token": passes_of(pair, place).issue()} for place in pair.clusters}
    with wires(pair.clusters, tmp_path) as between:
        site = pair.site(tmp_path / "site", access=lambda place, _: between[place].access(users[place]))
        for place, wire in between.items():
            Trouble(pair.kubes[place], pair.namespace(place)).at(wire)
        since = marks(pair)
        site.ok("promote", WEEKLY, "--target", LEVEL, "--yes")
        told = {
            place: dict(Counter(each.status for each in wire.requests)) for place, wire in between.items()
        }
    with capsys.disabled():
        print(f"\nbusy and forgetful API servers: {told}")
    assert_whole(pair, site, since)
    for place, wire in between.items():
        assert_met(wire, pair.namespace(place))


def assert_met(wire: Wire, namespace: str) -> None:
    """Everything that was to go wrong did."""
    fence = f"{path_of('ConfigMap', namespace)}/ldmrelease"
    deployment = path_of("Deployment", namespace, "ocps")
    assert wire.answered(409, "POST", path_of("ConfigMap", namespace)) == 1
    # Controllers write at the same time, too.
    assert wire.answered(409, "PUT", fence) >= CHANGES
    for manager in ("ldmrelease-fence", "ldmrelease"):
        assert wire.answered(409, "PATCH", rf"{deployment}\?fieldManager={manager}&") >= CHANGES
    assert wire.answered(409, "POST", "/jobs$") == 1
    for method in WRITES.split("|"):
        assert wire.answered(429, method), method
    assert wire.answered(429, "GET", WATCH)
    assert wire.answered(410, "GET", WATCH)
