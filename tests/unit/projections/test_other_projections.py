"""Pins, folded from their events."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.streams import pin_stream
from ldmrelease.projections.pins import fold_digests

from .observations import NOON, claimed

Fold = Callable[[Callable[[str], Any], Event], dict[str, Any]]


def told(sequence: int, kind: str, stream: str, body: dict[str, Any]) -> Event:
    time = NOON + timedelta(minutes=sequence)
    return Event("u", sequence, time, "bob", kind, stream, 1, body, "", "")


def run(fold: Fold, *events: Event) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for event in events:
        for key, value in fold(states.get, event).items():
            if value is None:
                states.pop(key, None)
            else:
                states[key] = value
    return states


def pin(sequence: int, tag: str, digest: str, revision: int, *images: str) -> Event:
    act = Pin("stack", tag, digest, f"document of {digest}", revision, True, None, NOON, None, images)
    return told(sequence, EventKind.PINNED, pin_stream("stack", tag), claimed(act))


def test_the_digest_of_a_release_leads_to_its_pins() -> None:
    found = run(
        fold_digests,
        pin(1, "w.2023.16", "d1", 1, "image"),
        pin(2, "w.2023.16", "d1", 2, "image"),
        pin(3, "w.2023.17", "d3", 1, "image"),
    )
    assert found == {"d1": [1, 2], "d3": [3]}
    assert run(fold_digests, told(1, EventKind.OBSERVED, "x", {}), told(2, EventKind.PINNED, "x", {})) == {}
