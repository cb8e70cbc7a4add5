"""Pins by tag and by digest: projections that can be rebuilt, and indexes that nobody believes."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.projections.claimed import claimed_body

PINS, DIGESTS = "pins", "digests"


def fold_pins(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By `product/tag`: the numbers of the events that pin it."""
    pin = _pin(event)
    name = f"{pin.product}/{pin.tag}" if pin is not None else ""
    return {name: [*(get(name) or []), event.sequence]} if name else {}


def fold_digests(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By digest of a release: the numbers of the events that pin it."""
    pin = _pin(event)
    return {pin.digest: [*(get(pin.digest) or []), event.sequence]} if pin is not None else {}


def _pin(event: Event) -> Pin | None:
    return claimed_body(event, Pin) if event.kind == EventKind.PINNED else None
