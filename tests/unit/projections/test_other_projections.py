"""Pins, promotions and receipts, folded from their events."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ldmrelease.projections.promotions import fold_open, fold_promotions
from ldmrelease.projections.receipts import fold_idle, fold_receipts

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.facts import Intent
from ldmrelease.projections.pins import fold_digests, fold_pins

from .observations import NOON, SUMMIT

Fold = Callable[[Callable[[str], Any], Event], dict[str, Any]]


def told(sequence: int, kind: str, stream: str, body: dict[str, Any], act: object = None) -> Event:
    if act is not None:
        body = {**body, "envelope": {"payload": base64.b64encode(canonical.encode(act)).decode()}}
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
    act = Pin("stack", tag, digest, f"document of {digest}", revision, True, None, NOON)
    return told(sequence, EventKind.PINNED, f"release/stack/{tag}", {"digests": list(images)}, act)


def promotion(*changes: tuple[str, dict[str, Any]]) -> list[Event]:
    request = Request("p1", Intent.PROMOTE, "stack", "w.2023.16", "d", "summit", (SUMMIT,), NOON)
    first = told(1, EventKind.REQUESTED, "promotion/p1", {}, request)
    return [
        first,
        *(told(at, kind, "promotion/p1", body) for at, (kind, body) in enumerate(changes, 2)),
    ]


def state_after(*changes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = run(fold_promotions, *promotion(*changes))["p1"]
    return found


def test_pins_are_kept_by_revision() -> None:
    found = run(
        fold_pins, pin(1, "w.2023.16", "d1", 1), pin(2, "w.2023.16", "d2", 2), pin(3, "w.2023.17", "d3", 1)
    )
    assert [(each["revision"], each["digest"]) for each in found["stack/w.2023.16"]] == [(1, "d1"), (2, "d2")]
    assert found["stack/w.2023.17"][0]["sequence"] == 3
    assert (
        run(fold_pins, told(1, EventKind.PINNED, "release/x", {}), told(2, EventKind.OBSERVED, "x", {})) == {}
    )


def test_a_digest_knows_the_releases_it_belongs_to() -> None:
    found = run(
        fold_digests,
        pin(1, "w.2023.16", "d1", 1, "image"),
        pin(2, "w.2023.16", "d1", 2, "image"),
        pin(3, "w.2023.17", "d3", 1, "image"),
    )
    assert found == {
        "d1": ["stack/w.2023.16"],
        "d3": ["stack/w.2023.17"],
        "image": ["stack/w.2023.16", "stack/w.2023.17"],
    }
    assert run(fold_digests, told(1, EventKind.OBSERVED, "x", {})) == {}


def test_a_requested_promotion_says_what_was_asked() -> None:
    found = state_after()
    assert (found["state"], found["tag"], found["places"]) == ("requested", "w.2023.16", ["summit/nublado"])


def test_a_promotion_goes_through_its_states() -> None:
    waiting = (EventKind.WAITING, {"until": "2023-04-21T00:00:00Z", "who": ["bob"]})
    assert state_after((EventKind.PLANNED, {}))["state"] == "running"
    held = state_after((EventKind.PLANNED, {}), waiting)
    assert (held["state"], held["until"], held["who"]) == ("waiting", "2023-04-21T00:00:00Z", ["bob"])
    resumed = state_after((EventKind.PLANNED, {}), waiting, (EventKind.RESUMED, {}))
    assert (resumed["state"], resumed["until"], resumed["who"]) == ("running", None, [])
    halting = [(EventKind.PLANNED, {}), (EventKind.HALTING, {})]
    assert state_after(*halting)["state"] == "halting"
    assert state_after(*halting, (EventKind.INTENDED, {"step": "summit/nublado/free"}))["state"] == "halting"
    restoring = [*halting, (EventKind.INTENDED, {"step": "summit/nublado/restore"})]
    assert state_after(*restoring)["state"] == "restoring"
    assert state_after(*restoring, (EventKind.ENDED, {"state": "halted"}))["state"] == "halted"


def test_events_of_no_known_promotion_change_nothing() -> None:
    assert run(fold_promotions, told(1, EventKind.PLANNED, "promotion/p9", {})) == {}
    assert run(fold_promotions, told(1, EventKind.PLANNED, "environment/x", {})) == {}


def test_only_promotions_that_have_not_ended_are_open() -> None:
    assert list(run(fold_open, *promotion((EventKind.PLANNED, {})))) == ["p1"]
    assert (
        run(fold_open, *promotion((EventKind.PLANNED, {}), (EventKind.ENDED, {"state": "succeeded"}))) == {}
    )


def test_the_newest_receipt_of_a_release_at_a_place() -> None:
    body = {"place": "summit/nublado", "release": "d"}
    events = [told(at, EventKind.RECEIPT, "x", {**body, "promotion": f"p{at}"}) for at in (1, 2)]
    found = run(fold_receipts, told(3, EventKind.OBSERVED, "x", {}), *events)
    assert found["summit/nublado/d"]["promotion"] == "p2"


def test_what_was_let_in_where_nothing_runs_is_known_without_a_receipt() -> None:
    result = {"receipts": [], "skipped": "scaled-to-zero", "place": "summit/nublado", "release": "d"}
    done = told(4, EventKind.DONE, "promotion/p4", {"step": "summit/nublado/receipt", "result": result})
    signed = told(
        5, EventKind.DONE, "promotion/p5", {"step": "summit/nublado/receipt", "result": {"receipts": ["a"]}}
    )
    found = run(fold_idle, done, signed)
    assert list(found) == ["summit/nublado/d"]
    assert found["summit/nublado/d"]["promotion"] == "p4"
