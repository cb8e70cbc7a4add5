"""Addresses of other systems: what of them people may read, and whether they are this machine's own."""

import ipaddress
import re

_URL = re.compile(r"://[^\s'\"]*")
_FOLDERS = ("oci:", "/", "./", "../", "~")
_USER = re.compile(r"(?<=://)[^/\s'\"]*@")


def public(text: str) -> str:
    """An address, or a text with addresses in it, without users, passwords, queries and fragments."""
    return _USER.sub("", _URL.sub(lambda found: _before_query(found[0]), text))


def has_query(address: str) -> bool:
    """Whether an address of a repository has a query or a fragment, where tokens are put; a folder has none."""
    return _before_query(address) != address and ("://" in address or not address.startswith(_FOLDERS))


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, which needs no TLS."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _before_query(address: str) -> str:
    return address.partition("?")[0].partition("#")[0]
