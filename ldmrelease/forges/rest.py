"""JSON over HTTP to one forge: time limits, retries, bounded answers, and a token that stays with its host."""

from __future__ import annotations

import http
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Timeout

from ldmrelease import logs
from ldmrelease.forges.errors import ForgeError
from ldmrelease.retries import CappedRetry, asked_to_wait

_ANSWER_LIMIT = 8 * 1024 * 1024
_REPEATABLE = ("GET", "PUT", "PATCH")
"""A POST is tried once: a second one might say the same twice."""
_PAGES = 100
"""More pages of comments than that are not looked through: 10,000 comments."""


class Rest:
    """Requests to the API at `base` (`https://api.github.com`), with `headers` that hold the token."""

    def __init__(
        self, base: str, headers: Mapping[str, str], *, retries: int = 3, timeout: float = 20.0
    ) -> None:
        self.base = base
        self.host = urlsplit(base).netloc
        self._headers = {"User-Agent": "ldmrelease", **headers}
        self._pools = urllib3.PoolManager(
            timeout=Timeout(connect=min(timeout, 10.0), read=timeout),
            retries=CappedRetry.of(retries, methods=_REPEATABLE),
        )

    def get(self, path: str) -> Any:
        """What is at `path`."""
        return self._ask("GET", path, None)

    def items(self, path: str, page: int | None) -> Iterator[Any]:
        """The items of a list, `page` of them on each page; None where all come at once."""
        if page is None:
            yield from self._list(path)
            return
        for number in range(1, _PAGES + 1):
            items = self._list(f"{path}?per_page={page}&page={number}")
            yield from items
            if len(items) < page:
                return

    def _list(self, path: str) -> list[Any]:
        items = self.get(path)
        if not isinstance(items, list):
            raise ForgeError(self.host, f"GET {path}: a list was expected, found {type(items).__name__}")
        return items

    def send(self, method: str, path: str, body: Mapping[str, str]) -> Any:
        """Send `body` as JSON."""
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
        asked = asked_to_wait(response)
        if asked is not None:
            what = f"{method} {path}: {response.status}, and it wants nothing more for {asked:.0f} s"
            raise ForgeError(self.host, what, response.status)
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
