"""Who is asked is told: once each, several in one message, and a dead receiver holds nothing up."""

import json

import pytest

from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from tests.unit.notifications.receiving import Receiving, receiving
from tests.workspace import BEFORE, PLACE, WEEKLY, Site

WAITS = ("promote", WEEKLY, "--target", "base")


@pytest.fixture
def server(ready: Site) -> Receiving:
    """A webhook that the workspace tells of everything, and a command beside it."""
    with receiving() as taken:
        notify = (
            "notify:\n"
            f"  events: {{kind: webhook, url: {taken.url!r}}}\n"
            f"  pager: {{kind: command, command: [sh, -c, 'cat >> {ready.root.parent}/told.jsonl'], "
            "events: [halted, stuck]}\n"
        )
        ready.edit(lambda text: f"{text}\n{notify}")
        ready.ok("promote", WEEKLY, "--target", "development")
        yield taken


def waiting(site: Site) -> None:
    assert site.run(*WAITS).exit_code == 4


def test_a_promotion_that_waits_is_told_once(ready: Site, server: Receiving) -> None:
    waiting(ready)
    (body,) = server.bodies
    event = json.loads(body)
    assert event["type"] == "org.lsst.ldmrelease.waiting"
    assert event["data"]["release"] == f"stack/{WEEKLY}"
    assert event["data"]["next"][-1][:2] == ["ldmrelease", "resume"]
    assert ready.run("resume", "--all").exit_code == 4
    ready.run("notify")
    assert len(server.bodies) == 1
    assert not (ready.root.parent / "told.jsonl").exists(), "it hears of halts alone"


def test_what_was_halted_is_told_to_both(ready: Site, server: Receiving) -> None:
    ready.smoke(passes=False)
    assert ready.run("promote", BEFORE, "--target", PLACE).exit_code == 1
    assert json.loads((ready.root.parent / "told.jsonl").read_text())["event"] == "halted"
    assert [json.loads(each)["type"] for each in server.bodies] == ["org.lsst.ldmrelease.halted"]


def test_a_dead_receiver_holds_nothing_up_and_hears_of_it_later(ready: Site, server: Receiving) -> None:
    server.answers = [400]
    done = ready.run(*WAITS)
    assert done.exit_code == 4
    assert "warning: events was not notified: 127.0.0.1" in done.stderr
    listed = json.loads(ready.ok("notify", "--dry-run", "--output", "json"))
    assert [each["untold"] for each in listed["notifications"]] == [["events"]]
    assert len(server.bodies) == 1
    ready.ok("notify")
    assert len(server.bodies) == 2
    listed = json.loads(ready.ok("notify", "--dry-run", "--output", "json"))
    assert [(each["told"], each["untold"]) for each in listed["notifications"]] == [(["events"], [])]


def test_a_receiver_that_stays_dead_is_said_and_exits_3(ready: Site, server: Receiving) -> None:
    server.answers = [400, 400]
    waiting(ready)
    done = ready.run("notify")
    assert done.exit_code == 3
    assert "events: 127.0.0.1" in done.stdout


def test_a_row_that_nobody_signed_silences_nobody(ready: Site, server: Receiving) -> None:
    """Whoever can write rows alone can neither tell anything nor hide anything."""
    server.answers = [400]
    waiting(ready)
    key = json.loads(ready.ok("notify", "--dry-run", "--output", "json"))["notifications"][0]["key"]
    body = {"receiver": "events", "keys": [key], "time": "2023-04-20T12:00:00Z"}
    with open_ledger(ready.root / "ledger.db", projectors=PROJECTORS) as ledger:
        row = NewEvent(EventKind.NOTIFICATIONS_SENT, "notifications", body)
        ledger.append([row], at=ready.now, actor="mallory", expect={}, blobs={})
    listed = json.loads(ready.ok("notify", "--dry-run", "--output", "json"))
    assert listed["notifications"][0]["untold"] == ["events"]


def test_a_test_goes_to_every_receiver_and_records_nothing(ready: Site, server: Receiving) -> None:
    assert ready.ok("notify", "--test") == "events: took it\npager: took it\n"
    assert json.loads(server.bodies[0])["type"] == "org.lsst.ldmrelease.test"
    assert ready.ok("notify") == "nobody has to be told of anything\n"


def test_without_receivers_there_is_nothing_to_do(ready: Site) -> None:
    done = ready.run("notify")
    assert done.exit_code == 2
    assert "has no `notify:`" in done.stderr


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{kind: pigeon}", "write one of command, webhook, slack, mail"),
        ("{kind: webhook}", "a receiver of kind webhook has url or url-from"),
        (
            "{kind: webhook, url: 'https://a/b', url-from: X}",
            "a receiver of kind webhook has url or url-from",
        ),
        ("{kind: slack, url: 'https://a/b', secret-from: X}", "a receiver of kind slack has no secret-from"),
        ("{kind: mail, server: 'smtp://h:25'}", "a receiver of kind mail has from"),
        ("{kind: webhook, url: 'https://me:secret@a/b'}", "has a user or a password in the URL"),
        (
            "{kind: command, command: [tell], events: [party]}",
            "write one of approval-needed, waiting, halted, stuck, recalled",
        ),
    ],
    ids=["kind", "no-url", "two-urls", "foreign-option", "no-sender", "credentials", "event"],
)
def test_a_bad_receiver_is_refused_where_it_stands(ready: Site, entry: str, told: str) -> None:
    file = ready.root / "ldmrelease.yaml"
    file.write_text(f"{file.read_text()}\nnotify:\n  board: {entry}\n")
    done = ready.run("workspace", "lint")
    assert done.exit_code == 1
    assert told in done.stdout
    assert "notify.board" in done.stdout


def test_a_recall_is_told_with_where_it_runs(ready: Site, server: Receiving) -> None:
    ready.ok("recall", WEEKLY, "--reason", "DM-1", "--yes")
    event = json.loads(server.bodies[0])
    assert event["type"] == "org.lsst.ldmrelease.recalled"
    assert event["data"]["places"]
    assert event["data"]["text"].startswith(
        f"stack/{WEEKLY} was recalled by release manager: DM-1; it runs at "
    )


def test_a_flood_of_rows_hides_nothing(ready: Site, server: Receiving) -> None:
    server.answers = [400]
    waiting(ready)
    with open_ledger(ready.root / "ledger.db", projectors=PROJECTORS) as ledger:
        flood = [NewEvent("nonsense", "flood", {})] * 11_000
        ledger.append(flood, at=ready.now, actor="mallory", expect={}, blobs={})
    server.answers = []
    ready.run("notify")
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("receiver", "told"),
    [
        (
            "{kind: mail, server: 'smtp://mail.lsst.org', frm: a@lsst.org}",
            "notify.board.frm: unknown key; did you mean from?",
        ),
        (
            "{kind: mail, server: 'smtp://bot:hunter2@mail.lsst.org', from: a@lsst.org}",
            "notify.board.server: has a user or a password in the URL",
        ),
    ],
    ids=["unknown-key", "password"],
)
def test_what_is_wrong_with_a_receiver_is_told_without_its_secret(
    ready: Site, receiver: str, told: str
) -> None:
    ready.edit(lambda text: f"{text}\nnotify:\n  board: {receiver}\n")
    done = ready.run("workspace", "lint")
    assert told in done.stdout + done.stderr
    assert "hunter2" not in done.stdout + done.stderr
