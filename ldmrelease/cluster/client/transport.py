"""Requests to one API server: sent through the official client's raw call path, repeated where that is safe.

Repeated are: requests that never reached the server, answers 429 and 503 of every method (the server did not
act), and whatever went wrong with a read. A write whose connection was cut is never repeated: nobody knows
whether it was done.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Self

import msgspec
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
)
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from ldmrelease import logs
from ldmrelease.cluster.client.access import Connection, KubeconfigEntry
from ldmrelease.cluster.client.call import ApiCall
from ldmrelease.cluster.client.errors import (
    ClusterError,
    ClusterUnreachable,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    ObjectNotFound,
)
from ldmrelease.cluster.client.paths import describe

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
_NOT_NOW = frozenset({429, 503})
_BROKEN = frozenset({500, 502, 504})
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_APPLY = "application/apply-patch+yaml"
_PIECE = 64 * 1024
# Server-side apply answers a field that there is not with 500, as if the server were broken.
_UNKNOWN_FIELD = "failed to create typed patch object"


class ApiTransport:
    """Sends requests to the API server of a connection, from any number of threads.

    `where` is the cluster's context, `patience` how many seconds a request is tried again.
    """

    def __init__(self, connection: Connection, where: str, patience: float) -> None:
        self.where = where
        self.patience = patience
        self._connection = connection

    def fetch(self, call: ApiCall) -> bytes:
        """Send, and the whole answer; raises what the errors of this package say."""
        retry = _Patience.of(self.patience)
        while True:
            try:
                with contextlib.closing(self._send(call, READ_SECONDS)) as response:
                    content = _whole(response)
            except HTTPError as error:
                retry = self._again(call, retry, error)
                continue
            if response.status < 300:
                return content
            failure = self._refusal(call, response, content)
            if not isinstance(failure, ClusterUnreachable) or response.status not in _repeated(call):
                raise failure
            retry = self._later(call, retry, response, failure)

    def open(self, call: ApiCall, read_seconds: float) -> BaseHTTPResponse:
        """Send once, and the answer unread, for the caller to read and close; errors as of `fetch`."""
        try:
            response = self._send(call, read_seconds)
            if response.status < 300:
                return response
            with contextlib.closing(response):
                raise self._refusal(call, response, _whole(response))
        except HTTPError as error:
            raise self.unreached(call, error) from error

    def stream(self, call: ApiCall, read_seconds: float) -> Stream:
        """The lines of an answer that goes on; errors as of `open`."""
        return Stream(self, call, read_seconds)

    def impatient(self) -> ApiTransport:
        """The same connections, without trying again."""
        return ApiTransport(self._connection, self.where, 0.0)

    def decode(self, call: ApiCall, content: bytes) -> dict[str, Any]:
        """The JSON object of an answer; anything else was not said by an API server."""
        try:
            return _DECODER.decode(content)
        except ValueError as error:
            reason = f"{call.name} was answered with what is no JSON object ({error}): is it an API server?"
            raise ClusterUnreachable(self.where, reason, maybe_done=not call.is_read) from error

    def unreached(self, call: ApiCall, error: Exception) -> ClusterUnreachable:
        """Why a request had no answer, in words."""
        cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
        maybe_done = not call.is_read and not _is_unsent(cause)
        reason = f"{call.name}: {_plain(cause)}"
        if maybe_done:
            reason += "; whether it was done is not known"
        return ClusterUnreachable(self.where, reason, maybe_done=maybe_done)

    def _send(self, call: ApiCall, read_seconds: float) -> BaseHTTPResponse:
        entry = self._connection.entry()
        with logs.asked("cluster", f"{self.where}: {call.name}"):
            response = self._send_as(entry, call, read_seconds)
        if response.status != 401:
            return response
        _discard(response)
        entry = self._connection.renewed(entry)
        response = self._send_as(entry, call, read_seconds)
        if response.status == 401:
            with contextlib.closing(response):
                said = _plain(_object(_whole(response)).get("message", "Unauthorized"))
            reason = f"the API server does not accept the credential of {entry.credential}: {said}"
            raise ClusterUnreachable(self.where, reason, lasting=True)
        return response

    def _send_as(self, entry: KubeconfigEntry, call: ApiCall, read_seconds: float) -> BaseHTTPResponse:
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 -- imported by the connection before

        content_type = _content_type(call)
        request = entry.client.param_serialize(
            call.method,
            call.path,
            query_params=list(call.query),
            header_params={
                "Accept": "application/json, */*",
                # Lists are a tenth of their size then; API servers compress neither what is small nor watches.
                "Accept-Encoding": "gzip",
                "Content-Type": content_type,
            },
            # Bytes are sent as they are; the client would serialise a dict of a patch by its type.
            body=msgspec.json.encode(call.body) if content_type == _APPLY else call.body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = entry.client.call_api(*request, _request_timeout=(CONNECT_SECONDS, read_seconds))
        except ApiException as error:
            # Its only use without an answer: TLS failed.
            reason = f"{call.name}: TLS failed: {_plain(error.reason)}"
            raise ClusterUnreachable(self.where, reason, maybe_done=not call.is_read) from error
        except ValueError as error:
            reason = f"the credential of {entry.whose} cannot be sent: {error}"
            raise ClusterUnreachable(self.where, reason, lasting=True) from error
        response: BaseHTTPResponse = answer.response
        return response

    def _again(self, call: ApiCall, retry: _Patience, error: HTTPError) -> _Patience:
        if not call.is_read and not _is_unsent(error):
            raise self.unreached(call, error) from error
        try:
            retry = retry.increment(call.method, call.path, error=error)
        except MaxRetryError:
            raise self.unreached(call, error) from error
        retry.sleep()
        return retry

    def _later(
        self, call: ApiCall, retry: _Patience, response: BaseHTTPResponse, failure: ClusterUnreachable
    ) -> _Patience:
        try:
            retry = retry.increment(call.method, call.path, response=response)
        except MaxRetryError:
            raise failure from None
        retry.sleep(response)
        return retry

    def failure(self, call: ApiCall, status: object) -> ClusterError:
        """The error that an event of a watch tells, by its Status."""
        said = status if isinstance(status, dict) else {}
        code = said.get("code")
        return self._failure(call, code if isinstance(code, int) else 500, said, None)

    def _refusal(self, call: ApiCall, response: BaseHTTPResponse, content: bytes) -> ClusterError:
        said = _object(content) or {"message": content[:300].decode(errors="replace")}
        wait = _Patience.of(self.patience).get_retry_after(response)
        return self._failure(call, response.status, said, wait)

    def _failure(self, call: ApiCall, status: int, said: dict[str, Any], wait: float | None) -> ClusterError:
        message = _plain(said.get("message", ""))
        if status == 403:
            about = describe(call.path)
            verb = call.verb or _VERBS[call.method]
            return Forbidden(self.where, verb, about.resource, about.group, about.namespace, message)
        if status == 404:
            return ObjectNotFound(self.where, message or f"there is no {call.path}")
        if status == 409 or _is_of_another_uid(said) or (status == 422 and _is_stale(call, said)):
            return Conflict(self.where, message, _managers(said))
        if status == 410:
            return Expired(self.where, message, _part(said, "metadata").get("continue"))
        if status == 500 and message.startswith(_UNKNOWN_FIELD):
            return Invalid(self.where, message)
        if status in _NOT_NOW or status >= 500 or status < 400:
            # A 500 or 504 may come after the deed.
            maybe_done = not call.is_read and status not in _NOT_NOW
            reason = f"{call.name} was answered {status} {message}".strip()
            return ClusterUnreachable(self.where, reason, maybe_done=maybe_done, retry_after=wait)
        return Invalid(self.where, message or f"{call.name} was answered {status}")


class Stream:
    """The lines of an answer that goes on: an iterator, that another thread may close.

    Raises ClusterUnreachable when it is cut; ends when the server ends it, or when it was closed.
    """

    def __init__(self, transport: ApiTransport, call: ApiCall, read_seconds: float) -> None:
        self._transport = transport
        self._call = call
        self._response = transport.open(call, read_seconds)
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        try:
            for piece in self._response.stream(_PIECE, decode_content=True):
                *lines, rest = (rest + piece).split(b"\n")
                yield from lines
        except (HTTPError, OSError, ValueError) as error:
            # A response that another thread closes fails in ways of its own.
            if not self._closed:
                raise self._transport.unreached(self._call, error) from error
        finally:
            self._response.close()

    def close(self) -> None:
        """End it; a thread that waits for its next line goes on at once."""
        self._closed = True
        with contextlib.suppress(ValueError, RuntimeError, OSError):
            self._response.shutdown()


class _Patience(Retry):
    """Tries again until so many seconds have passed since the first try, however often that is."""

    until: float = 0.0

    @classmethod
    def of(cls, seconds: float) -> Self:
        fresh = cls(total=None, allowed_methods=None, backoff_factor=0.1, backoff_max=5.0, backoff_jitter=0.1)
        fresh.until = time.monotonic() + seconds
        return fresh

    def new(self, **changed: Any) -> Self:
        fresh = super().new(**changed)
        fresh.until = self.until
        return fresh

    def is_exhausted(self) -> bool:
        return time.monotonic() >= self.until

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if asked is None else max(0.0, min(asked, self.until - time.monotonic()))


_DECODER = msgspec.json.Decoder(dict[str, Any])


def _repeated(call: ApiCall) -> frozenset[int]:
    return _NOT_NOW | _BROKEN if call.is_read else _NOT_NOW


def _is_unsent(error: Exception) -> bool:
    if isinstance(error, ProxyError):
        # It is raised alone where the proxy itself was not reached.
        return True
    return isinstance(error, (ConnectTimeoutError, NewConnectionError))


def _whole(response: BaseHTTPResponse) -> bytes:
    """All of it. A body that is shorter than was announced is an error that urllib3 raises."""
    return response.read(decode_content=True)


def _discard(response: BaseHTTPResponse) -> None:
    with contextlib.suppress(HTTPError), contextlib.closing(response):
        _whole(response)


def _object(content: bytes) -> dict[str, Any]:
    try:
        return _DECODER.decode(content)
    except ValueError:
        return {}


def _managers(said: dict[str, Any]) -> tuple[str, ...]:
    """The field managers that a conflict of server-side apply names, each once."""
    told = [
        cause.get("message", "") for cause in _causes(said) if cause.get("reason") == "FieldManagerConflict"
    ]
    names = [str(message).partition('conflict with "')[2].partition('"')[0] for message in told]
    return tuple(dict.fromkeys(name for name in names if name))


def _content_type(call: ApiCall) -> str:
    if call.is_json_patch:
        return "application/json-patch+json"
    return _APPLY if call.method == "PATCH" else "application/json"


def _is_stale(call: ApiCall, said: dict[str, Any]) -> bool:
    """A JSON Patch that does not fit the object, by a test or a path: what a value is refused for has causes."""
    return call.is_json_patch and not _causes(said)


def _is_of_another_uid(said: dict[str, Any]) -> bool:
    """Server-side apply to an object that was recreated: the server calls the uid that was read invalid."""
    return any(cause.get("field") == "metadata.uid" for cause in _causes(said))


def _causes(said: dict[str, Any]) -> list[dict[str, Any]]:
    causes = _part(said, "details").get("causes")
    return [cause for cause in causes if isinstance(cause, dict)] if isinstance(causes, list) else []


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _plain(said: object) -> str:
    text = " ".join(str(said).split())
    return "".join(char if char.isprintable() else " " for char in text)[:600]
