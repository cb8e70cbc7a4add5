"""What the client makes of an API server's answers, and of their absence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.client.errors import (
    ClusterUnreachable,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    ObjectNotFound,
)
from ldmrelease.cluster.client.paths import path_of
from tests.unit.cluster.fake_server import Answer, FakeServer, access, config_map, listing, status

MAPS = "/api/v1/namespaces/ns/configmaps"
ONE = f"{MAPS}/one"


def names(items: list[dict[str, dict[str, str]]]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


def test_a_list_is_read_in_pages_and_is_of_the_first_pages_version(server: FakeServer, api: Api) -> None:
    server.on(
        f"GET {MAPS}",
        listing(config_map("a"), version="7", token="more"),
        listing(config_map("b"), version="8"),
    )
    found = api.list(MAPS, labels="app in (x, y)", fields="metadata.name!=z")
    assert names(found.items) == ["a", "b"]
    assert found.version == "7"
    first, second = server.queries(f"GET {MAPS}")
    assert first == {"labelSelector": "app in (x, y)", "fieldSelector": "metadata.name!=z", "limit": "500"}
    assert second == {**first, "continue": "more"}


def test_objects_of_a_list_say_what_they_are(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a")))
    (item,) = api.list(MAPS).items
    assert (item["apiVersion"], item["kind"]) == ("v1", "ConfigMap")


def test_a_list_keeps_what_it_is_told_to_keep(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a", data="long")))
    assert api.list(MAPS, keep=lambda item: {"name": item["metadata"]["name"]}).items == [{"name": "a"}]


def test_a_list_whose_version_is_gone_in_the_middle_is_begun_again(server: FakeServer, api: Api) -> None:
    server.on(
        f"GET {MAPS}",
        listing(config_map("a"), version="7", token="more"),
        status(410, "too old", reason="Expired"),
        listing(config_map("a"), config_map("b"), version="9"),
    )
    found = api.list(MAPS)
    assert names(found.items) == ["a", "b"]
    assert found.version == "9"


def test_a_list_whose_pages_are_always_too_slow_is_read_at_once(server: FakeServer, api: Api) -> None:
    page = listing(config_map("a"), version="7", token="more")
    server.on(
        f"GET {MAPS}",
        *[page, status(410, "too old")] * 3,
        listing(config_map("a"), config_map("b"), version="9"),
    )
    assert names(api.list(MAPS).items) == ["a", "b"]
    assert "limit" not in server.queries(f"GET {MAPS}")[-1]


def test_pages_go_on_with_what_there_is_when_their_version_is_gone(server: FakeServer, api: Api) -> None:
    server.on(
        f"GET {MAPS}",
        listing(config_map("a"), token="more"),
        status(410, "too old", metadata={"continue": "fresh"}),
        listing(config_map("b")),
    )
    assert [names(page) for page in api.pages(MAPS)] == [["a"], ["b"]]
    assert server.queries(f"GET {MAPS}")[-1]["continue"] == "fresh"


def test_pages_end_with_an_error_when_the_server_gives_no_way_to_go_on(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", listing(config_map("a"), token="more"), status(410, "too old"))
    with pytest.raises(Expired):
        list(api.pages(MAPS))


def test_a_write_is_sent_again_when_the_server_says_that_it_has_no_time(server: FakeServer, api: Api) -> None:
    server.on(
        f"PATCH {ONE}",
        status(429, "too many requests", headers={"Retry-After": "0"}),
        status(503, "starting"),
        status(429, "too many requests", headers={"Retry-After": "junk"}),
        Answer(body=config_map("one")),
    )
    assert api.apply(ONE, config_map("one"), manager="ldmrelease")["metadata"]["name"] == "one"
    assert len(server.asked) == 4


def test_the_server_says_how_long_to_wait(server: FakeServer, tmp_path: Path) -> None:
    server.on(f"GET {ONE}", status(429, "slow down", headers={"Retry-After": "1"}))
    api = open_api(access(tmp_path / "kubeconfig", server.url), patience=0.5)
    with pytest.raises(ClusterUnreachable, match="429 slow down") as error:
        api.get(ONE)
    assert error.value.retry_after is not None


@pytest.mark.parametrize("code", [500, 502, 504])
def test_a_read_is_sent_again_after_a_server_error_and_a_write_is_not(
    server: FakeServer, api: Api, code: int
) -> None:
    server.on(f"GET {ONE}", status(code, "oops"), Answer(body=config_map("one")))
    server.on(f"PUT {ONE}", status(code, "oops"), Answer(body=config_map("one")))
    assert api.get(ONE)
    with pytest.raises(ClusterUnreachable) as error:
        api.replace(ONE, config_map("one"))
    assert error.value.maybe_done


def test_a_read_that_was_cut_is_sent_again(server: FakeServer, api: Api) -> None:
    server.on(f"GET {ONE}", Answer(body=b'{"metadata"', missing=100), Answer(body=config_map("one")))
    assert api.get(ONE)["metadata"]["name"] == "one"


def test_a_write_that_was_cut_is_not_sent_again_and_may_be_done(server: FakeServer, api: Api) -> None:
    server.on(f"POST {MAPS}", Answer(body=b'{"metadata"', missing=100))
    with pytest.raises(ClusterUnreachable, match="whether it was done is not known") as error:
        api.create(MAPS, config_map("one"))
    assert error.value.maybe_done
    assert len(server.asked) == 1


def test_a_write_that_never_reached_the_server_is_not_done(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        api = open_api(
            access(tmp_path / "kubeconfig", f"http://127.0.0.1:{unused.getsockname()[1]}"), patience=0
        )
        with pytest.raises(ClusterUnreachable, match=r"base: .*refused") as error:
            api.create(MAPS, config_map("one"))
    assert not error.value.maybe_done


def test_a_server_that_never_has_time_is_not_reached(server: FakeServer, tmp_path: Path) -> None:
    server.on(f"PUT {ONE}", status(503, "starting"))
    api = open_api(access(tmp_path / "kubeconfig", server.url), patience=0.3)
    with pytest.raises(ClusterUnreachable, match="503 starting") as error:
        api.replace(ONE, config_map("one"))
    assert not error.value.maybe_done
    assert len(server.asked) > 1


@pytest.mark.parametrize("junk", [b"<html>log in</html>", b"[]", b"null", b""])
def test_what_is_no_json_object_was_not_said_by_an_api_server(
    server: FakeServer, api: Api, junk: bytes
) -> None:
    server.on(f"GET {ONE}", Answer(body=junk))
    with pytest.raises(ClusterUnreachable, match="is it an API server"):
        api.get(ONE)


def test_what_is_no_list_was_not_said_by_an_api_server(server: FakeServer, api: Api) -> None:
    server.on(f"GET {MAPS}", Answer(body={"hello": "world"}))
    with pytest.raises(ClusterUnreachable, match="not a list"):
        api.list(MAPS)


def test_a_redirect_is_not_followed(server: FakeServer, api: Api) -> None:
    server.on(f"GET {ONE}", Answer(302, headers={"Location": f"{MAPS}/two"}))
    server.on(f"GET {MAPS}/two", Answer(body=config_map("two")))
    with pytest.raises(ClusterUnreachable, match="302"):
        api.get(ONE)


def test_what_is_forbidden_says_which_right_is_missing(server: FakeServer, api: Api) -> None:
    path = path_of("Deployment", "prod", "app")
    server.on(f"PATCH {path}", status(403, "no patch for you"))
    with pytest.raises(Forbidden, match="no patch for you") as error:
        api.apply(path, {}, manager="ldmrelease")
    refused = error.value
    assert (refused.verb, refused.resource, refused.group, refused.namespace) == (
        "patch",
        "deployments",
        "apps",
        "prod",
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [(404, ObjectNotFound), (409, Conflict), (410, Expired), (400, Invalid), (422, Invalid), (405, Invalid)],
)
def test_each_refusal_has_its_error_with_the_servers_words(
    server: FakeServer, api: Api, code: int, kind: type[Exception]
) -> None:
    server.on(f"GET {ONE}", status(code, "so it is"))
    with pytest.raises(kind, match="base: so it is"):
        api.get(ONE)


def test_a_conflict_of_fields_names_the_managers(server: FakeServer, api: Api) -> None:
    causes = [
        {"reason": "FieldManagerConflict", "message": 'conflict with "helm" using apps/v1', "field": ".a"},
        {"reason": "FieldManagerConflict", "message": 'conflict with "helm" using apps/v1', "field": ".b"},
        {"reason": "FieldManagerConflict", "message": 'conflict with "argocd-controller"', "field": ".c"},
    ]
    server.on(f"PATCH {ONE}", status(409, "Apply failed", details={"causes": causes}))
    with pytest.raises(Conflict) as error:
        api.apply(ONE, config_map("one"), manager="ldmrelease")
    assert error.value.managers == ("helm", "argocd-controller")


def test_an_apply_to_an_object_that_was_made_anew_is_a_conflict(server: FakeServer, api: Api) -> None:
    causes = [{"reason": "FieldValueInvalid", "message": "field is immutable", "field": "metadata.uid"}]
    server.on(f"PATCH {ONE}", status(422, "uid: field is immutable", details={"causes": causes}))
    with pytest.raises(Conflict):
        api.apply(ONE, config_map("one"), manager="ldmrelease")


def test_an_apply_says_who_applies_and_is_strict(server: FakeServer, api: Api) -> None:
    server.on(f"PATCH {ONE}", Answer(body=config_map("one")))
    api.apply(ONE, config_map("one"), manager="ldmrelease", force=True)
    (asked,) = server.asked
    assert asked.query == {"fieldManager": "ldmrelease", "force": "true", "fieldValidation": "Strict"}
    assert asked.body == config_map("one")


def test_a_deletion_is_of_the_object_that_was_read(server: FakeServer, api: Api) -> None:
    server.on(f"DELETE {ONE}", Answer())
    api.delete(ONE, uid="u", version="5")
    body = server.asked[0].body
    assert body["preconditions"] == {"uid": "u", "resourceVersion": "5"}
    assert body["propagationPolicy"] == "Background"


def test_everything_that_changes_something_is_told_before_and_after(
    server: FakeServer, tmp_path: Path
) -> None:
    told: list[tuple[str, str]] = []
    observer = lambda phase, what: told.append((phase, what))  # noqa: E731
    api = open_api(access(tmp_path / "kubeconfig", server.url), observer=observer)
    review = path_of("SelfSubjectAccessReview")
    server.on(f"GET {ONE}", Answer(body=config_map("one")))
    server.on(f"POST {review}", Answer(201, {"status": {"allowed": True}}))
    server.on(f"DELETE {ONE}", Answer())
    assert api.get(ONE)
    assert api.allowed("patch", "deployments", "ns", "apps")
    api.delete(ONE)
    assert told == [("before", f"DELETE {ONE}"), ("after", f"DELETE {ONE}")]


def test_a_log_is_text_of_any_bytes(server: FakeServer, api: Api) -> None:
    server.on("GET /api/v1/namespaces/ns/pods/p/log", Answer(body=b"line\n\xff\n"))
    assert api.log("ns", "p", "main", lines=5, previous=True) == "line\n�\n"
    (query,) = server.queries("GET /api/v1/namespaces/ns/pods/p/log")
    assert (query["container"], query["tailLines"], query["previous"]) == ("main", "5", "true")


def test_a_manifest_of_any_kind_has_a_path(server: FakeServer, api: Api) -> None:
    resources = [
        {"name": "routes/status", "kind": "Route", "namespaced": True},
        {"name": "routes", "kind": "Route", "namespaced": True},
        {"name": "tenants", "kind": "Tenant", "namespaced": False},
    ]
    server.on("GET /apis/x.io/v1", Answer(body={"resources": resources}))
    route = {"apiVersion": "x.io/v1", "kind": "Route", "metadata": {"name": "r"}}
    tenant = {"apiVersion": "x.io/v1", "kind": "Tenant", "metadata": {"name": "t"}}
    assert api.path_for(route, "ns") == "/apis/x.io/v1/namespaces/ns/routes/r"
    assert api.path_for(tenant, "ns") == "/apis/x.io/v1/tenants/t"
    assert len(server.asked) == 1
    for unknown in ({"apiVersion": "x.io/v1", "kind": "Rout"}, {"apiVersion": "y.io/v1", "kind": "Route"}):
        with pytest.raises(ObjectNotFound, match="no kind"):
            api.path_for(unknown, "ns")
