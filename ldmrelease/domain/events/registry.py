"""Every kind of event that is signed, by its name and version, and by the type of its body."""

from typing import Any

from ldmrelease.domain.events import (
    acts,
    debts,
    evidence,
    imported,
    ledger,
    notifications,
    place,
    promotion,
    release,
    trust,
)
from ldmrelease.domain.events.event import NewEvent
from ldmrelease.domain.events.kinds import EventType

EVENT_TYPES: tuple[EventType, ...] = (
    *promotion.TYPES,
    *place.TYPES,
    *release.TYPES,
    *evidence.TYPES,
    *trust.TYPES,
    *ledger.TYPES,
    *imported.TYPES,
    *acts.TYPES,
    *notifications.TYPES,
    *debts.TYPES,
)

_BY_NAME = {(str(each.kind), each.version): each for each in EVENT_TYPES}
_BY_BODY = {each.body: each for each in EVENT_TYPES}


def event_type(kind: str, version: int = 1) -> EventType | None:
    """What is known of a kind in a version; None where it is not one that is signed."""
    return _BY_NAME.get((str(kind), version))


def type_of_body(body: type) -> EventType:
    """What is known of the kind whose events have this body. Raises `KeyError`."""
    return _BY_BODY[body]


def new_event(body: Any, stream: str | None = None) -> NewEvent:
    """An event to append that says `body`, in the stream where such a body belongs, or in this one."""
    known = type_of_body(type(body))
    where = known.stream(body) or stream
    if where is None:
        raise ValueError(f"{known.kind} needs to be told its stream")
    return NewEvent(known.kind, where, body)


def role_types(purpose: str) -> tuple[str, ...]:
    """What a role has to list for the workspace's key of a purpose."""
    return tuple(dict.fromkeys(each.role_type for each in EVENT_TYPES if each.purpose == purpose))
