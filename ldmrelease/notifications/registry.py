"""The kinds of receivers, by their names: a new one is a file beside `kinds/` and a line here."""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from ldmrelease.notifications.interface import Deliver, ReceiverKind

KINDS: Mapping[str, ReceiverKind] = {
    "command": ReceiverKind(frozenset({"command"}), (frozenset({"command"}),)),
    "webhook": ReceiverKind(
        frozenset({"url", "url_from", "secret_from", "format"}), (frozenset({"url", "url_from"}),)
    ),
    "slack": ReceiverKind(frozenset({"url", "url_from"}), (frozenset({"url", "url_from"}),)),
    "mail": ReceiverKind(
        frozenset({"server", "sender", "to", "user", "password_from"}),
        (frozenset({"server"}), frozenset({"sender"})),
    ),
}


def wants(kind: str) -> ReceiverKind:
    """What a kind takes."""
    return KINDS[kind]


def deliver_by(kind: str) -> Deliver:
    """How a kind delivers; its module is loaded when the first message goes out."""
    return cast("Deliver", import_module(f"ldmrelease.notifications.kinds.{kind}").deliver)
