"""A watch that is asked for its state although nothing changes."""

from __future__ import annotations

import time

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.watch import Watched, watched
from tests.unit.cluster.fake_server import FakeServer, Watch, config_map, listing

MAPS = "/api/v1/namespaces/ns/configmaps"


def test_the_same_state_comes_again_when_it_is_time(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(f"WATCH {MAPS}", Watch([], then="goes on"))
    due = time.monotonic() + 0.05
    states = watched(api, [Watched(MAPS)], until=time.monotonic() + 60, wake=lambda: due)
    first, again = next(states), next(states)
    states.close()
    assert first.changed == {(0, "ns/a")}
    assert again.changed == frozenset()
    assert again.collections == first.collections
