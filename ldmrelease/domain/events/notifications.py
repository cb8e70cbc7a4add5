"""What is told of notifications: what somebody has to hear of, and which receivers have been told."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.events.kinds import PROMOTER, EventKind, EventType
from ldmrelease.domain.streams import NOTIFICATIONS


class NotificationDue(Struct, frozen=True):
    """Somebody has to hear of something: recorded before anybody is told, so that nobody is told twice or never.

    `key` tells it from every other one; `event` is `approval-needed`, `waiting`, `halted`, `stuck` or `recalled`;
    `subject` is the promotion or the hold that it is about. `who` are the roles that are asked; `values` are those of
    the cause; `next` are the commands that act, each as its words.
    """

    key: str
    event: str
    subject: str
    state: str
    time: datetime
    place: str | None = None
    release: str | None = None
    who: tuple[str, ...] = ()
    next: tuple[tuple[str, ...], ...] = ()
    values: dict[str, Any] = field(default_factory=dict)


class NotificationsSent(Struct, frozen=True):
    """A receiver has taken these notifications, by their keys, in one message."""

    receiver: str
    keys: tuple[str, ...]
    time: datetime


def _stream(_: NotificationDue | NotificationsSent) -> str:
    return NOTIFICATIONS


def _time(body: NotificationDue | NotificationsSent) -> datetime:
    return body.time


TYPES = (
    EventType(EventKind.NOTIFICATION_DUE, NotificationDue, PROMOTER, "promotion", _stream, time=_time),
    EventType(EventKind.NOTIFICATIONS_SENT, NotificationsSent, PROMOTER, "promotion", _stream, time=_time),
)
