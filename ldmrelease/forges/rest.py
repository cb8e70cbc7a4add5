"""JSON over HTTP to one forge: time limits, retries, bounded answers, and a token that stays with its host."""

from __future__ import annotations

import http
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry, Timeout

from ldmrelease import logs
from ldmrelease.forges.errors import ForgeError

_ANSWER_LIMIT = 8 * 1024 * 1024
_PAGES = 100
"""More pages of comments than that are not looked through: 10,000 comments."""
_TEMPORARY = (429, 500, 502, 503, 504)
_LONGEST_WAIT = 20.0


class Rest:
    """Requests to the API at `base` (`https://api.github.com`), with `headers` that hold the token."""

    def __init__(
        self, base: str, headers: Mapping[str, str], *, retries: int = 3, timeout: float = 20.0
    ) -> None:
        self.base = base
        self.host = urlsplit(base).netloc
        self._headers = {"User-Agent": "ldmrelease", **headers}
        self._pools = urllib3.PoolManager(
            timeout=Timeout(connect=min(timeout, 10.0), read=timeout), retries=_Retry.times(retries)
        )

    def get(self, path: str) -> Any:
        """What is at `path`."""
        return self._ask("GET", path, None)

    def pages(self, path: str, size: int) -> Iterator[Any]:
        """The items of all pages at `path`, `size` of them on each."""
        for number in range(1, _PAGES + 1):
            items = self.get(f"{path}?per_page={size}&limit={size}&page={number}")
            if not isinstance(items, list):
                raise ForgeError(self.host, f"GET {path}: a list was expected, found {type(items).__name__}")
            yield from items
            if len(items) < size:
                return

    def send(self, method: str, path: str, body: Mapping[str, str]) -> Any:
        """Send `body` as JSON. A POST is tried once: a second one might say the same twice."""
        return self._ask(method, path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        url = f"{self.base}{path}"
        try:
            with logs.asked("forge", f"{method} {url}"):
                # No redirect is followed: the token would go along.
                response = self._pools.request(
                    method, url, body=body, headers=headers, redirect=False, preload_content=False
                )
                content = response.read(_ANSWER_LIMIT + 1, decode_content=True)
        except HTTPError as error:
            cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
            raise ForgeError(self.host, f"{method} {path}: {cause}") from error
        finally:
            self._pools.clear()
        return self._answer(method, path, response.status, content)

    def _answer(self, method: str, path: str, status: int, content: bytes) -> Any:
        if len(content) > _ANSWER_LIMIT:
            raise ForgeError(
                self.host, f"{method} {path}: the answer has more than {_ANSWER_LIMIT} bytes", status
            )
        if not 200 <= status < 300:
            raise ForgeError(self.host, f"{method} {path}: {status} {_explanation(status, content)}", status)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise ForgeError(self.host, f"{method} {path}: the answer is not JSON", status) from None


class _Retry(Retry):
    """Retries with jitter; obeys Retry-After, but no forge makes us wait for hours."""

    @classmethod
    def times(cls, times: int) -> _Retry:
        return cls(
            total=None,
            connect=times,
            read=times,
            status=times,
            other=0,
            redirect=0,
            allowed_methods={"GET", "PUT", "PATCH"},
            status_forcelist=_TEMPORARY,
            backoff_factor=0.2,
            backoff_jitter=0.2,
            backoff_max=_LONGEST_WAIT,
            raise_on_status=False,
            raise_on_redirect=False,
        )

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_WAIT)


def text_of(rest: Rest, found: object, name: str) -> str:
    """A text or a number of an object, empty for null. Raises `ForgeError` where it is something else, or not there."""
    value = found.get(name, ...) if isinstance(found, dict) else ...
    if not isinstance(value, str | int | None):
        raise ForgeError(rest.host, f"the answer has no {name} that is a text")
    return "" if value is None else str(value)


def _explanation(status: int, content: bytes) -> str:
    """What the forge says about it, for a person."""
    try:
        said = json.loads(content)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else ""
    return "".join(char if char.isprintable() else " " for char in str(said))[:300].strip()
