"""Credentials are found where docker and podman keep them, and never shown."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.registry.credentials import Credentials, find_credentials
from ldmrelease.registry.errors import CredentialsUnreadable

ANNA = Credentials("anna", "s3:cret")
AUTH = base64.b64encode(b"anna:s3:cret").decode()


def docker(tmp_path: Path, config: object) -> dict[str, str]:
    (tmp_path / "config.json").write_text(json.dumps(config))
    return {"DOCKER_CONFIG": str(tmp_path)}


def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "bin" / "docker-credential-test"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nread -r registry\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    "key", ["ghcr.io", "https://ghcr.io", "https://ghcr.io/", "https://ghcr.io/v2/", "http://ghcr.io/v1/"]
)
def test_an_entry_is_found_under_all_spellings_of_its_registry(tmp_path: Path, key: str) -> None:
    environment = docker(tmp_path, {"auths": {key: {"auth": AUTH}}})
    assert find_credentials("ghcr.io", environment=environment) == ANNA
    assert find_credentials("ghcr.io:443", environment=environment) is None
    assert find_credentials("hcr.io", environment=environment) is None


def test_dockers_own_registry_has_an_old_name(tmp_path: Path) -> None:
    environment = docker(tmp_path, {"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}})
    assert find_credentials("docker.io", environment=environment) == ANNA


def test_files_are_asked_in_order(tmp_path: Path) -> None:
    home = tmp_path / "home" / ".docker"
    home.mkdir(parents=True)
    (home / "config.json").write_text(json.dumps({"auths": {"a.b": {"username": "home", "password": "x"}}}))
    environment = {"HOME": str(tmp_path / "home")}
    found = find_credentials("a.b", environment=environment)
    assert found == Credentials("home", "x")
    podman = tmp_path / "auth.json"
    podman.write_text(json.dumps({"auths": {"a.b": {"auth": AUTH}}}))
    assert find_credentials("a.b", environment=environment | {"REGISTRY_AUTH_FILE": str(podman)}) == ANNA
    assert find_credentials("a.b", environment=environment | {"DOCKER_CONFIG": str(tmp_path)}) is None
    runtime = tmp_path / "run" / "containers"
    runtime.mkdir(parents=True)
    (runtime / "auth.json").write_text(podman.read_text())
    assert find_credentials("a.b", environment={"XDG_RUNTIME_DIR": str(tmp_path / "run")}) == ANNA


def test_podmans_entry_for_a_repository_wins_over_the_registrys(tmp_path: Path) -> None:
    auths = {"a.b": {"username": "all", "password": "x"}, "a.b/lsst/lab": {"auth": AUTH}}
    environment = docker(tmp_path, {"auths": auths})
    assert find_credentials("a.b", "lsst/lab", environment) == ANNA
    assert find_credentials("a.b", "lsst/other", environment) == Credentials("all", "x")


@pytest.mark.parametrize("config", [{}, {"auths": {}}, {"auths": {"a.b": {}}}, {"auths": None}])
def test_nothing_is_found_where_nothing_is(tmp_path: Path, config: object) -> None:
    assert find_credentials("a.b", environment=docker(tmp_path, config)) is None
    assert find_credentials("a.b", environment={}) is None
    assert find_credentials("a.b", environment={"HOME": str(tmp_path / "nowhere")}) is None


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_helpers_are_asked_for_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    helper(
        tmp_path,
        monkeypatch,
        'printf \'{"ServerURL":"%s","Username":"anna","Secret":"%s"}\' "$registry" "$registry"',
    )
    config: dict[str, object] = {
        "auths": {"a.b": {}},
        key: "test" if key == "credsStore" else {"a.b": "test"},
    }
    assert find_credentials("a.b", environment=docker(tmp_path, config)) == Credentials("anna", "a.b")


def test_a_helper_that_knows_nothing_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, monkeypatch, "echo credentials not found in native keychain; exit 1")
    environment = docker(tmp_path, {"credsStore": "test", "auths": {"a.b": {"auth": AUTH}}})
    assert find_credentials("a.b", environment=environment) == ANNA


def test_a_token_from_a_helper_is_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, monkeypatch, """printf '{"Username":"<token>","Secret":"long"}'""")
    found = find_credentials("a.b", environment=docker(tmp_path, {"credsStore": "test"}))
    assert found is not None
    assert found.identity_token


def test_an_identity_token_in_a_file_is_taken(tmp_path: Path) -> None:
    environment = docker(tmp_path, {"auths": {"a.b": {"identitytoken": "long"}}})
    assert find_credentials("a.b", environment=environment) == Credentials(
        "<token>", "long", identity_token=True
    )


@pytest.mark.parametrize(
    "config",
    [
        [],
        {"auths": {"a.b": {"auth": "%%%"}}},
        {"auths": {"a.b": {"auth": base64.b64encode(b"nocolon").decode()}}},
        {"credsStore": "no/such"},
        {"credsStore": "certainly-not-installed"},
    ],
)
def test_a_broken_file_is_said_and_not_taken_for_no_credentials(tmp_path: Path, config: Any) -> None:
    with pytest.raises(CredentialsUnreadable, match=r"config\.json"):
        find_credentials("a.b", environment=docker(tmp_path, config))


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", "echo '{}'"])
def test_a_helper_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    helper(tmp_path, monkeypatch, script)
    with pytest.raises(CredentialsUnreadable, match="docker-credential-test"):
        find_credentials("a.b", environment=docker(tmp_path, {"credsStore": "test"}))


def test_secrets_are_not_shown() -> None:
    assert "s3" not in repr(ANNA)
