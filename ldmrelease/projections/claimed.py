"""What an event claims to say, read without checking the signature: to find it again, and for nothing else.

Whoever believes it reads the event with a keyring (`trust.records`).
"""

import base64
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event

B = TypeVar("B")


def claimed_body(event: Event, kind: type[B]) -> B | None:
    """The body in the envelope of an event; None where there is none of that type.

    One with a time that has no zone is none: it could not be compared with others, and no record that counts has it.
    """
    try:
        payload = canonical.parse(base64.b64decode(event.body["envelope"]["payload"], validate=True))
        found = canonical.from_plain(payload["body"], kind)
    # A payload outside ASCII is a plain ValueError of base64's.
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return None if _has_bare_time(found) else found


def _has_bare_time(body: object) -> bool:
    moments = (getattr(body, each) for each in getattr(body, "__struct_fields__", ()))
    return any(isinstance(each, datetime) and each.tzinfo is None for each in moments)


class _Enveloped(Struct):
    payload: bytes


class _Stored(Struct):
    envelope: _Enveloped


def claimed_in(body: str, kind: type[B]) -> B | None:
    """The same from the body of an event as it is stored, read in one go.

    It reads what `claimed_body` reads, and what is spelled in ways in which no record counts.
    """
    wanted: Any = kind
    try:
        stored = _STORED.decode(body)
        said: Any = _said(wanted).decode(stored.envelope.payload)
        found: B = said.body
    except (ValueError, RecursionError):
        return None
    return found


_STORED = msgspec.json.Decoder(_Stored)


@cache
def _said(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(msgspec.defstruct("Said", [("body", kind)]))
