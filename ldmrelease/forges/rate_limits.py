"""How long a forge wants to be left alone: `Retry-After`, and GitHub's and GitLab's limits of requests.

Source: GitHub's "Rate limits for the REST API": 403 or 429 with `retry-after` (secondary), or with
`x-ratelimit-remaining: 0` and `x-ratelimit-reset` in seconds of the epoch; else a minute. GitLab: 429 with
`Retry-After` and `RateLimit-Reset`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from ldmrelease.retries import LONGEST_ASKED

_SECONDARY = re.compile(rb"secondary rate limit|abuse detection", re.IGNORECASE)
_UNTOLD = 61.0
"""GitHub asks for a minute at least where it says nothing; nobody sits and waits for that."""


def asked_to_pause(status: int, headers: Mapping[str, str], content: bytes, now: float) -> float | None:
    """For how many seconds; None where an answer is not about that. Header names are in lower case; `now` is in
    seconds of the epoch.
    """
    if status not in (403, 429, 503):
        return None
    after = _retry_after(headers)
    if status == 503:
        # It may have done what was asked for: said where it is long, and never repeated.
        return after if after is not None and after > LONGEST_ASKED else None
    if after is not None:
        return after
    reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    remaining = headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining")
    if (remaining == "0" or status == 429) and reset.isdecimal():
        return max(0.0, int(reset) - now) + 1
    if status == 429 or _SECONDARY.search(content[:2000]):
        return _UNTOLD
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after")
    try:
        return None if value is None else Retry(0).parse_retry_after(value)
    except HTTPError:
        return None
