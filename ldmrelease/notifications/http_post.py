"""One HTTP request that tells something: tried again within its time, no redirect, no secret in a message."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Timeout

from ldmrelease import logs
from ldmrelease.notifications.interface import Delivery, NotDelivered, ReceiverOptions, variable
from ldmrelease.retries import TEMPORARY

_ANSWER_LIMIT = 64 * 1024
_PAUSES = (0.2, 0.5, 1.0, 2.0)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def address_of(receiver: ReceiverOptions, way: Delivery) -> str:
    """Where a receiver is. Raises `NotDelivered` for what is not https (or this machine)."""
    url = receiver.url or (variable(receiver.url_from, way) if receiver.url_from else "")
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise NotDelivered("its URL is not one of https://")


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> None:
    """Send `body`, again where that may help, for `seconds` in all. Raises `NotDelivered`.

    The same request is sent each time: whoever gets it twice knows by its id.
    """
    until = time.monotonic() + seconds
    host = urlsplit(url).netloc.rpartition("@")[2]
    for pause in (*_PAUSES, None):
        problem = _once(url, host, body, headers, until - time.monotonic())
        if problem is None:
            return
        message, again = problem
        if not again or pause is None or time.monotonic() + pause >= until:
            raise NotDelivered(f"{host}: {message}")
        time.sleep(pause)


def _once(
    url: str, host: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> tuple[str, bool] | None:
    """None where it was taken, else why not, and whether another try may help."""
    limit = max(seconds, 0.1)
    try:
        with logs.asked("receiver", f"POST {host}"), urllib3.PoolManager(retries=False) as pools:
            answer = pools.request(
                "POST", url, body=body, headers={"User-Agent": "ldmrelease", **headers},
                timeout=Timeout(total=limit), redirect=False, preload_content=False,
            )  # fmt: skip
            answer.read(_ANSWER_LIMIT)
            answer.close()
    except HTTPError as error:
        cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
        # The library's sentence may hold the address, and that may be the secret.
        return type(cause).__name__, True
    if 200 <= answer.status < 300:
        return None
    return f"it answered {answer.status}", answer.status in TEMPORARY
