"""Lists that come in pages, with an end (distribution specification, "Listing Tags")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

from ldmrelease.registry.http import HttpResponse

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
_PAGES = 500


def read_pages(first: str, fetch: Callable[[str], HttpResponse]) -> Iterator[HttpResponse]:
    """Every page from the first on; raises ValueError where they do not end or leave the registry."""
    seen, url = set[str](), first
    while url:
        if url in seen or len(seen) == _PAGES:
            raise ValueError(f"the pages of {first} do not end")
        seen.add(url)
        answer = fetch(url)
        yield answer
        url = _next(url, answer)


def _next(url: str, answer: HttpResponse) -> str:
    link = _NEXT.search(answer.headers.get("Link", ""))
    if link is None:
        return ""
    following = urljoin(url, link.group(1))
    # Some registries write their own address here, which may be wrong behind a proxy: the path is what
    # counts.
    parts = urlsplit(following)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
