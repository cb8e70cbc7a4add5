"""What is read around workloads, and what is done without."""

from __future__ import annotations

import pytest

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Forbidden
from ldmrelease.cluster.objects.related_objects import listed, read_related
from ldmrelease.domain.workload_selection import WorkloadKind
from tests.unit.cluster.fake_server import FakeServer, config_map, listing, status

NAMESPACE = "/api/v1/namespaces/ns"
REVISIONS = "/apis/apps/v1/namespaces/ns/controllerrevisions"


def answers(server: FakeServer) -> None:
    server.on(f"GET {REVISIONS}", listing())
    server.on(f"GET {NAMESPACE}/pods", listing(config_map("a")))
    server.on(f"GET {NAMESPACE}/events", status(403, "not for you"))
    server.on("GET /api/v1/nodes", status(403, "not for you"))


def test_who_may_not_read_events_and_nodes_sees_the_pods_all_the_same(server: FakeServer, api: Api) -> None:
    answers(server)
    there = listed(api, read_related("ns", [WorkloadKind.DAEMON_SET]))
    assert [each["metadata"]["name"] for each in there.pods] == ["a"]
    assert (there.events, there.nodes) == ((), ())


def test_who_may_not_read_pods_is_told(server: FakeServer, api: Api) -> None:
    answers(server)
    server.on(f"GET {NAMESPACE}/pods", status(403, "not for you"))
    with pytest.raises(Forbidden):
        listed(api, read_related("ns", [WorkloadKind.DAEMON_SET]))
