"""`audit verify` of what is no ledger, of files that are cut, linked, huge or edited, and of others' words in them."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from tests.unit.faces.cli.handed_copy import Handed, hand_over, wrong
from tests.unit.faces.cli.running import run
from tests.workspace import PLACE, Site


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
