"""The shape of `notify:`: a command, or receivers by their names."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from ldmrelease.config.workspace.model import Receiver
from ldmrelease.config.yaml.fields import UNIQUE, Address, Name, Names, Registered, Strict, Text, said
from ldmrelease.config.yaml.validation_messages import tagged
from ldmrelease.notifications.interface import EVENTS
from ldmrelease.notifications.registry import KINDS, wants

COMMAND = "command"
"""The name of the receiver that a bare command is."""

_Event = Annotated[str, Registered(lambda: EVENTS)]


class ReceiverEntry(Strict):
    """Somebody who is told. Secrets are never written here: name the environment's variable that has them."""

    kind: Annotated[str, Registered(lambda: KINDS)] = Field(
        description="command: gets one line of JSON for each event; webhook: a signed HTTP request; slack: a message "
        "to an incoming webhook; mail: a letter."
    )
    command: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="For command: the program and its arguments, run in the workspace's folder."
    )
    url: Address | None = Field(None, description="For webhook and slack: where it goes, https://...")
    url_from: Text | None = Field(
        None, description="The environment variable that has the URL, where that is itself a secret."
    )
    secret_from: Text | None = Field(
        None,
        description="For webhook: the environment variable that has the secret; the body is signed with it by HMAC, as "
        "the Standard Webhooks specification says (webhook-id, webhook-timestamp, webhook-signature).",
    )
    format: Annotated[str, Registered(lambda: ("cloudevents", "cdevents"))] = Field(
        "cloudevents",
        description="For webhook: CloudEvents 1.0 with our own data, or with a CDEvent (CI/CD events) as data.",
    )
    server: Address | None = Field(
        None, description="For mail: smtp://HOST:PORT, or smtps:// for TLS at once."
    )
    sender: Text | None = Field(None, alias="from", description="For mail: the sender's address.")
    to: Annotated[list[Text], UNIQUE] = Field(
        default_factory=list,
        description="For mail: the addresses. Left out: those whom the trust document has for the roles asked.",
    )
    user: Text | None = Field(None, description="For mail: the name to log in by.")
    password_from: Text | None = Field(
        None, description="For mail: the environment variable of its password."
    )
    events: Annotated[list[_Event], UNIQUE] = Field(
        default_factory=list, description="The events that it hears of. Left out: all."
    )
    roles: Names = Field(
        default_factory=list, description="Only what asks one of these roles to act. Left out: everything."
    )

    @model_validator(mode="after")
    def _what_its_kind_wants(self) -> "ReceiverEntry":
        own = wants(self.kind)
        given = {name for name in _OPTIONS if getattr(self, name) not in (None, [])}
        if self.format != "cloudevents":
            given.add("format")
        foreign = sorted(given - own.takes)
        if foreign:
            said(f"a receiver of kind {self.kind} has no {_spelled(foreign[0])}")
        for group in own.needs:
            if len(given & group) != 1:
                said(
                    f"a receiver of kind {self.kind} has {' or '.join(_spelled(each) for each in sorted(group))}"
                )
        return self


_OPTIONS = ("command", "url", "url_from", "secret_from", "server", "sender", "to", "user", "password_from")


def _spelled(name: str) -> str:
    return "from" if name == "sender" else name.replace("_", "-")


def _shape(value: Any) -> str:
    return tagged("command" if isinstance(value, list) else "receivers")


NotifyField = Annotated[
    Annotated[list[Text], Field(min_length=1), Tag(tagged("command"))]
    | Annotated[dict[Name, ReceiverEntry], Field(min_length=1), Tag(tagged("receivers"))],
    Discriminator(_shape),
]


def receivers_of(notify: list[str] | Mapping[str, ReceiverEntry]) -> tuple[Receiver, ...]:
    """The receivers, in the order of their names."""
    if isinstance(notify, list):
        return (Receiver(COMMAND, COMMAND, command=tuple(notify)),)
    return tuple(_receiver(name, notify[name]) for name in sorted(notify))


def _receiver(name: str, entry: ReceiverEntry) -> Receiver:
    return Receiver(
        name=name,
        kind=entry.kind,
        command=tuple(entry.command or ()),
        url=entry.url,
        url_from=entry.url_from,
        secret_from=entry.secret_from,
        format=entry.format,
        server=entry.server,
        sender=entry.sender,
        to=tuple(entry.to),
        user=entry.user,
        password_from=entry.password_from,
        events=tuple(entry.events),
        roles=tuple(entry.roles),
    )
