"""A message to an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat)."""

import json
import shlex
from collections.abc import Sequence

from ldmrelease.notifications.http_post import address_of, post
from ldmrelease.notifications.interface import Delivery, Notification, ReceiverOptions

_LONGEST = 3500
"""Characters: longer texts are cut by the receiver."""


def deliver(receiver: ReceiverOptions, told: Sequence[Notification], way: Delivery) -> None:
    """Send one message of all. Raises `NotDelivered`."""
    text = "\n\n".join(map(_told, told))
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n... ({len(told)} in all)"
    body = json.dumps({"text": text}).encode()
    post(address_of(receiver, way), body, {"Content-Type": "application/json"}, way.seconds)


def _told(each: Notification) -> str:
    commands = [f"`{_escaped(shlex.join(words))}`" for words in each.next]
    return "\n".join([_escaped(each.text), *commands])


def _escaped(text: str) -> str:
    """Text that is no markup: the three characters that Slack's format reserves."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")
