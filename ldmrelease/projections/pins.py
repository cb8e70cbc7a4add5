"""Which pins have a digest: a projection that can be rebuilt, and an index that nobody believes."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.projections.claimed import claimed_body

DIGESTS = "digests"


def fold_digests(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By digest of a release: the numbers of the events that pin it."""
    pin = claimed_body(event, Pin) if event.kind == EventKind.PINNED else None
    return {pin.digest: [*(get(pin.digest) or []), event.sequence]} if pin is not None else {}
