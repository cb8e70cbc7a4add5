"""JSON over HTTP to one forge: time limits, retries, bounded answers, and a token that stays with its host."""

from __future__ import annotations

import http
import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Timeout

from ldmrelease import logs
from ldmrelease.domain import addresses
from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.rate_limits import asked_to_pause
from ldmrelease.retries import LONGEST_ASKED, CappedRetry

_ANSWER_LIMIT = 8 * 1024 * 1024
_REPEATABLE = ("GET", "PUT", "PATCH")
"""A POST is tried once: a second one might say the same twice."""
_PAGES = 100
"""More pages than that are not looked through: 10,000 comments."""
_PAUSES = 3
"""How often a forge may say that we ask too much, until we stop."""
_NEXT = re.compile(r';\s*rel="?next"?')
_Shape = TypeVar("_Shape")


class _Reply(msgspec.Struct, frozen=True):
    content: Any
    headers: Mapping[str, str]


class Rest:
    """Requests to the API at `base` (`https://api.github.com`), with `headers` that hold the token."""

    def __init__(
        self, base: str, headers: Mapping[str, str], *, retries: int = 3, timeout: float = 20.0
    ) -> None:
        self.base = base
        self.host = urlsplit(base).netloc
        self._headers = {"User-Agent": "ldmrelease", **headers}
        self._token = headers.get("Authorization", "").partition(" ")[2] or "\0"
        self._pools = urllib3.PoolManager(
            timeout=Timeout(connect=min(timeout, 10.0), read=timeout),
            retries=CappedRetry.of(retries, methods=_REPEATABLE),
        )

    def get(self, path: str) -> Any:
        """What is at `path`."""
        return self._ask("GET", path, None).content

    def read(self, path: str, shape: type[_Shape]) -> _Shape:
        """What is at `path`, as the forge documents it."""
        return self.shaped(f"GET {path}", self.get(path), shape)

    def items(self, path: str, page: int | None, *, size: str = "per_page", key: str = "") -> Iterator[Any]:
        """The items of a list, `page` of them on each page (the parameter `size`); None where all come at once.

        key: where the list is, in an answer that has it within an object. A server may give less at once than asked
        for: what says that there is more is its header `Link`, or a full page where it has none.
        """
        if page is None:
            yield from self._list(path, self._ask("GET", path, None), key)
            return
        query = "&" if "?" in path else "?"
        for number in range(1, _PAGES + 1):
            reply = self._ask("GET", f"{path}{query}{size}={page}&page={number}", None)
            items = self._list(path, reply, key)
            yield from items
            link = reply.headers.get("link")
            if not items or (len(items) < page if link is None else _NEXT.search(link) is None):
                return

    def shaped(self, asked: str, found: object, shape: type[_Shape]) -> _Shape:
        """An answer as a type. Raises `ForgeError` where it is something else than documented."""
        try:
            return msgspec.convert(found, shape)
        except msgspec.ValidationError as error:
            raise ForgeError(self.host, f"{asked}: the answer is not as documented: {error}") from None

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Send `body` as JSON."""
        return self._ask(method, path, json.dumps(body).encode()).content

    def _list(self, path: str, reply: _Reply, key: str) -> list[Any]:
        found = reply.content
        items = found.get(key) if key and isinstance(found, dict) else found
        if not isinstance(items, list):
            raise ForgeError(self.host, f"GET {path}: a list was expected, found {type(items).__name__}")
        return items

    def _ask(self, method: str, path: str, body: bytes | None) -> _Reply:
        """Ask, and again after a pause where the forge says that it is asked too much: it has done nothing then."""
        for left in reversed(range(_PAUSES)):
            status, headers, content = self._request(method, path, body)
            pause = asked_to_pause(status, headers, content, time.time())
            if pause is None:
                return _Reply(self._answer(method, path, status, headers, content), headers)
            if pause > LONGEST_ASKED or not left:
                break
            time.sleep(pause)
        what = f"{method} {path}: {status}, and it wants nothing more for {pause:.0f} s"
        raise ForgeError(self.host, what, status)

    def _request(self, method: str, path: str, body: bytes | None) -> tuple[int, Mapping[str, str], bytes]:
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
        return response.status, {name.lower(): each for name, each in response.headers.items()}, content

    def _answer(self, method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> Any:
        if len(content) > _ANSWER_LIMIT:
            raise ForgeError(
                self.host, f"{method} {path}: the answer has more than {_ANSWER_LIMIT} bytes", status
            )
        if not 200 <= status < 300:
            # What a proxy repeats of our headers ends up in outputs and in the ledger.
            told = _explanation(status, content.replace(self._token.encode(), b"..."))
            location = headers.get("location", "").replace(self._token, "...")
            said = f"{status} {told}{_elsewhere(status, location)}"
            raise ForgeError(self.host, f"{method} {path}: {said}", status)
        if status == http.HTTPStatus.NO_CONTENT and not content:
            return None
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
        found = json.loads(content)
        # GitLab has `error` for some, and lists of texts; GitHub the reason below `errors`.
        said = found["message"] if "message" in found else found["error"]
        more = [
            each["message"]
            for each in found.get("errors") or ()
            if isinstance(each, dict) and "message" in each
        ]
        said = "; ".join([*(said if isinstance(said, list) else [said]), *more])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        said = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else ""
    return _printable(str(said))


def _elsewhere(status: int, location: str) -> str:
    """A repository that was renamed or moved is not followed: the workspace has to say where it is."""
    if status not in (301, 302, 307, 308):
        return ""
    where = _printable(addresses.public(location))
    return (
        f": it has moved to {where or 'somewhere else'}; write the repository's new address in the workspace"
    )


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:300].strip()
