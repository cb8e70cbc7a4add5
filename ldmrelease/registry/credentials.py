"""Credentials from where docker and podman keep them; nothing is ever stored by us.

Files, the first that exists: `$REGISTRY_AUTH_FILE` (podman), `$DOCKER_CONFIG/config.json`,
`~/.docker/config.json`, `$XDG_RUNTIME_DIR/containers/auth.json` (podman). In a file: `credHelpers`,
`credsStore`, then `auths`, as docker does.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ldmrelease.domain.errors import reason_of
from ldmrelease.registry.errors import CredentialsUnreadable

_HELPER_NAME = re.compile(r"[A-Za-z0-9._-]+")
# docker keeps the credentials of its own registry under the address of an older one.
_DOCKER_HUB = "docker.io"
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_HELPER_SECONDS = 30
# What a helper says for "I know nothing of this registry" (docker-credential-helpers, credentials/error.go).
_NOT_FOUND = "credentials not found"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and secret; with `identity_token` the secret is a token to be exchanged for another."""

    username: str
    secret: str = field(repr=False)
    identity_token: bool = False

    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.secret}".encode()).decode()


def find_credentials(
    registry: str,
    repository: str = "",
    environment: Mapping[str, str] | None = None,
    helped: dict[str, Credentials | None] | None = None,
) -> Credentials | None:
    """What the user's files say about this registry (podman's: about this repository), or None.

    helped: what helpers have said of it, by their file: each is asked once, whatever repository it is about.
    Raises CredentialsUnreadable for a broken file or helper.
    """
    for path in _files(os.environ if environment is None else environment):
        if not path.is_file():
            continue
        found = _from_file(path, registry, repository, {} if helped is None else helped)
        if found is not None:
            return found
    return None


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    if podman := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(podman)
    if docker := environment.get("DOCKER_CONFIG"):
        yield Path(docker) / "config.json"
    elif home := environment.get("HOME"):
        yield Path(home) / ".docker" / "config.json"
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers" / "auth.json"


def _from_file(
    path: Path, registry: str, repository: str, helped: dict[str, Credentials | None]
) -> Credentials | None:
    config = _read(path)
    helper = _section(config, "credHelpers").get(registry) or config.get("credsStore")
    if helper:
        if str(path) not in helped:
            helped[str(path)] = _from_helper(str(helper), _key(registry), path)
        found = helped[str(path)]
        if found is not None:
            return found
    auths = {_bare(key): value for key, value in _section(config, "auths").items()}
    for name in _names(registry, repository):
        if isinstance(entry := auths.get(name), dict) and entry:
            return _from_entry(entry, path, name)
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        told = reason_of(error) if isinstance(error, OSError) else "not JSON"
        raise _unreadable(path, told) from error
    if not isinstance(config, dict):
        raise _unreadable(path, "not a JSON object")
    return config


def _section(config: dict[str, Any], key: str) -> dict[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def _names(registry: str, repository: str) -> Iterator[str]:
    """The registry with as much of the repository's path as an entry may have, the longest first."""
    parts = repository.split("/") if repository else []
    for length in range(len(parts), -1, -1):
        yield "/".join([registry, *parts[:length]])


def _key(registry: str) -> str:
    return _DOCKER_HUB_KEY if registry == _DOCKER_HUB else registry


def _bare(key: str) -> str:
    if key == _DOCKER_HUB_KEY:
        return _DOCKER_HUB
    name = key.partition("://")[2] or key
    # docker wrote addresses with a version once: https://host/v1/
    return re.sub(r"/v[12]/?$", "", name).rstrip("/")


def _from_entry(entry: dict[str, Any], path: Path, name: str) -> Credentials | None:
    if token := entry.get("identitytoken"):
        return Credentials("<token>", str(token), identity_token=True)
    if encoded := entry.get("auth"):
        try:
            username, colon, secret = base64.b64decode(str(encoded), validate=True).decode().partition(":")
        except ValueError:
            colon = ""
        if not colon:
            raise _unreadable(path, f"the entry of {name} is not base64 of user:password")
        return Credentials(username, secret.rstrip("\0"))
    if entry.get("username") and entry.get("password"):
        return Credentials(str(entry["username"]), str(entry["password"]))
    return None


def _from_helper(helper: str, key: str, path: Path) -> Credentials | None:
    if not _HELPER_NAME.fullmatch(helper):
        raise _unreadable(path, f"{helper!r} is not a name of a credential helper")
    program = f"docker-credential-{helper}"
    try:
        answer = subprocess.run(
            [program, "get"], input=key.encode(), capture_output=True, timeout=_HELPER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreadable(path, f"{program}: {reason_of(error)}") from error
    if answer.returncode != 0:
        said = (answer.stdout + answer.stderr).decode(errors="replace").strip()
        if _NOT_FOUND in said:
            return None
        raise _unreadable(path, f"{program} failed: {said[:200]}")
    return _from_helper_answer(answer.stdout, path, program)


def _from_helper_answer(answer: bytes, path: Path, program: str) -> Credentials | None:
    try:
        said = json.loads(answer)
        username, secret = str(said["Username"]), str(said["Secret"])
    except (ValueError, KeyError, TypeError):
        raise _unreadable(path, f"{program} gave no Username and Secret") from None
    return Credentials(username, secret, identity_token=username == "<token>")


def _unreadable(path: Path, what: str) -> CredentialsUnreadable:
    return CredentialsUnreadable(what, method="READ", repository=str(path))
