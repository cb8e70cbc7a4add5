"""Whoever can write the ledger's database and has no key: what rows alone say lets nothing in (trust.md)."""

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events import Event, EventKind, NewEvent
from ldmrelease.domain.events.promotion import PromotionHalting
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from tests.workspace import BASE, BEFORE, PLACE, TESTSTAND, WEEKLY, Site

HERE = {"environment": "base", "application": "ocps"}


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


LISTS = (
    ("where",),
    ("history",),
    ("history", PLACE),
    ("drift",),
    ("release", "list"),
    ("release", "show", BEFORE),
    ("promotions", "list"),
    ("promotions", "list", "--open"),
    ("receipt", "show", PLACE, WEEKLY),
    ("evidence", "list", WEEKLY),
    ("check", WEEKLY, "--target", BASE),
)


Answers = dict[tuple[str, ...], str]


def answers(site: Site) -> Answers:
    """What is answered, as data; a refusal has its answer, too."""
    return {words: site.run(*words, "-o", "json").stdout for words in LISTS}


@pytest.fixture(scope="module")
def promoted_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, str]:
    site = ready_once.copy(tmp_path_factory.mktemp("promoted") / "workspace")
    site.ok("promote", WEEKLY, "--target", PLACE)
    listed = json.loads(site.ok("promotions", "list", "-o", "json"))
    assert listed[-1]["state"] == "succeeded"
    return site, listed[-1]["promotion"]


@pytest.fixture
def promoted(promoted_once: tuple[Site, str], tmp_path: Path) -> tuple[Site, str]:
    """A promotion that has ended at one place; and its id."""
    site, promotion = promoted_once
    return site.copy(tmp_path / "workspace"), promotion


@pytest.fixture(scope="module")
def answers_once(promoted_once: tuple[Site, str], tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What is answered of that promotion an hour later: of one copy for all the others, since it is so much."""
    site, _ = promoted_once
    site = site.copy(tmp_path_factory.mktemp("answered") / "workspace")
    site.advance(hours=1)
    return answers(site)


def replay_row(site: Site, event: Event, stream: str | None = None) -> None:
    """A genuine row once more, at the end of its stream or of another."""
    forge(site, stream or event.stream, event.kind, {"envelope": event.body["envelope"]})


def sql(site: Site, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(site.root / "ledger.db")) as connection, connection:
        connection.execute(statement, values)


def releases_at(site: Site) -> list[str | None]:
    return [each["release"] for each in json.loads(site.ok("where", PLACE, "-o", "json"))]


def test_an_unsigned_pin_makes_the_observer_sign_nothing(ready: Site) -> None:
    """A release that never ran is given the images of one that runs."""
    (signed,) = ready.events(EventKind.PINNED)
    seen = ready.events(EventKind.OBSERVED, f"environment/{PLACE}")[-1]
    called = releases_at(ready)
    name = "release/stack/w.2023.99"
    forge(ready, name, EventKind.PINNED, altered(signed.body, tag="w.2023.99", digest="sha256:" + "9" * 64))
    replay_row(ready, signed, name)
    ready.ok("observe")
    again = ready.events(EventKind.OBSERVED, f"environment/{PLACE}")[-1]
    assert again.sequence > seen.sequence
    assert [each["digest"] for each in again.body["images"]] == [
        each["digest"] for each in seen.body["images"]
    ]
    assert releases_at(ready) == called


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            EventKind.HALTING,
            {"place": {"environment": "usdfdev", "application": "batch"}, "cause": "aborted", "values": {}},
        ),
        (EventKind.INTENDED, {"step": f"{PLACE}/restore"}),
        (EventKind.RESUMED, {"place": {"environment": "usdfdev", "application": "batch"}}),
    ],
)
def test_nothing_follows_the_end_of_a_promotion(
    promoted: tuple[Site, str], kind: str, body: dict[str, Any]
) -> None:
    site, promotion = promoted
    forge(site, f"promotion/{promotion}", kind, body)
    refs = site.refs()
    for words in (("resume", promotion), ("abort", promotion), ("promotions", "show", promotion)):
        done = site.run(*words)
        assert done.exit_code == 3, words
        assert "does not count: unsigned" in done.stderr
    (listed,) = json.loads(site.ok("promotions", "list", "-o", "json"))
    assert (listed["state"], listed["release"]) == ("untrusted", f"stack/{WEEKLY}")
    assert site.refs() == refs


def test_what_the_process_signs_itself_behind_an_end_is_not_believed(promoted: tuple[Site, str]) -> None:
    """Even a row with a right signature: the end is final."""
    site, promotion = promoted
    context = site.context()
    with context.ledger:
        late = PromotionHalting(Place("usdfdev", "batch"), "aborted")
        context.append([new_event(late, promotion_stream(promotion))])
    refs = site.refs()
    for words in (("resume", promotion), ("abort", promotion)):
        done = site.run(*words)
        assert done.exit_code == 3
        assert "has ended, and event" in done.stderr
    assert json.loads(site.ok("promotions", "list", "-o", "json"))[0]["state"] == "untrusted"
    assert site.refs() == refs


def test_unsigned_receipts_approve_nothing(ready: Site) -> None:
    """Somebody writes a receipt row for what was committed by hand, with an envelope that is no receipt."""
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    (signed, *_) = ready.events(EventKind.RECEIPT)
    ready.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    ready.ok("observe", "--target", PLACE)
    before = {words: ready.run(*words, "-o", "json").stdout for words in (("where",), ("drift",))}
    here = {"environment": "usdfdev", "application": "batch"}
    forge(ready, f"receipts/{PLACE}", EventKind.RECEIPT, altered(signed.body, place=here))
    forge(ready, f"receipts/{PLACE}", EventKind.RECEIPT, {**signed.body, "place": here})
    replay_row(ready, signed, f"receipts/{PLACE}")
    assert {words: ready.run(*words, "-o", "json").stdout for words in before} == before
    assert ready.run("receipt", "show", PLACE, WEEKLY).exit_code == 1
    where = [each for each in json.loads(before["where",]) if each["place"] == PLACE]
    assert [(each["promotion"], each["allowed"]) for each in where] == [(None, None)]
    # It is promoted, and not taken for promoted already.
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert (
        ready.events(EventKind.RECEIPT, f"receipts/{PLACE}")[-1].body["promotion"] != signed.body["promotion"]
    )


@pytest.mark.parametrize(
    "kind", [EventKind.OBSERVED, EventKind.RECEIPT, EventKind.PINNED, EventKind.RECEIVED]
)
def test_a_genuine_row_once_more_changes_no_answer(
    promoted: tuple[Site, str], answers_once: Answers, kind: str
) -> None:
    site, _ = promoted
    site.advance(hours=1)
    genuine = site.events(kind)
    assert genuine
    for event in genuine:
        replay_row(site, event)
    assert answers(site) == answers_once


def test_observations_once_more_make_no_soak(waiting: tuple[Site, str]) -> None:
    """Three hours later the same row again: it was signed for another position and time."""
    site, promotion = waiting
    seen = site.events(EventKind.OBSERVED, f"environment/{TESTSTAND}")[-1]
    site.advance(hours=3)
    replay_row(site, seen)
    assert site.run("resume", promotion).exit_code == 4
    assert "w_2023_16" not in site.committed(BASE)


def test_a_genuine_row_of_another_promotion_is_not_carried_out(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    (other, *_) = [each for each in site.events(EventKind.DONE) if each.body["step"].endswith("/claim")]
    replay_row(site, other, f"promotion/{promotion}")
    done = site.run("resume", promotion)
    assert done.exit_code == 3
    assert "does not count: wrong-position" in done.stderr


@pytest.mark.parametrize(
    "edit",
    [
        "DELETE FROM states WHERE projection != 'head'",
        "UPDATE states SET value = '[1, 2, 3]' WHERE projection = 'digests'",
        "UPDATE states SET value = replace(value, '1', '2') WHERE projection = 'digests'",
        "UPDATE states SET value = '\"text\"' WHERE projection = 'digests'",
    ],
)
def test_projections_that_were_edited_change_no_answer(
    promoted: tuple[Site, str], answers_once: Answers, edit: str
) -> None:
    site, _ = promoted
    site.advance(hours=1)
    sql(site, edit)
    assert answers(site) == answers_once


def test_a_receipt_of_another_levels_key_does_not_count(promoted: tuple[Site, str]) -> None:
    site, _ = promoted
    assert json.loads(site.ok("receipt", "show", PLACE, WEEKLY, "-o", "json"))
    site.edit(lambda text: text.replace("  usdfdev: development", "  usdfdev: commissioning"), "trust.yaml")
    site.edit(
        lambda text: text.replace(
            "  usdfdev:\n    level: development", "  usdfdev:\n    level: commissioning"
        )
    )
    assert site.run("receipt", "show", PLACE, WEEKLY).exit_code == 1


def test_the_check_of_a_ledger_tells_of_rows_that_nobody_signed(ready: Site) -> None:
    (signed,) = ready.events(EventKind.PINNED)
    assert ready.run("ledger", "verify").exit_code == 0
    replay_row(ready, signed)
    done = ready.run("ledger", "verify")
    assert done.exit_code == 1
    assert f"record at event {ready.head().size}" in done.stdout
    assert "it was signed for another position" in done.stdout


def test_rows_for_promotions_to_come_stop_none_of_them(ready: Site) -> None:
    for number in range(1, 41):
        forge(ready, f"promotion/P-{ready.head().size + number}", EventKind.REQUESTED, {})
    ready.ok("promote", WEEKLY, "--target", PLACE)
