"""Collections that are kept up to date, whatever happens to the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.cluster.client import watch
from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.client.errors import ClusterUnreachable, Forbidden
from ldmrelease.cluster.client.watch import Watched, WatchState, watched
from tests.unit.cluster.fake_server import (
    Answer,
    FakeServer,
    Watch,
    access,
    config_map,
    event,
    listing,
    status,
)

MAPS = "/api/v1/namespaces/ns/configmaps"
PODS = "/api/v1/namespaces/ns/pods"
LONG = 60.0


def follow(api: Api, *paths: str, seconds: float = LONG) -> Iterator[WatchState]:
    return watched(api, [Watched(path) for path in paths], until=time.monotonic() + seconds)


def until(states: Iterator[WatchState], *names: str) -> WatchState:
    """The first state whose first collection has exactly these objects."""
    wanted = {f"ns/{name}" for name in names}
    return next(state for state in states if state.collections[0].keys() == wanted)


def watches(server: FakeServer) -> list[str]:
    return [query["resourceVersion"] for query in server.queries(f"WATCH {MAPS}")]


def test_the_first_state_has_all_collections(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a"), config_map("b")))
    server.on(f"GET {PODS}", listing(config_map("p")))
    server.on(f"WATCH {MAPS}", Watch([], then="goes on"))
    server.on(f"WATCH {PODS}", Watch([], then="goes on"))
    state = next(follow(api, MAPS, PODS))
    assert [set(each) for each in state.collections] == [{"ns/a", "ns/b"}, {"ns/p"}]
    assert state.changed == {(0, "ns/a"), (0, "ns/b"), (1, "ns/p")}
    assert state.cut is None


def test_objects_come_change_and_go(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    changes = [
        event("ADDED", config_map("b", "2")),
        event("MODIFIED", config_map("b", "3", key="new")),
        event("DELETED", config_map("a", "4")),
    ]
    server.on(f"WATCH {MAPS}", Watch(changes, then="goes on"))
    state = until(follow(api, MAPS), "b")
    assert state.collections[0]["ns/b"]["data"] == {"key": "new"}


def test_a_state_that_was_given_does_not_change(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(
        f"WATCH {MAPS}",
        Watch([event("ADDED", config_map("b", "2"))]),
        Watch([event("ADDED", config_map("c", "3"))], then="goes on"),
    )
    states = follow(api, MAPS)
    first = next(states)
    keys = set(first.collections[0])
    until(states, "a", "b", "c")
    assert set(first.collections[0]) == keys


def test_what_is_kept_is_kept_of_lists_and_of_events(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a", key="long")))
    server.on(f"WATCH {MAPS}", Watch([event("ADDED", config_map("b", "2", key="long"))], then="goes on"))
    request = Watched(MAPS, keep=lambda item: {"metadata": item["metadata"]})
    states = watched(api, [request], until=time.monotonic() + LONG)
    state = until(states, "a", "b")
    assert all("data" not in item for item in state.collections[0].values())


def test_selectors_are_of_the_list_and_of_the_watch(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(f"WATCH {MAPS}", Watch([event("ADDED", config_map("b", "2"))], then="goes on"))
    request = Watched(MAPS, labels="app=x", fields="metadata.name!=y")
    until(watched(api, [request], until=time.monotonic() + LONG), "a", "b")
    for query in (*server.queries(f"GET {MAPS}"), *server.queries(f"WATCH {MAPS}")):
        assert (query["labelSelector"], query["fieldSelector"]) == ("app=x", "metadata.name!=y")


@pytest.mark.parametrize("then", ["ends", "is cut"])
def test_a_watch_goes_on_from_its_last_version(server: FakeServer, api: Api, then: str) -> None:
    bookmark = {"type": "BOOKMARK", "object": {"kind": "ConfigMap", "metadata": {"resourceVersion": "9"}}}
    server.on(f"GET {MAPS}", listing(config_map("a"), version="5"))
    server.on(
        f"WATCH {MAPS}",
        Watch([event("ADDED", config_map("b", "7"))], then=then),
        Watch([bookmark], then=then),
        Watch([event("ADDED", config_map("c", "11"))], then="goes on"),
    )
    states = [state for state in [until(follow(api, MAPS), "a", "b", "c")] if state.cut]
    assert watches(server) == ["5", "7", "9"]
    assert len(server.queries(f"GET {MAPS}")) == 1
    assert states == []


@pytest.mark.parametrize(
    "gone",
    [
        status(410, "too old resource version"),
        Watch([event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})]),
    ],
    ids=["as an answer", "as an event"],
)
def test_a_version_that_is_too_old_is_listed_anew_any_number_of_times(
    server: FakeServer, api: Api, gone: Answer | Watch
) -> None:
    server.on(
        f"GET {MAPS}",
        listing(config_map("a"), config_map("b"), version="5"),
        listing(config_map("b"), version="6"),
        listing(config_map("b"), version="7"),
        listing(config_map("c"), version="8"),
    )
    server.on(f"WATCH {MAPS}", gone, gone, gone, Watch([], then="goes on"))
    states = follow(api, MAPS)
    until(states, "a", "b")
    state = next(states)
    assert state.collections[0].keys() == {"ns/b"}
    assert state.changed == {(0, "ns/a")}
    until(states, "c")
    states.close()  # type: ignore[attr-defined]
    assert watches(server)[:3] == ["5", "6", "7"]


def test_a_watch_that_may_not_begin_yet_is_begun_later(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a"), version="5"))
    server.on(
        f"WATCH {MAPS}",
        status(429, "too many requests", headers={"Retry-After": "0"}),
        status(500, "oops"),
        Watch([event("ERROR", {"kind": "Status", "code": 500, "message": "oops"})]),
        Watch([event("ADDED", config_map("b", "6"))], then="goes on"),
    )
    states = follow(api, MAPS)
    seen = [next(states), next(states)]
    assert seen[1].cut is not None
    assert "429" in seen[1].cut.reason
    assert until(states, "a", "b").cut is None
    assert watches(server) == ["5", "5", "5", "5"]


@pytest.mark.parametrize("junk", [b"junk", [], {"type": "ADDED"}, event("ADDED", {"metadata": None})])
def test_an_event_that_cannot_be_read_is_not_passed_over(server: FakeServer, api: Api, junk: object) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")), listing(config_map("b")))
    server.on(f"WATCH {MAPS}", Watch([junk]), status(410), Watch([], then="goes on"))
    until(follow(api, MAPS), "b")


def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with FakeServer() as first:
        first.on(f"GET {MAPS}", listing(config_map("a"), version="5"))
        first.on(f"WATCH {MAPS}", Watch([], then="goes on"))
        states = follow(open_api(access(tmp_path / "kubeconfig", first.url)), MAPS)
        until(states, "a")
    lost = next(states)
    assert lost.cut is not None
    assert lost.cut.since <= time.monotonic()
    assert "refused" in lost.cut.reason
    assert lost.collections[0].keys() == {"ns/a"}
    with FakeServer(first.port) as second:
        # As real ones do while they start: they have not read who may do what.
        second.on(
            f"WATCH {MAPS}",
            status(403, "not yet"),
            Watch([event("ADDED", config_map("b", "6"))], then="goes on"),
        )
        state = until(states, "a", "b")
        assert state.cut is None
        assert watches(second) == ["5", "5"]
        states.close()  # type: ignore[attr-defined]


def test_the_last_state_says_that_the_server_is_still_away(tmp_path: Path) -> None:
    with FakeServer() as server:
        server.on(f"GET {MAPS}", listing(config_map("a")))
        server.on(f"WATCH {MAPS}", Watch([], then="goes on"))
        states = follow(open_api(access(tmp_path / "kubeconfig", server.url)), MAPS, seconds=1.0)
        until(states, "a")
    *_, last = states
    assert last.cut is not None


def test_a_server_that_is_never_there_is_not_reached(tmp_path: Path) -> None:
    with FakeServer() as server:
        pass
    api = open_api(access(tmp_path / "kubeconfig", server.url))
    with pytest.raises(ClusterUnreachable, match="refused"):
        next(follow(api, MAPS, seconds=0.5))


def test_a_server_that_does_not_answer_does_not_hold_up_the_deadline(api: Api, server: FakeServer) -> None:
    server.on(f"GET {MAPS}", Watch([], then="goes on"))
    with pytest.raises(ClusterUnreachable, match="not be listed in time"):
        next(follow(api, MAPS, seconds=0.2))


def test_without_a_credential_it_is_not_waited_for_until_the_deadline(
    server: FakeServer, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOCKED_OUT", 0.3)
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(f"WATCH {MAPS}", status(401, "Unauthorized"))
    states = follow(api, MAPS)
    began = time.monotonic()
    with pytest.raises(ClusterUnreachable, match="does not accept the credential"):
        list(states)
    assert time.monotonic() - began < LONG / 2


def test_what_is_forbidden_at_first_is_an_error(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", status(403, "no list for you"))
    with pytest.raises(Forbidden) as error:
        next(follow(api, MAPS))
    assert (error.value.verb, error.value.resource) == ("list", "configmaps")


def test_what_may_be_listed_but_not_watched_is_an_error(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(f"WATCH {MAPS}", status(403, "no watch for you"))
    with pytest.raises(Forbidden) as error:
        list(follow(api, MAPS))
    assert error.value.verb == "watch"


@pytest.mark.parametrize("refused", ["GET", "WATCH"])
def test_what_is_optional_is_empty_for_who_may_not_read_it_and_holds_nobody_up(
    server: FakeServer, api: Api, refused: str
) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(f"GET {PODS}", listing())
    server.on(f"WATCH {MAPS}", Watch([], then="goes on"))
    server.on(f"WATCH {PODS}", Watch([event("ADDED", config_map("b", "2"))], then="goes on"))
    server.on(f"{refused} {MAPS}", status(403, "not for you"))
    requests = [Watched(MAPS, optional=True), Watched(PODS)]
    states = watched(api, requests, until=time.monotonic() + LONG)
    assert any(state.collections[1] and not state.collections[0] for state in states)


def test_a_mistake_in_what_to_keep_is_raised(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    with pytest.raises(KeyError):
        list(watched(api, [Watched(MAPS, keep=lambda item: {"x": item["x"]})], until=time.monotonic() + LONG))


@pytest.mark.parametrize("how", ["closed", "deadline"])
def test_no_thread_is_left_when_it_ends(server: FakeServer, api: Api, how: str) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    server.on(f"WATCH {MAPS}", Watch([], then="goes on"))
    states = follow(api, MAPS, MAPS, seconds=LONG if how == "closed" else 0.5)
    next(states)
    if how == "closed":
        states.close()  # type: ignore[attr-defined]
    else:
        assert list(states) == []
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("watch ")]
