"""HTTP to one registry: connections kept, retries, limits, and credentials that stay with their host."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urljoin, urlsplit

import urllib3
from msgspec import Struct, field
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, ReadTimeoutError, SSLError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from ldmrelease import logs
from ldmrelease.domain.addresses import is_loopback
from ldmrelease.domain.errors import reason_of
from ldmrelease.registry.errors import Denied, LimitExceeded, RegistryError, RegistryUnreachable
from ldmrelease.registry.repository import MIB, Meter, RegistryOptions
from ldmrelease.retries import TEMPORARY, CappedRetry, asked_to_wait

if TYPE_CHECKING:
    from urllib3._base_connection import BaseHTTPConnection

    from ldmrelease.registry.auth import Authority, TokenRequest
    from ldmrelease.registry.credentials import Credentials

# Docker's hub answers at another name than its images have.
_API_HOSTS = {"docker.io": "registry-1.docker.io"}
_ERROR_LIMIT = 64 * 1024
_REDIRECTS = 5


class HttpCall(Struct, frozen=True):
    """One request: `url` is a path at the registry or absolute, `repository` what errors name, `scopes` what
    a token must allow. `repeatable` is false for a body that can be read once only."""

    method: str
    url: str
    repository: str
    scopes: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | None = None
    repeatable: bool = True


class HttpResponse(Struct, frozen=True):
    """What came back, whole. `headers` looks names up without regard to case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def explanation(self) -> str:
        """What the registry says about the error, for a person."""
        return _explanation(self.content)


_PYTHON = re.compile(r"^<?[\w.]*Connection(?:Pool)?\b[^:]*?(?:\(.*?\)|object at \w+>)?: |\[Errno -?\d+\] ")
"""What the client's errors say of the program's objects, in front of what a person has to know."""


class Transport:
    """Sends requests to one registry from any number of threads."""

    def __init__(self, registry: str, options: RegistryOptions) -> None:
        self.registry = registry
        self.meter = Meter()
        # None until an answer showed it; then it holds for all repositories of the registry.
        self.has_referrers_api: bool | None = None
        self._base = base_url(registry, options)
        self._options = options
        self._pools = _pools(self._base, options)
        self._own = self._pools.connection_from_url(self._base)
        self._retry = CappedRetry.of(options.retries, redirects=_REDIRECTS)
        self._is_away = False
        self._authorities: dict[str, Authority] = {}
        self._by_credentials: dict[Credentials | None, Authority] = {}
        self._helped: dict[str, Credentials | None] = {}
        self._asking = threading.Lock()

    def fetch(self, call: HttpCall, *, limit: int) -> HttpResponse:
        """Send, and read at most `limit` bytes of the answer, again if the answer was cut.

        Raises RegistryUnreachable, Denied, LimitExceeded, and RegistryError for a registry that stays unable to
        answer.
        """
        tries = self._options.retries if call.repeatable else 0
        while True:
            response = self.open(call)
            try:
                with contextlib.closing(response):
                    content = _read(response, limit)
            except (ProtocolError, ReadTimeoutError) as error:
                if tries == 0:
                    raise _unreachable(call, error) from error
                tries -= 1
                continue
            if content is None:
                raise LimitExceeded(f"the answer has more than {limit} bytes", **_where(call))
            return HttpResponse(response.status, response.headers, content)

    def open(self, call: HttpCall) -> BaseHTTPResponse:
        """Send, and give the answer unread, for the caller to read and close; errors as in `fetch`."""
        own = self._is_own(call.url)
        # Who was asked for credentials once sends them for each repository: they may have their own.
        known = own and self._authorities
        header = self._authority_of(call.repository).header(call.scopes) if known else None
        response = self._send(call, header)
        if response.status == 401 and own and call.repeatable:
            _discard(response)
            challenge = response.headers.get("WWW-Authenticate", "")
            header = self._authority_of(call.repository).answer(challenge, call.scopes, header)
            if header is None:
                what = "the registry wants credentials other than those we have"
                raise Denied(what, status=401, **_where(call))
            response = self._send(call, header)
        if response.status in (401, 403) or response.status in TEMPORARY:
            self._refuse(call, response, denied=response.status in (401, 403))
        return response

    def connect(self) -> None:
        """Open one more connection to the registry, for whoever sends next: greeting it takes longer than asking."""
        with contextlib.suppress(HTTPError, OSError):
            connection = self._unconnected()
            try:
                connection.connect()
            finally:
                self._own._put_conn(connection)

    def _unconnected(self) -> BaseHTTPConnection:
        """A connection that is still to be opened, for as long as urlopen would have it out of the pool."""
        idle = []
        try:
            while True:
                connection = self._own._get_conn()
                if connection.is_closed:
                    return connection
                idle.append(connection)
        finally:
            for each in idle:
                self._own._put_conn(each)

    def _authority_of(self, repository: str) -> Authority:
        """The one by whose credentials a repository is asked: podman's files may have some of its own."""
        with self._asking:
            if repository not in self._authorities:
                # Imported late: most registries on a developer's machine never ask who we are.
                from ldmrelease.registry.auth import Authority  # noqa: PLC0415
                from ldmrelease.registry.credentials import find_credentials  # noqa: PLC0415

                path = repository.removeprefix(self.registry).removeprefix("/")
                found = find_credentials(self.registry, path, helped=self._helped)
                if found not in self._by_credentials:
                    self._by_credentials[found] = Authority(self.registry, lambda: found, self._ask_for_token)
                self._authorities[repository] = self._by_credentials[found]
            return self._authorities[repository]

    def _send(self, call: HttpCall, authorization: str | None) -> BaseHTTPResponse:
        url = self._base + call.url[1:] if call.url.startswith("/v2/") else urljoin(self._base, call.url)
        headers = dict(call.headers)
        if authorization is not None:
            headers["Authorization"] = authorization
        with self._observed(call.method, url):
            try:
                response = self._exchange(call, url, headers)
            except HTTPError as error:
                self._is_away = self._is_away or call.url.startswith("/v2/")
                raise _unreachable(call, error) from error
        self._is_away = False
        self.meter.add(1 + (len(response.retries.history) if response.retries else 0))
        return response

    def _exchange(self, call: HttpCall, url: str, headers: dict[str, str]) -> BaseHTTPResponse:
        # Who was not reached by several tries is tried once from then on: many images may be at one registry.
        retries = self._retry if call.repeatable and not self._is_away else False
        if not call.url.startswith("/v2/"):
            return self._pools.request(
                call.method, url, body=call.body, headers=headers, preload_content=False, retries=retries
            )
        # Straight to the registry's own connections: finding them anew costs a fifth of a request.
        response = self._own.urlopen(
            call.method,
            call.url,
            body=call.body,
            headers=headers,
            preload_content=False,
            redirect=False,
            retries=retries,
        )
        location = response.get_redirect_location()
        return response if not location else self._follow(call, urljoin(url, location), headers, response)

    def _follow(
        self, call: HttpCall, url: str, headers: dict[str, str], response: BaseHTTPResponse
    ) -> BaseHTTPResponse:
        _discard(response)
        self.meter.add(1)
        if not self._is_own(url):
            headers.pop("Authorization", None)
        method, body = ("GET", None) if response.status == 303 else (call.method, call.body)
        return self._pools.request(
            method, url, body=body, headers=headers, preload_content=False, retries=self._retry
        )

    def _refuse(self, call: HttpCall, response: BaseHTTPResponse, *, denied: bool) -> None:
        said = ""
        with contextlib.suppress(HTTPError), contextlib.closing(response):
            said = _explanation(_read(response, _ERROR_LIMIT) or b"")
        asked = asked_to_wait(response)
        if asked is not None and not denied:
            # Whoever tries again at once is made to wait for longer still.
            said, hint = (
                f"{said}; it wants nothing more for {asked:.0f} s".lstrip("; "),
                f"ask again in {asked:.0f} s",
            )
            raise RegistryError(
                f"{response.status} {said}", status=response.status, hint=hint, **_where(call)
            )
        kind = Denied if denied else RegistryError
        raise kind(f"{response.status} {said}".strip(), status=response.status, **_where(call))

    def _ask_for_token(self, request: TokenRequest) -> bytes:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if request.form else {}
        call = HttpCall(request.method, request.url, self.registry, headers=headers, body=request.form)
        response = self._send(call, request.authorization)
        if response.status != 200:
            # Token services say 400, 401, 403 and even 404 for a user who is not authorized.
            self._refuse(call, response, denied=response.status not in TEMPORARY)
        try:
            with contextlib.closing(response):
                return _read(response, MIB) or b""
        except HTTPError as error:
            raise _unreachable(call, error) from error

    def _is_own(self, url: str) -> bool:
        if url.startswith("/v2/"):
            return True
        wanted, own = urlsplit(urljoin(self._base, url)), urlsplit(self._base)
        return (wanted.scheme, wanted.netloc) == (own.scheme, own.netloc)

    @contextlib.contextmanager
    def _observed(self, method: str, url: str) -> Iterator[None]:
        observer = self._options.observer
        if observer is not None:
            observer("before", method, url)
        with logs.asked("registry", f"{method} {url}"):
            yield
        if observer is not None:
            observer("after", method, url)


def base_url(registry: str, options: RegistryOptions) -> str:
    """Where the registry's API is: TLS, unless it is on loopback or named as insecure."""
    plain = registry in options.insecure or is_loopback(urlsplit(f"//{registry}").hostname or "")
    return f"{'http' if plain else 'https'}://{_API_HOSTS.get(registry, registry)}/"


def _pools(base: str, options: RegistryOptions) -> urllib3.PoolManager:
    tls: dict[str, Any] = {}
    if base.startswith("https:") and options.ca_file is not None:
        import ssl  # noqa: PLC0415 -- a fifth of the client's start-up, which plain loopback can do without

        tls["ssl_context"] = ssl.create_default_context()
        tls["ssl_context"].load_verify_locations(options.ca_file)
    timeout = Timeout(connect=min(options.timeout, 10.0), read=options.timeout)
    return urllib3.PoolManager(maxsize=options.connections, timeout=timeout, **tls)


def _read(response: BaseHTTPResponse, limit: int) -> bytes | None:
    """The whole body, or None if it is longer than the limit; to its end, so that the connection can be
    kept.
    """
    content = response.read(limit + 1, decode_content=False)
    # Only the read after the last byte tells an answer that was cut from one that is whole.
    while len(content) <= limit and (more := response.read(MIB, decode_content=False)):
        content += more
    return content if len(content) <= limit else None


def _discard(response: BaseHTTPResponse) -> None:
    with contextlib.suppress(HTTPError), contextlib.closing(response):
        _read(response, _ERROR_LIMIT)


def _explanation(content: bytes) -> str:
    import json  # noqa: PLC0415

    try:
        errors = json.loads(content)["errors"]
        said = "; ".join(f"{error.get('code', '')} {error.get('message', '')}".strip() for error in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        said = content.decode(errors="replace")
    return "".join(char if char.isprintable() else " " for char in said)[:300].strip()


def _unreachable(call: HttpCall, error: Exception) -> RegistryUnreachable:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, SSLError):
        hint = "check the registry's certificate and the configured authorities"
        return RegistryUnreachable(f"TLS failed: {cause}", hint=hint, **_where(call))
    return RegistryUnreachable(_said(cause), **_where(call))


def _said(cause: Exception) -> str:
    """What a person has to know of it, without the program's objects and numbers."""
    if isinstance(cause, ProtocolError) and len(cause.args) > 1:
        return f"{str(cause.args[0]).rstrip('.')}: {reason_of(cause.args[1])}"
    return _PYTHON.sub("", str(cause))


class _Where(TypedDict):
    method: str
    repository: str


def _where(call: HttpCall) -> _Where:
    return {"method": call.method, "repository": call.repository}
