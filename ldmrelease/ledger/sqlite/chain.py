"""Events as rows, and the links of the chain."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ldmrelease.domain import canonical, streams, times
from ldmrelease.domain.events import Event, EventKind, NewEvent, event_hash
from ldmrelease.ledger.errors import Damaged

FIRST_STREAM = streams.LEDGER
FIRST_PREVIOUS = ""
"""What the first event of a chain names as the hash before it."""

Sign = Callable[[Any, Event], dict[str, Any]]
"""From what an event is to say, and the event with its position and without a body, to the body that is kept."""


def first(ledger: str, body: dict[str, Any], *, at: datetime, actor: str) -> Event:
    """The event that a new chain begins with."""
    event = Event(ledger, 1, at, actor, str(EventKind.CREATED), FIRST_STREAM, 1, body, FIRST_PREVIOUS, "")
    return replace(event, hash=event_hash(event))


def link(
    new: NewEvent, before: Event, *, version: int, at: datetime, actor: str, sign: Sign | None = None
) -> Event:
    """Give a new event its place behind the event before it. Raises `NotCanonical`."""
    draft = Event(
        ledger=before.ledger,
        sequence=before.sequence + 1,
        time=at,
        actor=actor,
        kind=str(new.kind),
        stream=new.stream,
        stream_version=version,
        body={},
        previous=before.hash,
        hash="",
    )
    body = sign(new.body, draft) if sign is not None else new.body
    event = replace(draft, body=canonical.to_plain(body))
    return replace(event, hash=event_hash(event))


def insert(connection: sqlite3.Connection, event: Event) -> None:
    """Write a sealed event behind the others."""
    connection.execute(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.sequence,
            times.spell(event.time),
            event.actor,
            event.kind,
            event.stream,
            event.stream_version,
            canonical.encode(event.body).decode(),
            event.previous,
            event.hash,
        ),
    )


def row_of(plain: dict[str, Any]) -> tuple[Any, ...]:
    """The row that the plain JSON of an event makes. Raises `KeyError` and `NotCanonical`."""
    body = canonical.encode(plain["body"]).decode()
    before = (plain[name] for name in ("sequence", "time", "actor", "kind", "stream", "stream_version"))
    return (*before, body, plain["previous"], plain["hash"])


def unchecked(ledger: str, row: Iterable[Any]) -> Event:
    """The event of a row as it stands there. Raises `ValueError` where it cannot be one."""
    sequence, time, actor, kind, stream, version, body, previous, own = row
    plain = canonical.parse(body.encode())
    if not isinstance(plain, dict) or canonical.encode(plain) != body.encode():
        raise canonical.NotCanonical("the body is not the canonical JSON of an object")
    moment = times.instant(time)
    if times.spell(moment) != time:
        raise ValueError(f"the time {time!r} is not in whole seconds UTC")
    return Event(ledger, sequence, moment, actor, kind, stream, version, plain, previous, own)


def checked(ledger: str, row: Iterable[Any]) -> Event:
    """The event of a row whose hash is right: an edited one is never taken for what was appended.

    Raises `Damaged`.
    """
    row = tuple(row)
    try:
        event = unchecked(ledger, row)
    except ValueError as error:
        raise Damaged(f"event {row[0]} cannot be read: {error}") from error
    if event_hash(event) != event.hash:
        raise Damaged(f"event {event.sequence} is not what was appended: its hash differs")
    return event
