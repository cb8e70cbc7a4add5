"""Addresses of other systems, as people may read them."""

import re

_USER = re.compile(r"(?<=://)[^/\s'\"]*@")


def public(text: str) -> str:
    """An address, or a text with addresses in it, without users and passwords."""
    return _USER.sub("", text)
