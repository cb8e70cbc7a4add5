"""Which releases are pinned, and to which an image digest belongs: projections that can be rebuilt."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.times import spell
from ldmrelease.projections.claimed import claimed_body


def fold_pins(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """The revisions of each `product/tag`, oldest first."""
    pin = _pin(event)
    if pin is None:
        return {}
    key = f"{pin.product}/{pin.tag}"
    revision = {
        "digest": pin.digest,
        "document": pin.document,
        "revision": pin.revision,
        "complete": pin.complete,
        "content": pin.content,
        "reason": pin.reason,
        "digests": list(pin.digests),
        "time": spell(event.time),
        "by": event.actor,
        "sequence": event.sequence,
    }
    return {key: [*(get(key) or []), revision]}


def fold_digests(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By digest of a release or of one of its images: the names of the releases that have it."""
    pin = _pin(event)
    if pin is None:
        return {}
    name = f"{pin.product}/{pin.tag}"
    changed = {}
    for digest in [pin.digest, *pin.digests]:
        names = get(digest) or []
        if name not in names:
            changed[digest] = [*names, name]
    return changed


def _pin(event: Event) -> Pin | None:
    return claimed_body(event, Pin) if event.kind == EventKind.PINNED else None
