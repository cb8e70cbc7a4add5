"""Sigstore's trusted root: which authorities and logs certificates and their proofs may come from, and when.

The format is `trusted_root.json` of sigstore/protobuf-specs (sigstore_trustroot.proto, `TrustedRoot`, version 0.1).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ldmrelease.domain import canonical, times

MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
_SECTIONS = {
    "certificateAuthorities": ("validFor",),
    "tlogs": ("publicKey", "validFor"),
    "ctlogs": ("publicKey", "validFor"),
    "timestampAuthorities": ("validFor",),
}
_NEEDED = ("certificateAuthorities", "tlogs", "ctlogs")


def read_trusted_root(data: bytes) -> str:
    """The canonical spelling of a trusted root. Raises `ValueError` where it is none, or could verify nothing."""
    plain = canonical.parse(data)
    if not isinstance(plain, dict) or plain.get("mediaType") != MEDIA_TYPE:
        raise ValueError(f"it is no trusted root of Sigstore: its mediaType is not {MEDIA_TYPE}")
    for name, where in _SECTIONS.items():
        entries = plain.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise ValueError(f"{name} is not a list of objects")
        if name in _NEEDED and not entries:
            raise ValueError(f"it has no {name}: nothing could be verified by it")
        for each in entries:
            _period(each, where)
    return canonical.encode(plain).decode()


def root_at(trusted_root: str, moments: Iterable[datetime]) -> str:
    """The part of a canonical trusted root that was valid at all of these times."""
    plain: dict[str, Any] = canonical.parse(trusted_root.encode())
    asked = tuple(moments)
    for name, where in _SECTIONS.items():
        plain[name] = [
            each for each in plain.get(name, []) if all(_within(_period(each, where), at) for at in asked)
        ]
    return canonical.encode(plain).decode()


def _within(period: tuple[datetime | None, datetime | None], at: datetime) -> bool:
    begin, end = period
    return (begin is None or begin <= at) and (end is None or at <= end)


def _period(entry: Any, where: tuple[str, ...]) -> tuple[datetime | None, datetime | None]:
    for name in where:
        entry = entry.get(name) if isinstance(entry, dict) else None
    found = entry if isinstance(entry, dict) else {}
    return _moment(found.get("start")), _moment(found.get("end"))


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        return times.instant(text)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time") from error
