"""What is told of a release: its pins."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events.kinds import ME, EventKind, EventType
from ldmrelease.domain.streams import pin_stream


class Pin(Struct, frozen=True):
    """`digest` is the release artifact's; `reason` is required from the second revision on.

    `digests` are all by which a cluster may report an image of the release. `versions` is the digest of the list of
    versions of its EUPS products, as its build's manifest had them; None where it has no such build.
    """

    product: str
    tag: str
    digest: str
    document: str
    revision: int
    complete: bool
    content: str | None
    time: datetime
    reason: str | None = None
    digests: tuple[str, ...] = ()
    versions: str | None = None


def _stream(body: Pin) -> str:
    return pin_stream(body.product, body.tag)


TYPES = (EventType(EventKind.PINNED, Pin, ME, "pin", _stream, time=lambda body: body.time),)
