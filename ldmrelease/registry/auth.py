"""Who we are to one registry: Basic, or bearer tokens by scope.

The protocol is that of the distribution project's "Token Authentication Specification".
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from ldmrelease.registry.credentials import Credentials
from ldmrelease.registry.errors import BadAnswer

_CHALLENGE = re.compile(r"(?:^|,\s*)(basic|bearer)\b(.*?)(?=,\s*(?:basic|bearer)\s|$)", re.IGNORECASE)
_PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"', re.IGNORECASE)
# The specification's default life of a token, and how much earlier than its end we ask for the next.
_DEFAULT_LIFE = 60
_MARGIN = 10
_CLIENT = "ldmrelease"


class TokenRequest(Struct, frozen=True):
    """What to ask the token service: a GET with the user's password, or a POST of a form."""

    method: str
    url: str
    authorization: str | None
    form: bytes | None


# Sends it and gives the answer's body; raises RegistryError where the service refuses or is not there.
AskForToken = Callable[[TokenRequest], bytes]


class _Token(Struct, frozen=True):
    scopes: frozenset[str]
    header: str
    until: float


class Authority:
    """The credentials and tokens for one registry, shared by all threads.

    `find` gives the user's credentials when they are first asked for; `ask` sends a request to the token
    service.
    """

    def __init__(self, registry: str, find: Callable[[], Credentials | None], ask: AskForToken) -> None:
        self._registry = registry
        self._find = find
        self._ask = ask
        self._lock = threading.Lock()
        self._basic: str | None = None
        self._tokens: list[_Token] = []
        self._challenge: dict[str, str] | None = None

    def header(self, scopes: frozenset[str]) -> str | None:
        """The Authorization to send for these scopes without having been asked again."""
        if self._challenge is not None:
            with self._lock:
                return self._token(scopes, self._challenge)
        return self._basic

    def answer(self, challenge: str, scopes: frozenset[str], refused: str | None) -> str | None:
        """The Authorization to send after a 401 that came for `refused`; None if we have nothing else."""
        with self._lock:
            challenges = {scheme.lower(): rest for scheme, rest in _CHALLENGE.findall(challenge)}
            if "bearer" in challenges:
                self._challenge = dict(_PARAMETER.findall(challenges["bearer"]))
                self._tokens = [token for token in self._tokens if token.header != refused]
                return self._token(scopes | _asked(self._challenge), self._challenge)
            credentials = self._find() if "basic" in challenges else None
            if credentials is None or credentials.basic() == refused:
                return None
            self._basic = credentials.basic()
            return self._basic

    def _token(self, scopes: frozenset[str], challenge: dict[str, str]) -> str:
        now = time.monotonic()
        for token in self._tokens:
            if scopes <= token.scopes and now < token.until:
                return token.header
        header, life = self._read(self._ask(self._request(scopes, challenge)))
        self._tokens = [token for token in self._tokens if now < token.until]
        self._tokens.append(_Token(scopes, header, now + max(life - _MARGIN, 1)))
        return header

    def _request(self, scopes: frozenset[str], challenge: dict[str, str]) -> TokenRequest:
        realm = challenge.get("realm", "")
        if urlsplit(realm).scheme not in ("http", "https"):
            raise self._bad(f"no token service in the challenge: {realm!r}")
        credentials = self._find()
        service = challenge.get("service", "")
        if credentials is not None and credentials.identity_token:
            form = {"grant_type": "refresh_token", "service": service, "client_id": _CLIENT}
            form |= {"scope": " ".join(sorted(scopes)), "refresh_token": credentials.secret}
            return TokenRequest("POST", realm, None, urlencode(form).encode())
        query = urlencode([("service", service), *(("scope", scope) for scope in sorted(scopes))])
        url = realm + ("&" if "?" in realm else "?") + query
        return TokenRequest("GET", url, credentials.basic() if credentials else None, None)

    def _read(self, body: bytes) -> tuple[str, float]:
        try:
            answer = json.loads(body)
            token = answer.get("token") or answer["access_token"]
            life = float(answer.get("expires_in") or _DEFAULT_LIFE)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._bad("the token service gave no token") from None
        return f"Bearer {token}", life

    def _bad(self, what: str) -> BadAnswer:
        return BadAnswer(what, method="GET", repository=self._registry)


def _asked(challenge: dict[str, str]) -> frozenset[str]:
    return frozenset(_in_order(scope) for scope in challenge.get("scope", "").split())


def _in_order(scope: str) -> str:
    """The scope with its actions in one order: servers list them in any, and one scope is asked for once."""
    resource, separator, actions = scope.rpartition(":")
    return resource + separator + ",".join(sorted(actions.split(",")))
