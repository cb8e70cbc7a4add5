"""HTTP requests that are tried again: with jitter, for so long, and not where a server asks for more patience."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

TEMPORARY = frozenset({429, 500, 502, 503, 504})
"""Statuses of answers that may be others in a moment."""
LONGEST_ASKED = 60.0
"""For how many seconds a server may make us wait; where it wants more, that is told and it is not asked again."""
# How long we wait by ourselves between two tries, in seconds.
_LONGEST_WAIT = 20.0


class CappedRetry(Retry):
    """Retries with jitter; obeys Retry-After, but no server makes us wait for hours: then nothing is tried again."""

    @classmethod
    def of(cls, times: int, *, redirects: int = 0, methods: Collection[str] | None = None) -> CappedRetry:
        """At most so many tries after the first one, and so many redirects; of all methods, or of these alone."""
        return cls(
            total=None,
            connect=times,
            read=times,
            status=times,
            other=0,
            redirect=redirects,
            allowed_methods=methods,
            status_forcelist=TEMPORARY,
            backoff_factor=0.1,
            backoff_jitter=0.2,
            backoff_max=_LONGEST_WAIT,
            raise_on_status=False,
        )

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> CappedRetry:
        if response is not None and _pool is not None and asked_to_wait(response) is not None:
            # The answer itself is given to whoever asked, as after the last try.
            raise MaxRetryError(_pool, url or "", None)
        return super().increment(method, url, response, error, _pool, _stacktrace)


def asked_to_wait(response: BaseHTTPResponse) -> float | None:
    """For how many seconds an answer asks us to wait, where that is longer than we do."""
    try:
        asked = Retry(0).get_retry_after(response)
    except HTTPError:
        return None
    return asked if asked is not None and asked > LONGEST_ASKED else None
