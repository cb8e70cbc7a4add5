"""A whole ledger is verified with its signatures: a quick look finds what holds, a close one what does not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import log
from ldmrelease.ledger.interface import EventRow, Position
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.services.record_check import RecordCheck, verify_ledger
from ldmrelease.trust.dsse import Envelope, read_envelope
from ldmrelease.trust.keyring import Key, Keyring, Role, make_key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.records import sign_record
from ldmrelease.trust.signer import Signer, generate

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)
SIGNERS = {kind: generate(kind) for kind in KeyKind}
P256 = SIGNERS[KeyKind.P256]
PLACES = [Place("summit", name) for name in ("a", "bb", "ccc", "naïve")]


def keyring(*signers: Signer, **times: datetime) -> Keyring:
    role = Role("observer", ("observation",), ("*",), ("*",))
    began = times.pop("not_before", datetime(2020, 1, 1, tzinfo=UTC))
    keys = [
        make_key(str(n), each.public_pem, "me", roles=["observer"], not_before=began, **times)
        for n, each in enumerate(signers)
    ]
    return Keyring(tuple(keys), (role,))


RING = keyring(*SIGNERS.values())


def signing(signer: Signer) -> Callable[[Position, Any], dict[str, Any]]:
    return lambda there, body: sign_record(there, body, signer)


def filled(signer: Signer = P256) -> MemoryLedger:
    """A ledger with an observation of each place, so that the base64 has each of its endings."""
    ledger = MemoryLedger.created(at=NOON, actor="me")
    for place in PLACES:
        seen = new_event(Observation(place, NOON, "committed", "1" * 40, ()))
        ledger.append([seen], at=NOON, actor="me", sign=signing(signer))
    return ledger


def rows(ledger: MemoryLedger) -> list[EventRow]:
    return [log.row_of(canonical.to_plain(each)) for each in ledger.events()]


def again(ledger: MemoryLedger, changed: EventRow) -> MemoryLedger:
    """The ledger as somebody rewrites it who has the file: one event is another, and the chain is right."""
    forged: list[EventRow] = []
    for row in rows(ledger):
        own = changed if row.sequence == changed.sequence else row
        own = own._replace(previous=forged[-1].hash if forged else "")
        forged.append(own._replace(hash=log.row_hash(ledger.uuid, own)))
    return MemoryLedger(ledger.uuid, forged)


def found(ledger: MemoryLedger, ring: Keyring = RING) -> list[tuple[str, str, str]]:
    return [
        (each.code, each.where, each.found)
        for each in verify_ledger(ledger, ring, None, lambda found: found.code)
    ]


@pytest.mark.parametrize("kind", KeyKind)
def test_what_was_signed_where_it_stands_holds_at_a_quick_look(kind: KeyKind) -> None:
    ledger = filled(SIGNERS[kind])
    check = RecordCheck(ledger.genesis, RING)
    assert [check.holds(each) for each in rows(ledger)] == [False, *[True] * len(PLACES)]
    assert found(ledger) == []


def body_of(row: EventRow, change: Callable[[dict[str, Any]], object]) -> EventRow:
    body = json.loads(row.body)
    change(body)
    return row._replace(body=canonical.encode(body).decode())


def left_over_bits(text: str) -> str:
    """The same bytes in another spelling."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip("=")
    assert bare != text
    return bare[:-1] + letters[letters.index(bare[-1]) + 1] + "=" * (len(text) - len(bare))


def loosen(body: dict[str, Any]) -> None:
    (signature,) = body["envelope"]["signatures"]
    signature["sig"] = left_over_bits(signature["sig"])


CHANGES: dict[str, tuple[Callable[[EventRow], EventRow], str]] = {
    "the signature": (
        lambda row: body_of(row, lambda body: body["envelope"]["signatures"][0].update(sig="QUJD")),
        "bad-signature",
    ),
    "no key id": (
        lambda row: body_of(
            row, lambda body: body["envelope"]["signatures"][0].update(keyid="SHA256:" + "A" * 43)
        ),
        "unknown-key",
    ),
    "two signatures": (
        lambda row: body_of(
            row, lambda body: body["envelope"].update(signatures=body["envelope"]["signatures"] * 2)
        ),
        "several-signatures",
    ),
    "another payload type": (
        lambda row: body_of(row, lambda body: body["envelope"].update(payloadType="text/plain")),
        "wrong-type",
    ),
    "loose base64": (lambda row: body_of(row, loosen), "bad-base64"),
    "nothing signed": (lambda row: row._replace(body='{"envelope":null}'), "unsigned"),
    "no envelope": (lambda row: row._replace(body="{}"), "unsigned"),
    "another time": (lambda row: row._replace(time="2023-04-20T12:00:01Z"), "wrong-position"),
    "another stream": (lambda row: row._replace(stream="x", stream_version=1), "wrong-stream"),
    "another kind": (lambda row: row._replace(kind=str(EventKind.PINNED)), "wrong-kind"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_rewrites_the_chain_is_found(change: str) -> None:
    # A signature of 64 bytes, whose base64 always has left-over bits.
    ledger = filled(SIGNERS[KeyKind.ED25519])
    change_row, code = CHANGES[change]
    last = rows(ledger)[-1]
    forged = again(ledger, change_row(last))
    assert found(forged) == [("record", "event 5", code)]


def test_a_record_that_stands_elsewhere_is_found() -> None:
    """Moved along with its envelope, in this ledger or into another."""
    ledger = filled()
    copied = rows(ledger)[2]
    other = filled()
    assert {each for each, _, _ in found(again(ledger, rows(ledger)[-1]._replace(body=copied.body)))} == {
        "record"
    }
    last = rows(other)[-1]._replace(body=rows(ledger)[-1].body)
    assert ("record", "event 5", "wrong-ledger") in found(again(other, last))


@pytest.mark.parametrize(
    ("ring", "code"),
    [
        (keyring(), "unknown-key"),
        (keyring(P256, not_before=datetime(2023, 5, 1, tzinfo=UTC)), "key-not-yet-valid"),
        (keyring(P256, not_after=datetime(2023, 4, 1, tzinfo=UTC)), "key-expired"),
        (keyring(P256, compromised_since=datetime(2023, 4, 1, tzinfo=UTC)), "key-compromised"),
    ],
)
def test_a_key_that_did_not_count_then_is_found(ring: Keyring, code: str) -> None:
    assert found(filled(), ring) == [("record", f"event {number}", code) for number in (2, 3, 4, 5)]


def test_an_unsigned_event_of_a_kind_that_is_signed_is_found() -> None:
    ledger = filled()
    ledger.append(
        [NewEvent(EventKind.OBSERVED, "x", {}), NewEvent("note", "x", {})], at=NOON, actor="mallory"
    )
    assert found(ledger) == [("record", "event 6", "unsigned"), ("record", "event 7", "unsigned")]


def test_a_key_that_may_not_sign_such_records_is_found() -> None:
    ring = Keyring(RING.keys, (Role("observer", ("pin",), ("*",), ("*",)),))
    assert {code for _, _, code in found(filled(), ring)} == {"wrong-role"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda said: said.replace(b',"kind":', b',"more":1,"kind":', 1), "malformed"),
        (lambda said: said.replace(b'{"body":', b'{"body":null,"body":', 1), "malformed"),
        (lambda said: said.replace(b'"version":1', b'"version":99'), "wrong-kind"),
        (lambda said: said.replace(b'"version":1', b'"version":01'), "malformed"),
        (lambda said: said.replace(b'"version":1', b'"version":1 '), "malformed"),
    ],
)
def test_nothing_hides_beside_what_was_signed(change: Callable[[bytes], bytes], code: str) -> None:
    """Whoever has a key signs a record with other fields than its own."""
    ledger = filled()

    def sign(there: Position, body: Any) -> dict[str, Any]:
        read = read_envelope(sign_record(there, body, P256)["envelope"])
        assert isinstance(read, Envelope)
        said = change(read.payload)
        assert said != read.payload
        return {"envelope": P256.sign(read.payload_type, said).to_dict()}

    seen = new_event(Observation(PLACES[0], NOON, "committed", "1" * 40, ()))
    ledger.append([seen], at=NOON, actor="me", sign=sign)
    assert found(ledger) == [("record", "event 6", code)]


def test_a_key_of_fractions_of_a_second_counts_from_them_on() -> None:
    late, early = (
        Key("0", P256.keyid, P256.public_pem, "me", ("observer",), NOON.replace(microsecond=each))
        for each in (1, 0)
    )
    assert {code for _, _, code in found(filled(), Keyring((late,), RING.roles))} == {"key-not-yet-valid"}
    assert found(filled(), Keyring((early,), RING.roles)) == []
