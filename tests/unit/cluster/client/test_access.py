"""Ways into clusters, and credentials that end."""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

import ldmrelease.cluster.client.access as ways
from ldmrelease.cluster.client.api import open_api
from ldmrelease.cluster.client.errors import BadAccess, ClusterUnreachable
from ldmrelease.domain.workload_selection import IN_CLUSTER, ClusterAccess
from tests.tls import certified
from tests.unit.cluster.fake_server import Answer, FakeServer, Object, access, config_map, kubeconfig

ONE = "/api/v1/namespaces/ns/configmaps/one"
PAST = "2020-01-01T00:00:00Z"


def plugin(directory: Path, *, ends: str | None = None, last: int = 9) -> Object:
    """A user whose credential plugin gives the tokens t1, t2, ... until it was run `last` times, then fails."""
    script = directory / "give-token"
    counter = directory / "runs"
    status = {"token": "TOKEN"} | ({"expirationTimestamp": ends} if ends else {})
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    script.write_text(
        f"#!/bin/sh\necho x >> {counter}\nruns=$(wc -l < {counter})\n"
        f'if [ "$runs" -gt {last} ]; then echo "you have to log in" >&2; exit 3; fi\n'
        f"echo '{json.dumps(answer)}' | sed s/TOKEN/t$runs/\n"
    )
    script.chmod(0o755)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(script),
            "args": ["--for", "base"],
            "interactiveMode": "Never",
        }
    }


def token(expires: datetime) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires.timestamp()}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


@pytest.fixture(autouse=True)
def one(server: FakeServer) -> None:
    server.on(f"GET {ONE}", Answer(body=config_map("one")))


def test_a_plugin_gives_the_token(server: FakeServer, tmp_path: Path) -> None:
    server.tokens = {"t1"}
    api = open_api(access(tmp_path / "kubeconfig", server.url, plugin(tmp_path)))
    assert api.get(ONE)
    assert api.get(ONE)
    assert [asked.token for asked in server.asked] == ["t1", "t1"]


def test_a_token_that_ended_is_had_anew(server: FakeServer, tmp_path: Path) -> None:
    api = open_api(access(tmp_path / "kubeconfig", server.url, plugin(tmp_path, ends=PAST)))
    api.get(ONE)
    api.get(ONE)
    assert [asked.token for asked in server.asked] == ["t2", "t3"]


def test_a_token_that_is_not_accepted_is_had_anew_once(server: FakeServer, tmp_path: Path) -> None:
    server.tokens = {"t2"}
    server.on(f"PUT {ONE}", Answer(body=config_map("one")))
    api = open_api(access(tmp_path / "kubeconfig", server.url, plugin(tmp_path)))
    assert api.replace(ONE, config_map("one"))
    assert [asked.token for asked in server.asked] == ["t1", "t2"]


def test_credentials_that_are_never_accepted_say_whose_they_are(server: FakeServer, tmp_path: Path) -> None:
    server.tokens = set()
    file = tmp_path / "kubeconfig"
    api = open_api(access(file, server.url, plugin(tmp_path)))
    with pytest.raises(ClusterUnreachable, match=r"does not accept the credential of user 'alice'") as error:
        api.get(ONE)
    assert "give-token --for base" in error.value.reason
    assert str(file) in error.value.reason
    assert "Unauthorized" in error.value.reason


def test_a_plugin_that_fails_says_whose_and_why(server: FakeServer, tmp_path: Path) -> None:
    with pytest.raises(ClusterUnreachable, match="you have to log in") as error:
        open_api(access(tmp_path / "kubeconfig", server.url, plugin(tmp_path, last=0)))
    assert "user 'alice'" in error.value.reason
    assert "give-token --for base" in error.value.reason


def test_a_plugin_that_fails_later_is_told_at_the_request(server: FakeServer, tmp_path: Path) -> None:
    server.tokens = set()
    api = open_api(access(tmp_path / "kubeconfig", server.url, plugin(tmp_path, last=1)))
    with pytest.raises(ClusterUnreachable, match="you have to log in"):
        api.get(ONE)


@pytest.mark.parametrize("said", ["junk", "[]", '{"apiVersion": "x"}', '{"status": {}}'])
def test_a_plugin_that_says_no_credential(server: FakeServer, tmp_path: Path, said: str) -> None:
    user: Object = {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": [said]}
    }
    with pytest.raises(ClusterUnreachable, match="could not be had"):
        open_api(access(tmp_path / "kubeconfig", server.url, user))


def test_a_plugin_that_is_not_installed(server: FakeServer, tmp_path: Path) -> None:
    user: Object = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}
    with pytest.raises(ClusterUnreachable, match="no-such-plugin"):
        open_api(access(tmp_path / "kubeconfig", server.url, user))


def test_a_token_file_is_read_again_when_it_changes(server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    api = open_api(access(tmp_path / "kubeconfig", server.url, {"tokenFile": "token"}))
    api.get(ONE)
    (tmp_path / "next").write_text("second\n")
    (tmp_path / "next").replace(tmp_path / "token")
    api.get(ONE)
    assert [asked.token for asked in server.asked] == ["first", "second"]


def test_a_token_that_ended_says_since_when(server: FakeServer, tmp_path: Path) -> None:
    server.tokens = set()
    ended = token(datetime(2020, 1, 1, tzinfo=UTC))
    api = open_api(access(tmp_path / "kubeconfig", server.url, {"token": ended}))
    with pytest.raises(ClusterUnreachable, match=f"which ended at {PAST}"):
        api.get(ONE)


def test_a_token_that_has_not_ended_does_not_say_so(server: FakeServer, tmp_path: Path) -> None:
    server.tokens = set()
    good = token(datetime.now(UTC) + timedelta(days=1))
    api = open_api(access(tmp_path / "kubeconfig", server.url, {"token": good}))
    with pytest.raises(ClusterUnreachable) as error:
        api.get(ONE)
    assert "ended" not in error.value.reason


def test_a_kubeconfig_that_was_logged_in_again_is_read_again(server: FakeServer, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    server.tokens = {"new"}
    api = open_api(access(file, server.url, {"token": "old"}))
    access(file, server.url, {"token": "new"})
    assert api.get(ONE)


def test_an_unknown_context_names_those_there_are_the_nearest_first(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    config = kubeconfig("http://localhost", context="summit")
    config["contexts"].append({"name": "base", "context": {"cluster": "a-cluster", "user": "alice"}})
    file.write_text(yaml.safe_dump(config))
    with pytest.raises(BadAccess) as error:
        open_api(ClusterAccess("bse", str(file)))
    assert str(file) in error.value.reason
    assert error.value.hint == "there are: base, summit; name one of them"


@pytest.mark.parametrize(("what", "section"), [("cluster", "clusters"), ("user", "users")])
def test_a_context_that_names_what_is_not_there(tmp_path: Path, what: str, section: str) -> None:
    file = tmp_path / "kubeconfig"
    config = kubeconfig("http://localhost")
    config[section][0]["name"] = "other"
    file.write_text(yaml.safe_dump(config))
    with pytest.raises(BadAccess, match=f"names the {what}") as error:
        open_api(ClusterAccess("base", str(file)))
    assert error.value.hint == "there are: other"


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadAccess, match=r"no kubeconfig file .*nowhere"):
        open_api(ClusterAccess("base", str(tmp_path / "nowhere")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "junk",
        "[]",
        "a: [",
        "contexts: 3",
        "contexts: [3]",
        "contexts: [{name: base, context: 7}]",
        "\x00",
    ],
)
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(BadAccess, match="kubeconfig"):
        open_api(ClusterAccess("base", str(file)))


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    user = {"client-certificate": "gone.crt", "client-key": "gone.key"}
    with pytest.raises(BadAccess, match=r"gone\.crt"):
        open_api(access(tmp_path / "kubeconfig", "https://localhost", user))


def test_several_files_are_read_as_kubectl_reads_them(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access(tmp_path / "one", "http://localhost:1", context="base")
    config = kubeconfig(server.url, {"token": "of-two"}, "summit")
    config["clusters"][0]["name"] = config["contexts"][0]["context"]["cluster"] = "two"
    config["users"][0]["name"] = config["contexts"][0]["context"]["user"] = "bob"
    (tmp_path / "two").write_text(yaml.safe_dump(config))
    files = [str(tmp_path / name) for name in ("one", "nowhere", "two")]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(files))
    assert open_api(ClusterAccess("summit")).get(ONE)
    assert server.asked[0].token == "of-two"


def test_without_a_file_it_is_the_one_in_the_home_directory(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    access(tmp_path / ".kube" / "config", server.url)
    assert open_api(ClusterAccess("base")).get(ONE)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(BadAccess, match=r"pip install 'ldmrelease\[kubernetes\]'"):
        open_api(access(tmp_path / "kubeconfig", "http://localhost"))


def test_in_a_pod_the_service_accounts_token_is_read_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certified(tmp_path)
    monkeypatch.setattr(ways, "SERVICE_ACCOUNT", tmp_path)
    (tmp_path / "token").write_text("first")
    with FakeServer(tls=context) as server:
        server.on(f"GET {ONE}", Answer(body=config_map("one")))
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
        api = open_api(ClusterAccess(IN_CLUSTER))
        api.get(ONE)
        (tmp_path / "next").write_text("second")
        (tmp_path / "next").replace(tmp_path / "token")
        api.get(ONE)
        assert [asked.token for asked in server.asked] == ["first", "second"]


def test_outside_of_a_pod_there_is_no_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(BadAccess, match="service account"):
        open_api(ClusterAccess(IN_CLUSTER))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_a_server_of_an_unknown_authority_is_not_asked(tmp_path: Path) -> None:
    context = certified(tmp_path)
    with FakeServer(tls=context) as server:
        server.on(f"GET {ONE}", Answer(body=config_map("one")))
        with pytest.raises(ClusterUnreachable, match="TLS failed"):
            open_api(access(tmp_path / "kubeconfig", server.url)).get(ONE)
        config = kubeconfig(server.url)
        config["clusters"][0]["cluster"]["insecure-skip-tls-verify"] = True
        (tmp_path / "insecure").write_text(yaml.safe_dump(config))
        assert open_api(ClusterAccess("base", str(tmp_path / "insecure"))).get(ONE)
