"""What `observe` writes down makes rows, and the history of a place is the same from their ends as from everything."""

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.projections.residences import Seen
from ldmrelease.services.inventory import history
from ldmrelease.services.inventory.observations import counted_observations
from tests.workspace import PLACE, TESTSTAND, WEEKLY, Site


def all_of_them(context, place, turns):  # type: ignore[no-untyped-def]
    del turns
    return [Seen(each.sequence, each.observation) for each in counted_observations(context, place)]


def test_a_promotion_between_many_looks_is_told_alike(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for hours in (3, 3, 30, 3, 3):
        ready.advance(hours=hours)
        ready.ok("observe", TESTSTAND)
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    for hours in (3, 3, 30, 3):
        ready.advance(hours=hours)
        ready.ok("observe", TESTSTAND)
    rows = [each.body["row"] for each in ready.events(EventKind.OBSERVED, f"environment/{TESTSTAND}")]
    # The first one, behind the two gaps, and what the promotion brought.
    assert rows.count(None) == 4
    told = {name: ready.ok("history", name, "--output", "json") for name in (TESTSTAND, PLACE)}
    monkeypatch.setattr(history, "observed_rows", all_of_them)
    assert {name: ready.ok("history", name, "--output", "json") for name in told} == told
