"""Whoever can write the ledger's database and has no key: what rows alone say lets nothing in (trust.md)."""

import base64
import json
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from tests.workspace import BASE, BEFORE, PLACE, TESTSTAND, WEEKLY, Site

HERE = {"environment": "base", "application": "ocps"}


@pytest.fixture
def ready(site: Site) -> Site:
    """The weekly is built, and what ran before is pinned and observed."""
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    return site


@pytest.fixture
def waiting(ready: Site) -> tuple[Site, str]:
    """A promotion to base, which waits for the soak at the test stand; and its id."""
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert ready.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    listed = json.loads(ready.ok("promotions", "list", "-o", "json"))
    assert listed[-1]["state"] == "waiting"
    return ready, listed[-1]["promotion"]


def forge(site: Site, stream: str, kind: str, body: dict[str, Any]) -> None:
    """A row with a right hash: the chain needs no key."""
    with open_ledger(site.root / "ledger.db", projectors=PROJECTORS) as ledger:
        ledger.append(
            [NewEvent(kind, stream, body)], at=site.now, actor="release manager", expect={}, blobs={}
        )


def forge_journal(site: Site, promotion: str, *rows: tuple[str, dict[str, Any]]) -> None:
    """What a process leaves that claimed base, was allowed to enter, and went on so far."""
    stream = f"promotion/{promotion}"
    decided = site.events(EventKind.DECIDED, stream)[-1].body
    allowed = {**decided, "verdict": "allowed", "epoch": 1, "until": None, "who": []}
    claimed = {"step": f"{BASE}/claim", "result": {"epoch": 1, "before": {"image.tag": "al9-w_2023_15"}}}
    begun: list[tuple[str, dict[str, Any]]] = [
        (EventKind.RESUMED, {"place": HERE}),
        (EventKind.DECIDED, {**allowed, "stage": "ask", "epoch": None}),
        (EventKind.DONE, claimed),
        (EventKind.DECIDED, {**allowed, "stage": "enter"}),
    ]
    for kind, body in (*begun, *rows):
        forge(site, stream, kind, {**allowed, **body} if kind == EventKind.DECIDED else body)


def altered(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An act with other fields under the old signature."""
    envelope = body["envelope"]
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["body"] |= fields
    text = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    return {**body, "envelope": {**envelope, "payload": base64.b64encode(text).decode()}}


def test_a_decision_that_only_a_row_tells_of_lets_nothing_be_written(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    forge_journal(site, promotion, (EventKind.INTENDED, {"step": f"{BASE}/apply"}))
    before, rows = site.committed(BASE), site.head()
    for words in (("resume", promotion), ("abort", promotion)):
        done = site.run(*words)
        assert done.exit_code == 3, done.stdout
        assert "does not count: unsigned" in done.stderr
    assert (site.committed(BASE), site.head()) == (before, rows)


def test_a_claim_that_was_foretold_lets_nothing_be_written(waiting: tuple[Site, str]) -> None:
    """The number of the next claim can be guessed: a decision for it is made in advance."""
    site, promotion = waiting
    foretold = site.head().size + 4 + 2
    forge_journal(site, promotion, (EventKind.DECIDED, {"stage": "enter", "epoch": foretold}))
    before = site.committed(BASE)
    assert site.run("resume", promotion).exit_code == 3
    assert [each.sequence for each in site.events(EventKind.CLAIMED, f"claim/{BASE}")] in ([], [foretold])
    assert site.committed(BASE) == before


def test_a_confirmation_that_only_a_row_tells_of_gets_no_receipt(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    steps = [
        (EventKind.DONE, {"step": f"{BASE}/{each}", "result": {}})
        for each in ("apply", "settle", "check/smoke")
    ]
    forge_journal(site, promotion, *steps, (EventKind.DECIDED, {"stage": "confirm"}))
    done = site.run("resume", promotion)
    assert done.exit_code != 0
    assert site.events(EventKind.RECEIPT, f"receipts/{BASE}") == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (EventKind.DECIDED, {}),
        (EventKind.DONE, {}),
        (EventKind.INTENDED, {}),
        (EventKind.WAITING, {"place": 5}),
        (EventKind.HALTING, {}),
        (EventKind.ENDED, {"state": "done"}),
        (EventKind.PLANNED, {}),
    ],
)
def test_a_journal_that_cannot_be_read_is_said_to_be_so(
    waiting: tuple[Site, str], kind: str, body: dict[str, Any]
) -> None:
    site, promotion = waiting
    forge(site, f"promotion/{promotion}", kind, body)
    for words in (("promotions", "show", promotion), ("resume", promotion), ("abort", promotion)):
        done = site.run(*words)
        assert done.exit_code == 3
        assert "does not count: unsigned" in done.stderr


def test_an_unsigned_request_is_not_carried_out(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    (signed,) = ready.events(EventKind.REQUESTED)
    refs = ready.refs()
    places = [{"environment": "usdfdev", "application": "batch"}]
    forge(
        ready, "promotion/P-900", EventKind.REQUESTED, altered(signed.body, promotion="P-900", places=places)
    )
    forge(ready, "promotion/P-901", EventKind.REQUESTED, signed.body)
    done = ready.run("resume", "--all")
    assert done.exit_code == 3
    assert "(promotion.requested) of P-900 does not count: bad-signature" in done.stderr
    assert "(promotion.requested) of P-901 does not count: wrong-position" in done.stderr
    assert ready.refs() == refs


def test_an_unsigned_pin_is_neither_used_nor_listed(ready: Site) -> None:
    (signed,) = ready.events(EventKind.PINNED)
    listed = ready.ok("release", "list", "-o", "json")
    forge(
        ready, signed.stream, EventKind.PINNED, altered(signed.body, revision=2, digest="sha256:" + "a" * 64)
    )
    assert json.loads(ready.ok("release", "show", BEFORE, "-o", "json"))["revision"] == 1
    assert ready.ok("release", "list", "-o", "json") == listed


def test_unsigned_observations_make_no_soak(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    seen = site.events(EventKind.OBSERVED, f"environment/{TESTSTAND}")[-1]
    site.advance(hours=3)
    forge(site, seen.stream, EventKind.OBSERVED, altered(seen.body, time="2023-04-20T15:00:00Z"))
    assert site.run("resume", promotion).exit_code == 4
    assert "w_2023_16" not in site.committed(BASE)


def test_an_observation_by_another_key_or_of_another_place_makes_no_soak(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    (signed, *_) = site.events(EventKind.OBSERVED, f"environment/{PLACE}")
    site.advance(hours=3)
    forge(site, f"environment/{TESTSTAND}", EventKind.OBSERVED, signed.body)
    assert site.run("resume", promotion).exit_code == 4


def test_a_receipt_row_that_is_none_is_left_out(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    shown = ready.ok("receipt", "show", PLACE, WEEKLY, "-o", "json")
    forge(ready, f"receipts/{PLACE}", EventKind.RECEIPT, {})
    assert ready.ok("receipt", "show", PLACE, WEEKLY, "-o", "json") == shown


def test_a_plan_that_was_exchanged_is_not_carried_out(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    (other, _) = site.events(EventKind.PLANNED)
    site.advance(hours=3)
    site.ok("observe")
    forge(site, f"promotion/{promotion}", EventKind.PLANNED, other.body)
    refs = site.refs()
    done = site.run("resume", promotion)
    assert done.exit_code == 3
    assert "(promotion.planned) of" in done.stderr
    assert site.refs() == refs
