"""`audit verify`: an outside auditor with a copy, the trust document, and a checkpoint; and whoever edits the copy."""

import base64
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec.structs import replace

from ldmrelease.demo.play import make_workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.domain.events.evidence import ReceiptSigned
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.domain.events.promotion import PromotionHalting
from ldmrelease.domain.events.registry import new_event
from ldmrelease.ledger import open_ledger
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.log import row_hash
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.projections.registry import PROJECTORS
from tests.unit.faces.cli.running import run
from tests.workspace import PLACE, WEEKLY, Site


@pytest.fixture(scope="module")
def promoted_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A promotion that has ended with receipts, and then another observation."""
    site = ready_once.copy(tmp_path_factory.mktemp("promoted") / "workspace")
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.advance(hours=1)
    site.ok("observe")
    return site


@pytest.fixture
def promoted(promoted_once: Site, tmp_path: Path) -> Site:
    return promoted_once.copy(tmp_path / "workspace")


class Handed:
    """What an auditor was given, in a folder of his own: a copy of the ledger, the trust document, a checkpoint."""

    def __init__(self, folder: Path, ledger: str = "copy.db") -> None:
        self.folder = folder
        self.ledger = folder / ledger
        self.trust = folder / "trust.yaml"
        self.checkpoint = folder / "checkpoint.json"

    def copied(self, folder: Path) -> "Handed":
        shutil.copytree(self.folder, folder)
        return Handed(folder, self.ledger.name)

    def verified(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = run("audit", "verify", str(self.ledger), "--trust", str(self.trust), *words, "-o", "json")
        return done.exit_code, json.loads(done.stdout)

    def with_checkpoint(self) -> tuple[int, dict[str, Any]]:
        return self.verified("--checkpoint", str(self.checkpoint))

    def sql(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """Whoever edits the copy takes its guards away and puts them back, so that only the edit is there."""
        with closing(sqlite3.connect(self.ledger)) as connection, connection:
            guards = connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            ).fetchall()
            for name, _ in guards:
                connection.execute(f"DROP TRIGGER {name}")
            for statement, values in statements:
                connection.execute(statement, values)
            for _, made in guards:
                connection.execute(made)

    def rows(self) -> list[EventRow]:
        with closing(sqlite3.connect(self.ledger)) as connection:
            return [EventRow(*each) for each in connection.execute("SELECT * FROM events ORDER BY sequence")]

    def uuid(self) -> str:
        with closing(sqlite3.connect(self.ledger)) as connection:
            return str(connection.execute("SELECT value FROM meta WHERE key = 'ledger'").fetchone()[0])


def hand_over(site: Site, folder: Path, *, export: bool = False) -> Handed:
    folder.mkdir()
    given = Handed(folder, "copy.jsonl" if export else "copy.db")
    if export:
        site.ok("ledger", "export", str(given.ledger))
    else:
        with (
            closing(sqlite3.connect(site.root / "ledger.db")) as source,
            closing(sqlite3.connect(given.ledger)) as copy,
        ):
            source.backup(copy)
    site.ok("ledger", "checkpoint", "--out", str(given.checkpoint))
    shutil.copy(site.root / "trust.yaml", given.trust)
    return given


@pytest.fixture(scope="module")
def handed_once(promoted_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return hand_over(promoted_once, tmp_path_factory.mktemp("handed") / "auditor")


@pytest.fixture(scope="module")
def exported_once(promoted_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return hand_over(promoted_once, tmp_path_factory.mktemp("exported") / "auditor", export=True)


@pytest.fixture
def handed(handed_once: Handed, tmp_path: Path) -> Handed:
    return handed_once.copied(tmp_path / "auditor")


@pytest.fixture
def exported(exported_once: Handed, tmp_path: Path) -> Handed:
    return exported_once.copied(tmp_path / "auditor")


def wrong(found: dict[str, Any]) -> set[tuple[int | None, str]]:
    return {(each["event"], each["code"]) for each in found["problems"]}


@pytest.mark.parametrize("export", [False, True], ids=["file", "export"])
def test_a_genuine_copy_is_verified_without_its_workspace(
    promoted: Site, tmp_path: Path, export: bool
) -> None:
    given = hand_over(promoted, tmp_path / "auditor", export=export)
    shutil.rmtree(promoted.root)
    before = given.ledger.read_bytes()
    code, found = given.with_checkpoint()
    assert (code, found["problems"], found["problem_count"]) == (0, [], 0)
    assert found["events"] == {"number": found["size"], "good": found["size"] - 1}
    assert found["receipts"]["good"] == found["receipts"]["number"] >= 2
    assert found["statements"]["good"] == found["statements"]["number"] >= 1
    assert found["blobs"]["good"] == found["blobs"]["number"] >= 5
    assert (found["tail"], found["clock"], found["missing"]) == (0, True, 0)
    assert found["trust"] in found["adopted"]
    assert given.ledger.read_bytes() == before
    assert sorted(each.name for each in given.ledger.parent.iterdir() if each.is_file()) == sorted(
        [given.ledger.name, "checkpoint.json", "trust.yaml"]
    )


def test_what_is_not_covered_is_said(handed: Handed, promoted: Site) -> None:
    code, found = handed.verified()
    assert (code, found["tail"]) == (0, None)
    assert any("no checkpoint was given" in each for each in found["uncovered"])
    promoted.advance(hours=1)
    promoted.ok("observe")
    later = hand_over(promoted, handed.folder / "later")
    code, found = later.verified("--checkpoint", str(handed.checkpoint))
    assert code == 0
    assert found["tail"] > 0
    assert any("behind the newest checkpoint" in each for each in found["uncovered"])
    told = run("audit", "verify", str(later.ledger), "--trust", str(later.trust)).stdout
    assert told.splitlines()[-1] == "VERIFIED"


def test_a_receipt_that_was_kept_elsewhere_is_a_checkpoint(
    handed: Handed, promoted: Site, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_text(
        promoted.ok("receipt", "show", WEEKLY, "-t", PLACE, "--component", "release", "--dsse")
    )
    code, found = handed.verified("--checkpoint", str(receipt))
    assert (code, len(found["checkpoints"])) == (0, 1)
    assert 0 < found["tail"] < found["size"]


Edit = Callable[[Handed], set[tuple[int | None, str]]]
"""Edits the copy, and says what has to be told of it."""


def edit_a_body(handed: Handed) -> set[tuple[int | None, str]]:
    row = next(each for each in handed.rows() if each.kind == EventKind.REQUESTED)
    body = json.loads(row.body)
    payload = base64.b64decode(body["envelope"]["payload"]).replace(b"w.2023.16", b"w.2023.17")
    body["envelope"]["payload"] = base64.b64encode(payload).decode()
    changed = canonical.encode(body).decode()
    handed.sql(("UPDATE events SET body = ? WHERE sequence = ?", (changed, row.sequence)))
    return {(row.sequence, "hash"), (row.sequence, "bad-signature")}


def edit_a_body_and_all_hashes(handed: Handed) -> set[tuple[int | None, str]]:
    """The chain is made right again: then the signatures behind it are wrong, since each names the event before."""
    rows, uuid = handed.rows(), handed.uuid()
    at = next(each.sequence for each in rows if each.kind == EventKind.REQUESTED)
    previous = rows[at - 2].hash
    statements = []
    for row in rows[at - 1 :]:
        changed = row._replace(previous=previous, actor="mallory" if row.sequence == at else row.actor)
        previous = row_hash(uuid, changed)
        values = (changed.actor, changed.previous, previous, row.sequence)
        statements.append(("UPDATE events SET actor = ?, previous = ?, hash = ? WHERE sequence = ?", values))
    handed.sql(*statements)
    return {(at + 1, "wrong-position"), (len(rows), "fork")}


def swap_two_events(handed: Handed) -> set[tuple[int | None, str]]:
    first, second = handed.rows()[5:7]
    handed.sql(
        ("UPDATE events SET sequence = -1 WHERE sequence = ?", (first.sequence,)),
        ("UPDATE events SET sequence = ? WHERE sequence = ?", (first.sequence, second.sequence)),
        ("UPDATE events SET sequence = ? WHERE sequence = -1", (second.sequence,)),
    )
    return {(first.sequence, "hash"), (first.sequence, "chain"), (second.sequence, "hash")}


def take_one_out(handed: Handed) -> set[tuple[int | None, str]]:
    handed.sql(("DELETE FROM events WHERE sequence = 6", ()))
    return {(7, "sequence"), (7, "chain")}


def drop_the_last(handed: Handed) -> set[tuple[int | None, str]]:
    size = len(handed.rows())
    handed.sql(("DELETE FROM events WHERE sequence = ?", (size,)))
    return {(size, "cut")}


def lose_a_blob(handed: Handed) -> set[tuple[int | None, str]]:
    row = next(each for each in handed.rows() if each.kind == EventKind.DECIDED)
    payload = json.loads(base64.b64decode(json.loads(row.body)["envelope"]["payload"]))
    handed.sql(("DELETE FROM blobs WHERE digest = ?", (payload["body"]["facts"],)))
    return {(row.sequence, "missing")}


def exchange_a_blob(handed: Handed) -> set[tuple[int | None, str]]:
    handed.sql(("UPDATE blobs SET data = ? WHERE rowid = 1", (b"{}",)))
    return {(None, "blob")}


def write_an_unsigned_event(handed: Handed) -> set[tuple[int | None, str]]:
    rows, uuid = handed.rows(), handed.uuid()
    last = rows[-1]
    for body, kind in (("{}", EventKind.OBSERVED), ("{}", EventKind.CREATED)):
        row = EventRow(last.sequence + 1, last.time, "ann", kind, f"x/{kind}", 1, body, last.hash, "")
        last = row._replace(hash=row_hash(uuid, row))
        handed.sql(("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", last))
    return {(last.sequence - 1, "unsigned"), (last.sequence, "unsigned")}


def repeat_a_genuine_event(handed: Handed) -> set[tuple[int | None, str]]:
    rows, uuid = handed.rows(), handed.uuid()
    old, last = next(each for each in rows if each.kind == EventKind.PINNED), rows[-1]
    row = old._replace(
        sequence=last.sequence + 1, previous=last.hash, time=last.time, stream_version=old.stream_version + 1
    )
    handed.sql(
        ("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row._replace(hash=row_hash(uuid, row)))
    )
    return {(row.sequence, "wrong-position")}


def not_text(handed: Handed) -> set[tuple[int | None, str]]:
    handed.sql(("UPDATE events SET actor = CAST(x'ff00fe' AS TEXT) WHERE sequence = 4", ()))
    return {(4, "encoding")}


EDITS: list[Edit] = [
    edit_a_body,
    edit_a_body_and_all_hashes,
    swap_two_events,
    take_one_out,
    drop_the_last,
    lose_a_blob,
    exchange_a_blob,
    write_an_unsigned_event,
    repeat_a_genuine_event,
    not_text,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda each: each.__name__)
def test_an_edit_is_told_with_the_number_of_the_event(handed: Handed, edit: Edit) -> None:
    expected = edit(handed)
    code, found = handed.with_checkpoint()
    assert code == 1
    assert expected <= wrong(found), found["problems"]
    told = run(
        "audit",
        "verify",
        str(handed.ledger),
        "--trust",
        str(handed.trust),
        "--checkpoint",
        str(handed.checkpoint),
    )
    assert told.exit_code == 1
    assert "NOT VERIFIED" in told.stdout


def test_a_receipt_by_a_key_without_the_role_is_told(promoted: Site, tmp_path: Path) -> None:
    """A promoter, whose key may say that a receipt is there, signs it with a key of his own choice."""
    context = promoted.context()
    with context.ledger:
        events = list(context.ledger.events(kinds=[EventKind.RECEIPT]))
        body = claimed_body(events[-1], ReceiptSigned)
        assert body is not None
        payload = base64.b64decode(json.loads(context.ledger.blob(body.envelope))["payload"])
        forged = context.signers.promoter.sign("application/vnd.in-toto+json", payload).to_bytes()
        digest = context.ledger.put_blob(forged)
        context.append([new_event(replace(body, envelope=digest))])
        size = context.ledger.head().size
    code, found = hand_over(promoted, tmp_path / "auditor").verified()
    assert code == 1
    assert wrong(found) == {(size, "wrong-role")}
    assert found["problems"][0]["about"] == "receipt"
    assert found["receipts"]["number"] - found["receipts"]["good"] == 1


def test_a_genuine_receipt_for_another_place_is_told(promoted: Site, tmp_path: Path) -> None:
    context = promoted.context()
    with context.ledger:
        events = list(context.ledger.events(kinds=[EventKind.RECEIPT]))
        body = claimed_body(events[-1], ReceiptSigned)
        assert body is not None
        other = replace(body, place=replace(body.place, environment="base"))
        context.append([new_event(other)])
        size = context.ledger.head().size
    _, found = hand_over(promoted, tmp_path / "auditor").verified()
    assert {event for event, _ in wrong(found)} == {size}
    assert found["problems"][0]["about"] == "receipt"


def test_a_signed_index_of_other_events_is_told(promoted: Site, tmp_path: Path) -> None:
    """Whoever has the key of the ledger signs an index, first as it is, then with another root."""
    context = promoted.context()
    with context.ledger:
        context.sign_index(0)
        (event,) = context.ledger.events(kinds=[EventKind.INDEX_SIGNED])
        body = claimed_body(event, IndexCheckpoint)
        assert body is not None
        context.append([new_event(replace(body, keys="sha256:" + "0" * 64))])
        size = context.ledger.head().size
    code, found = hand_over(promoted, tmp_path / "auditor").verified()
    assert (code, wrong(found)) == (1, {(size, "index")})
    assert found["indexes"] == {"number": 2, "good": 1}


def test_signed_rows_behind_the_end_of_a_promotion_are_told(promoted: Site, tmp_path: Path) -> None:
    context = promoted.context()
    with context.ledger:
        end = next(iter(context.ledger.events(kinds=[EventKind.ENDED])))
        context.append([new_event(PromotionHalting(None, "aborted"), end.stream)])
        size = context.ledger.head().size
    code, found = hand_over(promoted, tmp_path / "auditor").verified()
    assert (code, wrong(found)) == (1, {(size, "after-the-end")})
    assert f"event {end.sequence}" in found["problems"][0]["sentence"]


def test_a_trust_document_of_another_workspace_knows_nobody(handed: Handed, tmp_path: Path) -> None:
    other = tmp_path / "other"
    make_workspace(other)
    handed.trust = other / "trust.yaml"
    code, found = handed.verified()
    assert code == 1
    assert found["events"]["good"] == 0
    assert found["rejected"] == {"unknown-key": found["size"] - 1}
    assert (2, "unknown-key") in wrong(found)
    assert any("of another workspace" in each for each in found["uncovered"])


def test_a_key_counts_until_it_is_compromised(handed: Handed) -> None:
    text = handed.trust.read_text()
    key = "    person: observer\n"
    assert key in text
    handed.trust.write_text(text.replace(key, f"{key}    compromised-since: '2023-04-20T12:30:00Z'\n"))
    code, found = handed.verified()
    assert code == 1
    assert set(found["rejected"]) == {"key-compromised"}
    assert 0 < found["rejected"]["key-compromised"] < found["size"]


def test_ten_lines_of_another_program_agree_about_a_signature(handed: Handed, promoted: Site) -> None:
    """DSSE v1: the signature is over `DSSEv1 LEN(type) type LEN(payload) payload`."""
    row = next(each for each in handed.rows() if each.kind == EventKind.REQUESTED)
    envelope = json.loads(row.body)["envelope"]
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    (signature,) = envelope["signatures"]
    keyring = promoted.context().keyring
    key = load_pem_public_key(keyring.find(signature["keyid"]).public_pem.encode())  # type: ignore[union-attr]
    key.verify(base64.b64decode(signature["sig"]), message, ECDSA(SHA256()))  # type: ignore[union-attr, call-arg, arg-type]
    said = json.loads(payload)
    assert (said["sequence"], said["previous"], said["stream"]) == (row.sequence, row.previous, row.stream)


def test_a_log_that_came_along_is_read(promoted: Site, tmp_path: Path) -> None:
    """Somebody copies the files of a ledger that is in use."""
    given = hand_over(promoted, tmp_path / "auditor")
    with open_ledger(promoted.root / "ledger.db", projectors=PROJECTORS) as ledger:
        ledger.append([NewEvent("test", "x", {})], at=promoted.now, actor="x")
        for each in promoted.root.glob("ledger.db*"):
            shutil.copy(each, given.ledger.parent / each.name.replace("ledger.db", "copy.db"))
        size = ledger.head().size
    code, found = given.verified()
    assert (code, found["size"], wrong(found)) == (1, size, {(size, "unsigned")})


def hostile(folder: Path, given: Handed) -> Iterator[tuple[str, Path]]:
    data = given.ledger.read_bytes()
    for name, content in {
        "empty": b"",
        "junk": os.urandom(5000),
        "text": b"hello\n",
        "json": b'{"format": "other/1"}\n',
        "brackets": b'{"format":' + b"[" * 100_000,
        "header": data[:100],
        "page": data[: 16 * 1024],
    }.items():
        (folder / name).write_bytes(content)
        yield name, folder / name
    (folder / "link").symlink_to(given.ledger)
    yield "link", folder / "link"
    os.mkfifo(folder / "pipe")
    yield "pipe", folder / "pipe"
    yield "folder", folder
    yield "nothing", folder / "nothing"
    yield "device", Path("/dev/zero")
    for name, script in {
        "tables": "CREATE TABLE events (a, b); CREATE TABLE meta (key, value)",
        "view": "CREATE VIEW events AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
    }.items():
        with closing(sqlite3.connect(folder / name)) as connection, connection:
            connection.executescript(script)
        yield name, folder / name


def test_what_is_no_ledger_is_told_plainly(handed: Handed, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name, path in hostile(folder, handed):
        done = run("audit", "verify", str(path), "--trust", str(handed.trust))
        assert done.exit_code == 3, (name, done.output)
        assert str(path) in done.stderr, name
        assert len(done.stderr.splitlines()) == 1, name


def test_a_database_that_is_cut_is_told(handed: Handed) -> None:
    data = handed.ledger.read_bytes()
    handed.ledger.write_bytes(data[: len(data) // 2])
    done = run("audit", "verify", str(handed.ledger), "--trust", str(handed.trust))
    assert done.exit_code == 3
    assert "malformed" in done.stderr


def test_a_page_that_was_overwritten_is_told(handed: Handed) -> None:
    data = bytearray(handed.ledger.read_bytes())
    at = data.rindex(b'{"envelope"')
    data[at : at + 12_000] = bytes(12_000)
    handed.ledger.write_bytes(data)
    assert handed.with_checkpoint()[0] == 1


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TRIGGER mine BEFORE INSERT ON states BEGIN SELECT 1; END",
        "CREATE VIEW mine AS SELECT * FROM events",
        "DROP INDEX events_by_kind",
        "CREATE TABLE mine (a); INSERT INTO mine VALUES (zeroblob(1000))",
    ],
)
def test_what_was_put_into_a_database_is_told_and_not_run(handed: Handed, script: str) -> None:
    with closing(sqlite3.connect(handed.ledger)) as connection, connection:
        connection.executescript(script)
    code, found = handed.with_checkpoint()
    assert (code, {each["code"] for each in found["problems"]}) == (1, {"schema"})
    assert found["events"]["good"] == found["size"] - 1


def test_a_huge_blob_is_told_and_the_rest_is_read(handed: Handed) -> None:
    handed.sql(("INSERT INTO blobs VALUES ('sha256:big', zeroblob(40000000))", ()))
    code, found = handed.with_checkpoint()
    assert (code, wrong(found)) == (1, {(None, "blob")})
    assert found["blobs"]["number"] - found["blobs"]["good"] == 1


def test_whatever_blob_is_taken_out_is_missed(promoted: Site, tmp_path: Path) -> None:
    """Every blob is named by an event, or by a decision that an event names: rows that were imported, too."""
    seen = {"time": "2020-01-01T00:00:00Z", "place": PLACE, "container": "x", "image": "x:1"}
    (tmp_path / "seen.json").write_text(json.dumps(seen))
    promoted.ok("audit", "import", "observations", str(tmp_path / "seen.json"), "--by", "others")
    given = hand_over(promoted, tmp_path / "auditor")
    with closing(sqlite3.connect(given.ledger)) as connection:
        blobs = [digest for (digest,) in connection.execute("SELECT digest FROM blobs")]
    silent = []
    for number, digest in enumerate(blobs):
        copy = given.copied(tmp_path / str(number))
        copy.sql(("DELETE FROM blobs WHERE digest = ?", (digest,)))
        code, found = copy.with_checkpoint()
        if code != 1 or found["missing"] == 0:
            silent.append(digest)
    assert blobs
    assert silent == []


def test_a_huge_event_is_told(handed: Handed) -> None:
    handed.sql(("UPDATE events SET body = ? WHERE sequence = 5", ('"' + "x" * 70_000_000 + '"',)))
    code, found = handed.with_checkpoint()
    assert code == 1
    assert (5, "unreadable") in wrong(found)


@pytest.mark.parametrize("form", ["handed", "exported"])
def test_an_event_of_very_many_values_is_told_and_not_read(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """64 MB of empty lists are gigabytes once they are read."""
    given: Handed = request.getfixturevalue(form)
    body = '{"a":[' + "[]," * 200_000 + "[]]}"
    if form == "exported":
        lines = lines_of(given)
        given.ledger.write_bytes(b"".join([*lines[:5], body.encode() + b"\n", *lines[5:]]))
    else:
        given.sql(("UPDATE events SET body = ? WHERE sequence = 5", (body,)))
    read = canonical.parse_exactly

    def parsed(data: bytes) -> Any:
        assert len(data) < len(body)
        return read(data)

    monkeypatch.setattr(canonical, "parse_exactly", parsed)
    code, found = given.with_checkpoint()
    assert code == 1
    assert any("at most 100000 values" in each["sentence"] for each in found["problems"])


def test_a_trust_document_or_a_key_of_any_size_is_not_read_to_its_end(handed: Handed) -> None:
    """Either may be a link to what has no end."""
    with (handed.folder / "endless").open("wb") as file:
        file.truncate(20_000_000)
    written = handed.trust.read_text()
    begin = written.index("public: |")
    end = written.index("-----END PUBLIC KEY-----", begin) + len("-----END PUBLIC KEY-----")
    handed.trust.write_text(f"{written[:begin]}public: endless{written[end:]}")
    words = ("audit", "verify", str(handed.ledger), "--trust", str(handed.trust))
    told = run(*words)
    assert (told.exit_code, "endless has more than 1000000 bytes" in told.stderr) == (2, True), told.stderr
    handed.trust.unlink()
    handed.trust.symlink_to("endless")
    told = run(*words)
    assert (told.exit_code, "more than 1000000 bytes" in told.stderr) == (2, True), told.stderr


def lines_of(handed: Handed) -> list[bytes]:
    return handed.ledger.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda lines: lines[:-1], "unreadable"),
        (lambda lines: [*lines[:3], *lines[4:]], "sequence"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "chain"),
        (lambda lines: [*lines[:3], b"junk\n", *lines[3:]], "unreadable"),
        (lambda lines: [*lines[:3], b"[" * 100_000 + b"\n", *lines[3:]], "unreadable"),
        (lambda lines: [*lines[:3], b'{"event":{"sequence":"x"}}\n', *lines[3:]], "unreadable"),
        (lambda lines: [*lines[:3], b'{"blob":{"digest":5,"data":7}}\n', *lines[3:]], "unreadable"),
        (lambda lines: [*lines, b'{"blob":{"data":"","digest":"x"}}\n'], "unreadable"),
        (lambda lines: [*lines[:3], lines[3].replace(b'"actor":"', b'"actor":"x'), *lines[4:]], "hash"),
    ],
)
def test_an_export_that_was_edited_is_told(
    exported: Handed, change: Callable[[list[bytes]], list[bytes]], code: str
) -> None:
    given = exported
    given.ledger.write_bytes(b"".join(change(lines_of(given))))
    exit_code, found = given.with_checkpoint()
    assert exit_code == 1
    assert code in {each["code"] for each in found["problems"]}


def test_text_of_others_is_inert(handed: Handed) -> None:
    handed.sql(("UPDATE meta SET value = ? WHERE key = 'ledger'", ("\x1b[2J<b>\u202e",)))
    told = run("audit", "verify", str(handed.ledger), "--trust", str(handed.trust)).stdout
    assert "\x1b[2J" not in told
    assert "\u202e" not in told


def test_a_trust_document_that_is_none_is_a_mistake(handed: Handed, tmp_path: Path) -> None:
    handed.trust.write_text("version: 1\n")
    assert handed.verified()[0] == 2
    (tmp_path / "big").write_bytes(bytes(5_000_000))
    handed.trust.unlink()
    assert handed.verified()[0] == 2


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"junk", b'{"payload":"e30=","payloadType":"x","signatures":[]}']
)
def test_a_checkpoint_that_is_none_is_told(handed: Handed, content: bytes) -> None:
    handed.checkpoint.write_bytes(content)
    code, found = handed.with_checkpoint()
    assert code == 1
    assert [each["about"] for each in found["problems"]] == [str(handed.checkpoint)]
    assert found["tail"] is None
