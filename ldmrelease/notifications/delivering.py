"""Hand messages to several receivers at once: whatever one of them does holds up neither the others nor who waits."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from ldmrelease.notifications.interface import Delivery, NotDelivered, Notification, ReceiverOptions
from ldmrelease.notifications.registry import deliver_by

_GRACE = 1.0
"""Seconds beyond those of the receiver, in which it may say itself that it took too long."""


class KnownReceiver(ReceiverOptions, Protocol):
    """A receiver with its kind."""

    @property
    def kind(self) -> str:
        """The name of its kind."""


R = TypeVar("R", bound=KnownReceiver)


def deliver_all(messages: Mapping[R, Sequence[Notification]], way: Delivery) -> dict[R, str | None]:
    """Deliver to each receiver what is for it: None where it was taken, else what went wrong, without a secret."""
    found: dict[R, str | None] = {}

    def tell(receiver: R) -> None:
        found[receiver] = _delivered(receiver, messages[receiver], way)

    # One that answers a byte now and then never ends by itself: such a thread is left behind, and ends with us.
    threads = [threading.Thread(target=tell, args=(each,), daemon=True) for each in messages]
    until = time.monotonic() + way.seconds + _GRACE
    for each in threads:
        each.start()
    for each in threads:
        each.join(max(0.0, until - time.monotonic()))
    late = f"no answer within {way.seconds:g} s"
    return {each: found.get(each, late) for each in messages}


def _delivered(receiver: KnownReceiver, told: Sequence[Notification], way: Delivery) -> str | None:
    try:
        deliver_by(receiver.kind)(receiver, told, way)
    except NotDelivered as error:
        return str(error)
    except Exception as error:
        # Addresses and answers are others', and nothing stops for them. The sentence of a library may hold a secret.
        return f"cannot be told: {type(error).__name__}"
    return None
