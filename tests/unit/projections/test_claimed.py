"""What events claim, by whichever way it is read."""

from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.projections.claimed import claimed_body, claimed_in

from .observations import NOON, claimed

PIN = Pin("stack", "w.2023.16", "d1", "document", 1, True, None, NOON, None, ("image", "platform"))


def both(body: dict[str, Any]) -> list[Pin | None]:
    """What the event says, and what its body as it is stored does."""
    event = Event("u", 1, NOON, "bob", EventKind.PINNED, "x", 1, body, "", "")
    return [claimed_body(event, Pin), claimed_in(canonical.encode(body).decode(), Pin)]


def test_a_stored_body_claims_what_its_event_does() -> None:
    assert both(claimed(PIN)) == [PIN, PIN]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"envelope": "text"},
        {"envelope": {"payload": "not base64!"}},
        {"envelope": {"payload": ""}},
        {"envelope": {"payload": "\u00e9"}},
        claimed(["no pin"]),
        claimed({"product": "stack"}),
        claimed({**canonical.to_plain(PIN), "revision": "1"}),
        claimed({**canonical.to_plain(PIN), "time": "yesterday"}),
    ],
)
def test_what_claims_nothing_is_none(body: dict[str, Any]) -> None:
    assert both(body) == [None, None]


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"envelope": {"payload": "W1tbW1tb"}}'])
def test_what_is_no_body_claims_nothing(text: str) -> None:
    assert claimed_in(text, Pin) is None


def test_a_time_without_a_zone_is_no_claim_that_could_be_compared() -> None:
    body = claimed({**canonical.to_plain(PIN), "time": "2023-04-20T12:00:00"})
    event = Event("u", 1, NOON, "bob", EventKind.PINNED, "x", 1, body, "", "")
    assert claimed_body(event, Pin) is None
