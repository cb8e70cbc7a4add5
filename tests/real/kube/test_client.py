"""The client against a real API server: what it writes others see, what it is refused has a name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.client.errors import ClusterUnreachable, Conflict, Forbidden, Invalid, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import Watched, WatchState, watched
from ldmrelease.domain.workload_selection import ClusterAccess
from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube, Object
from tests.real.kube.cluster import Own
from tests.real.kube.images import push_image

pytestmark = pytest.mark.real

LONG = 120.0


@pytest.fixture
def api(cluster_access: ClusterAccess) -> Api:
    return open_api(cluster_access)


def config_map(namespace: str, name: str, **data: str) -> Object:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def way(account: Account) -> ClusterAccess:
    return ClusterAccess(account.context, str(account.kubeconfig))


def follow(api: Api, *paths: str) -> Iterator[WatchState]:
    return watched(api, [Watched(path) for path in paths], until=time.monotonic() + LONG)


def test_a_cluster_is_named_by_the_uid_of_its_system_namespace(api: Api, kube: Kube) -> None:
    assert api.cluster_uid() == kube.get("Namespace", "", "kube-system")["metadata"]["uid"]


def test_more_than_a_page_is_listed_whole(api: Api, kube: Kube, namespace: str) -> None:
    path = path_of("ConfigMap", namespace)
    for number in range(510):
        api.create(path, config_map(namespace, f"m{number}", key="value"))
    wanted = {item["metadata"]["uid"] for item in kube.list("ConfigMap", namespace)}
    found = api.list(path)
    pages = list(api.pages(path))
    assert len(pages) == 2
    for items in (found.items, [item for page in pages for item in page]):
        assert {item["metadata"]["uid"] for item in items} == wanted
        assert {(item["apiVersion"], item["kind"]) for item in items} == {("v1", "ConfigMap")}


def test_what_is_applied_has_its_manager(api: Api, kube: Kube, namespace: str) -> None:
    path = path_of("ConfigMap", namespace, "one")
    api.apply(path, config_map(namespace, "one", mine="1"), manager="ldmrelease")
    kube.apply(config_map(namespace, "one", theirs="2"), "another")
    with pytest.raises(Conflict) as error:
        api.apply(path, config_map(namespace, "one", theirs="3"), manager="ldmrelease")
    assert error.value.managers == ("another",)
    applied = api.apply(path, config_map(namespace, "one", theirs="3"), manager="ldmrelease", force=True)
    assert applied["data"] == {"theirs": "3"}


@pytest.mark.parametrize("stale", [{"resourceVersion": "1"}, {"uid": "00000000-0000-0000-0000-000000000000"}])
def test_what_changed_since_it_was_read_is_not_written_even_with_force(
    api: Api, kube: Kube, namespace: str, stale: dict[str, str]
) -> None:
    kube.create(config_map(namespace, "one", key="theirs"))
    body = config_map(namespace, "one", key="ours")
    body["metadata"] |= stale
    path = path_of("ConfigMap", namespace, "one")
    with pytest.raises(Conflict):
        api.apply(path, body, manager="ldmrelease", force=True)
    with pytest.raises(Conflict):
        api.delete(path, uid=stale.get("uid"), version=stale.get("resourceVersion"))
    with pytest.raises(Conflict):
        api.replace(path, body)
    with pytest.raises(Conflict):
        api.create(path_of("ConfigMap", namespace), config_map(namespace, "one"))
    assert kube.get("ConfigMap", namespace, "one")["data"] == {"key": "theirs"}


def test_what_is_gone_since_it_was_read_is_not_made_anew(api: Api, kube: Kube, namespace: str) -> None:
    read = kube.create(config_map(namespace, "one", key="theirs"))
    kube.delete("ConfigMap", namespace, "one")
    body = config_map(namespace, "one", key="ours")
    body["metadata"] |= {key: read["metadata"][key] for key in ("uid", "resourceVersion")}
    with pytest.raises(Conflict):
        api.apply(path_of("ConfigMap", namespace, "one"), body, manager="ldmrelease")
    assert "one" not in {item["metadata"]["name"] for item in kube.list("ConfigMap", namespace)}


def test_what_the_server_does_not_take_says_why(api: Api, namespace: str) -> None:
    body = objects.deployment(namespace, "app", objects.pod_spec([objects.container("main", "app:1")]))
    body["spec"]["template"]["spec"]["container"] = []
    with pytest.raises(Invalid, match=r"spec\.template\.spec\.container"):
        api.apply(path_of("Deployment", namespace, "app"), body, manager="ldmrelease")
    with pytest.raises(ObjectNotFound, match="nowhere"):
        api.create(path_of("ConfigMap", "nowhere"), config_map("nowhere", "one"))


def test_rights_are_known_before_and_named_after(account: Callable[..., Account], namespace: str) -> None:
    api = open_api(way(account("reader", rules=[rule("get list", "deployments", group="apps")])))
    assert api.allowed("list", "deployments", namespace, "apps")
    assert not api.allowed("patch", "deployments", namespace, "apps")
    assert not api.allowed("get", "pods", namespace, subresource="log")
    with pytest.raises(Forbidden) as error:
        api.apply(path_of("Deployment", namespace, "app"), {"kind": "Deployment"}, manager="ldmrelease")
    refused = error.value
    assert (refused.verb, refused.resource, refused.group) == ("patch", "deployments", "apps")
    assert refused.namespace == namespace
    with pytest.raises(Forbidden) as error:
        list(follow(api, path_of("Deployment", namespace)))
    assert error.value.verb == "watch"


def test_a_token_of_an_account_that_is_gone_is_told_in_words(
    account: Callable[..., Account], kube: Kube, namespace: str
) -> None:
    gone = account("leaver", rules=[rule("list", "pods")])
    api = open_api(way(gone))
    assert api.list(path_of("Pod", namespace)).items == []
    kube.delete("ServiceAccount", namespace, "leaver")
    with pytest.raises(
        ClusterUnreachable, match=r"does not accept the credential of user 'account' of .*kubeconfig"
    ):
        ask_until_refused(api, path_of("Pod", namespace))


def ask_until_refused(api: Api, path: str) -> None:
    """The server remembers for some seconds that a token was good."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        api.list(path)
        time.sleep(0.2)


def test_manifests_of_kinds_that_the_server_has_have_a_path(api: Api, kube: Kube, namespace: str) -> None:
    body = config_map(namespace, "one")
    api.create(api.path_for(body | {"metadata": {}}, namespace), body)
    assert api.get(api.path_for(body, None))["metadata"]["name"] == "one"
    with pytest.raises(ObjectNotFound, match="no kind ConfigMap of v2"):
        api.path_for(body | {"apiVersion": "v2"}, namespace)


def test_the_last_lines_of_a_pod_are_read(
    api: Api, kube: Kube, namespace: str, cluster: Own, cluster_access: ClusterAccess
) -> None:
    image = push_image(cluster.registry, f"{namespace}/app", "1", seed=namespace, script="sleep").by_digest
    command = ["sh", "-c", "seq 100; echo last"]
    container = objects.container("main", image, command=command)
    spec = objects.pod_spec([container], restartPolicy="Never")
    kube.create(objects.bare_pod(namespace, "talker", spec))
    pods = follow(api, path_of("Pod", namespace))
    next(state for state in pods if phase(state, f"{namespace}/talker") == "Succeeded")
    assert api.log(namespace, "talker", "main", lines=3) == "99\n100\nlast\n"
    with pytest.raises(Invalid):
        api.log(namespace, "talker", "main", previous=True)


def phase(state: WatchState, key: str) -> str:
    return str(state.collections[0].get(key, {}).get("status", {}).get("phase"))


def test_what_others_change_is_seen_in_all_collections(api: Api, kube: Kube, namespace: str) -> None:
    states = follow(api, path_of("ConfigMap", namespace), path_of("Lease", namespace))
    next(states)
    kube.create(config_map(namespace, "one", key="1"))
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
    api.create(path_of("Lease", namespace), lease | {"metadata": {"name": "held"}})
    key, held = f"{namespace}/one", f"{namespace}/held"
    next(state for state in states if key in state.collections[0] and held in state.collections[1])
    kube.delete("ConfigMap", namespace, "one")
    state = next(state for state in states if key not in state.collections[0])
    assert held in state.collections[1]
    states.close()  # type: ignore[attr-defined]


def test_an_api_server_that_goes_away_and_comes_back(disturbable_cluster: Own) -> None:
    kubeconfig, context = disturbable_cluster.kubeconfig, disturbable_cluster.context
    api = open_api(ClusterAccess(context, str(kubeconfig)), patience=LONG)
    name = f"survivor-{time.monotonic_ns()}"
    path = path_of("ConfigMap", "default")
    states = follow(api, path)
    next(states)
    with disturbable_cluster.without_api_server():
        assert "refused" in next(state.cut for state in states if state.cut).reason
        written: list[Object] = []
        writer = threading.Thread(
            target=lambda: written.append(api.create(path, config_map("default", name)))
        )
        writer.start()
    writer.join(LONG)
    assert [each["metadata"]["name"] for each in written] == [name]
    state = next(state for state in states if f"default/{name}" in state.collections[0])
    assert state.cut is None
    api.delete(f"{path}/{name}")
    states.close()  # type: ignore[attr-defined]
