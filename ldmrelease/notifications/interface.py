"""What a kind of receiver is: it takes one message of one or several notifications, or says why not."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, field

EVENTS = ("approval-needed", "waiting", "halted", "stuck", "recalled")
"""What somebody may have to hear of."""
LIMIT = 10.0
"""Seconds that a receiver has, with all tries: a dead one holds nothing up."""


class Notification(Struct, frozen=True):
    """One thing to tell. `text` is a sentence, `next` are commands as their words, `addresses` are mail addresses of
    those who are asked; `time` is spelled. `data` is all of it as plain JSON, for programs.
    """

    key: str
    event: str
    subject: str
    time: str
    text: str
    next: tuple[tuple[str, ...], ...] = ()
    addresses: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


class ReceiverOptions(Protocol):
    """What the workspace says of a receiver (`config.workspace.model.Receiver`)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def command(self) -> tuple[str, ...]:
        """A program and its arguments."""

    @property
    def url(self) -> str | None:
        """Where it is."""

    @property
    def url_from(self) -> str | None:
        """The variable that says where it is."""

    @property
    def secret_from(self) -> str | None:
        """The variable that has the secret which bodies are signed with."""

    @property
    def format(self) -> str:
        """`cloudevents` or `cdevents`."""

    @property
    def server(self) -> str | None:
        """The mail server, as a URL."""

    @property
    def sender(self) -> str | None:
        """The sender's address."""

    @property
    def to(self) -> tuple[str, ...]:
        """Addresses; none are those of the people who are asked."""

    @property
    def user(self) -> str | None:
        """The name to log in by."""

    @property
    def password_from(self) -> str | None:
        """The variable that has the password."""


class Delivery(Struct, frozen=True):
    """Where and for whom a message goes out. `source` names the ledger, as a URI; `folder` is the workspace's;
    `seconds` is how long it may take.
    """

    source: str
    folder: Path
    seconds: float = LIMIT
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


class NotDelivered(Exception):
    """A receiver did not take a message; the text says why, without a secret."""


class ReceiverKind(Struct, frozen=True):
    """What a kind of receiver takes: options that it may have, and groups of which it has exactly one each."""

    takes: frozenset[str]
    needs: tuple[frozenset[str], ...]


class Deliver(Protocol):
    """Hands one message to a receiver."""

    def __call__(self, receiver: ReceiverOptions, told: Sequence[Notification], way: Delivery, /) -> None:
        """Deliver all of it. Raises `NotDelivered`."""


def variable(name: str, way: Delivery) -> str:
    """The value of a variable of the environment. Raises `NotDelivered` where there is none."""
    found = way.environ.get(name, "")
    if not found:
        raise NotDelivered(f"the environment has no {name}")
    return found
