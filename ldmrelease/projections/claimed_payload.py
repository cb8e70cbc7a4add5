"""What a signed act claims, read without checking the signature: for projections and listings alone.

Whoever acts on an act opens it with a keyring (`trust.acts`).
"""

import base64
import binascii
from typing import Any

from ldmrelease.domain import canonical


def claimed_payload(body: dict[str, Any]) -> dict[str, Any] | None:
    """The payload of the envelope in an event's body; None where there is none that can be read."""
    try:
        payload = canonical.parse(base64.b64decode(body["envelope"]["payload"], validate=True))
    except (KeyError, TypeError, binascii.Error, canonical.NotCanonical):
        return None
    return payload if isinstance(payload, dict) else None
