"""A webhook gets CloudEvents, signed as the Standard Webhooks specification says."""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence

from ldmrelease.domain import canonical
from ldmrelease.notifications.cloud_events import encoded
from ldmrelease.notifications.http_post import address_of, post
from ldmrelease.notifications.interface import (
    Delivery,
    NotDelivered,
    Notification,
    ReceiverOptions,
    variable,
)

_PREFIX = "whsec_"


def deliver(receiver: ReceiverOptions, told: Sequence[Notification], way: Delivery) -> None:
    """Send one request of all. Raises `NotDelivered`."""
    kind, body = encoded(told, way.source, receiver.format)
    headers = {"Content-Type": kind}
    if receiver.secret_from is not None:
        secret = _secret(variable(receiver.secret_from, way))
        # One id for one message, however often it is sent: its receiver may drop the second.
        headers |= signature(f"msg_{canonical.digest(body)[7:39]}", int(time.time()), body, secret)
    post(address_of(receiver, way), body, headers, way.seconds)


def signature(id: str, at: int, body: bytes, secret: bytes) -> dict[str, str]:
    """The headers that sign a body; `at` is in seconds of Unix."""
    mac = hmac.new(secret, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _secret(text: str) -> bytes:
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    # Text outside ASCII is a plain ValueError of base64's.
    except ValueError:
        raise NotDelivered("the secret begins with whsec_, and its rest is not base64") from None
