"""What an event claims to say, read without checking the signature: to find it again, and for nothing else.

Whoever believes it reads the event with a keyring (`trust.records`).
"""

import base64
import binascii
from typing import TypeVar

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event

B = TypeVar("B")


def claimed_body(event: Event, kind: type[B]) -> B | None:
    """The body in the envelope of an event; None where there is none of that type."""
    try:
        payload = canonical.parse(base64.b64decode(event.body["envelope"]["payload"], validate=True))
        return canonical.from_plain(payload["body"], kind)
    except (KeyError, TypeError, binascii.Error, canonical.NotCanonical):
        return None
