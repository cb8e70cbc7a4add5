"""`audit verify`: an outside auditor with a copy, the trust document, and a checkpoint; and whoever edits the copy."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec.structs import replace

from ldmrelease.demo.play import make_workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.evidence import ReceiptSigned
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.domain.events.promotion import PromotionHalting
from ldmrelease.domain.events.registry import new_event
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.log import row_hash
from ldmrelease.projections.claimed import claimed_body
from tests.unit.faces.cli.handed_copy import Handed, hand_over, wrong
from tests.unit.faces.cli.running import run
from tests.workspace import PLACE, WEEKLY, Site


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
