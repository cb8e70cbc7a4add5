"""Which releases are pinned, and to which an image digest belongs: projections that can be rebuilt."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.times import spell
from ldmrelease.projections.claimed_payload import claimed_payload


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
        "digests": _images(event),
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
    for digest in [pin.digest, *_images(event)]:
        names = get(digest) or []
        if name not in names:
            changed[digest] = [*names, name]
    return changed


def _pin(event: Event) -> Pin | None:
    payload = claimed_payload(event.body) if event.kind == EventKind.PINNED else None
    try:
        return canonical.from_plain(payload, Pin) if payload is not None else None
    except canonical.NotCanonical:
        return None


def _images(event: Event) -> list[str]:
    digests = event.body.get("digests")
    return [each for each in digests if isinstance(each, str)] if isinstance(digests, list) else []
