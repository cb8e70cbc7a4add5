"""Rows of the table of negative tests that are about signatures, each test named after its row: what our writer cannot
emit, what our reader does not count, and the reason that it names.
"""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.events import Event
from ldmrelease.domain.events.acts import Approval, Hold, HoldKind, HoldLifted, Review, Waiver
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.statements import PAYLOAD_TYPE, Subject, write_statement
from ldmrelease.domain.times import spell
from ldmrelease.ledger.interface import Position
from ldmrelease.trust.dsse import Envelope, read_envelope
from ldmrelease.trust.keyring import Keyring, Role, make_key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.records import EventRecord, Records, sign_record
from ldmrelease.trust.signer import InAgent, Signer, generate, load_signer
from ldmrelease.trust.verify import Rejected
from tests.unit.trust.agents import agent, honest
from tests.unit.trust.test_records import GENESIS, PREVIOUS, hashed
from tests.unit.trust.trust_samples import (
    BIRTH,
    CI,
    IMAGE,
    NOON,
    RUNNER,
    RUNNER_DEV,
    fact,
    payload,
    result_predicate,
    signed,
)

BOARD = generate(KeyKind.ED25519)
LATER = NOON + timedelta(days=1)

ACTS: dict[str, Any] = {
    "approval": Approval("A-1", "rsp", "w.2023.16", IMAGE, "summit", (), NOON, LATER),
    "waiver": Waiver(
        "W-1",
        "rsp",
        "w.2023.16",
        IMAGE,
        "summit",
        "smoke",
        IMAGE,
        Outcome.FAILED,
        ("butler",),
        NOON,
        LATER,
        "known",
    ),
    "hold": Hold("H-1", HoldKind.FREEZE, ("summit",), NOON, "the mirror is out"),
    "lift": HoldLifted("H-1", ("summit",), NOON, "it is back"),
    "review": Review("P-1", "summit", NOON, True, "it was right"),
}
BOARDS = Role("board", tuple(ACTS), ("summit",), ("*",))
CIS = Role("ci", ("provenance", "sbom"), ("*",), ("*",))
DEV = Role("board-dev", tuple(ACTS), ("usdfdev",), ("*",))


def ring(**changes: Any) -> Keyring:
    """The board, the CI, and somebody who may act elsewhere; `changes` are to the board's key."""
    board = {"roles": ("board",), "not_before": BIRTH, **changes}
    return Keyring(
        (
            make_key("grace", BOARD.public_pem, "Grace Hopper", **board),
            make_key("ci", CI.public_pem, "ci", roles=("ci",), not_before=BIRTH),
            make_key("dev", RUNNER_DEV.public_pem, "dev", roles=("board-dev",), not_before=BIRTH),
        ),
        (BOARDS, CIS, DEV),
    )


def act(body: Any, signer: Signer = BOARD, at: Any = NOON) -> Event:
    """An event of an act, taken in at a time."""
    new = new_event(body)
    there = Position("u", GENESIS, 9, PREVIOUS, spell(at), new.stream, 3, str(new.kind))
    said = sign_record(there, body, signer)
    return hashed(Event("u", 9, at, "grace", str(new.kind), new.stream, 3, said, PREVIOUS, ""))


def judged(event: Event, keyring: Keyring) -> EventRecord[Any] | Rejected:
    return Records(GENESIS, keyring).verify(event)


def refused(event: Event, keyring: Keyring) -> Rejected:
    found = judged(event, keyring)
    assert isinstance(found, Rejected)
    return found


every_act = pytest.mark.parametrize("body", ACTS.values(), ids=ACTS)


@every_act
def test_an_act_in_its_role_counts(body: Any) -> None:
    """What the rows below change is all that is wrong there."""
    found = judged(act(body), ring())
    assert isinstance(found, EventRecord)
    assert (found.person, found.roles) == ("Grace Hopper", ("board",))


# The CI key signs an approval; a dev runner speaks for the summit; intake after notAfter or compromisedSince; a future
# time: not counted, with role, scope, time named.


@every_act
def test_the_ci_key_signs_an_approval(body: Any) -> None:
    found = refused(act(body, CI), ring())
    assert (found.code, found.values["roles"], found.values["person"]) == ("wrong-role", ["ci"], "ci")


@every_act
def test_somebody_of_development_speaks_for_the_summit(body: Any) -> None:
    found = refused(act(body, RUNNER_DEV), ring())
    assert (found.code, found.values["scope"]) == ("wrong-environment", ["usdfdev"])
    assert found.values["environments"] == ["summit"]


@every_act
def test_intake_after_not_after(body: Any) -> None:
    """The claim is of before; the intake decides."""
    found = refused(act(body, at=NOON), ring(not_after=NOON - timedelta(seconds=1)))
    assert found.code == "key-expired"
    assert "2023-04-21T11:59:59Z" in map(str, found.values.values())
    assert isinstance(judged(act(body, at=NOON), ring(not_after=NOON + timedelta(seconds=1))), EventRecord)


@every_act
def test_intake_after_compromised_since(body: Any) -> None:
    found = refused(act(body, at=NOON), ring(compromised_since=NOON))
    assert found.code == "key-compromised"
    assert "2023-04-21T12:00:00Z" in map(str, found.values.values())
    assert isinstance(
        judged(act(body, at=NOON), ring(compromised_since=NOON + timedelta(seconds=1))), EventRecord
    )


@every_act
def test_a_future_time(body: Any) -> None:
    found = refused(act(body, at=NOON - timedelta(minutes=5, seconds=1)), ring())
    assert (found.code, found.values["claimed"]) == ("future", "2023-04-21T12:00:00Z")


def test_a_future_time_of_a_check_is_errored() -> None:
    found = fact(signed(result_predicate()), received=NOON - timedelta(minutes=5), now=NOON)
    assert (found.counted, found.code, found.result) == (False, "future", "ERRORED")


# Hex keyid, two signatures, unknown subject field, duplicate key, non-hex digest: our writer cannot emit it; our
# reader: not counted, reason named.


def with_envelope(event: Event, envelope: Any) -> Event:
    return hashed(replace(event, body={"envelope": envelope}))


@every_act
def test_a_hex_keyid(body: Any) -> None:
    event = act(body)
    envelope = event.body["envelope"]
    envelope["signatures"][0]["keyid"] = "ab" * 32
    assert refused(with_envelope(event, envelope), ring()).code == "bad-keyid"


@every_act
def test_two_signatures(body: Any) -> None:
    event = act(body)
    envelope = event.body["envelope"]
    envelope["signatures"] *= 2
    assert refused(with_envelope(event, envelope), ring()).code == "several-signatures"


@every_act
def test_a_duplicate_key(body: Any) -> None:
    event = act(body)
    envelope = event.body["envelope"]
    said = base64.b64decode(envelope["payload"])
    twice = said.replace(b'"body":{', b'"body":{},"body":{', 1)
    assert twice != said
    resigned = BOARD.sign(envelope["payloadType"], twice).to_dict()
    assert refused(with_envelope(event, resigned), ring()).code == "malformed"


@every_act
def test_an_unknown_field(body: Any) -> None:
    event = act(body)
    envelope = event.body["envelope"]
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["body"]["approved"] = True
    data = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    resigned = BOARD.sign(envelope["payloadType"], data).to_dict()
    assert refused(with_envelope(event, resigned), ring()).code == "unknown-field"


@pytest.mark.parametrize(
    "digest", ["sha256:" + "G" * 64, "sha256:" + "A" * 64, "sha256:ab", "sha256", "", "md5:" + "a" * 32]
)
def test_our_writer_emits_no_digest_that_is_not_hex(digest: str) -> None:
    with pytest.raises(ValueError, match="no statement"):
        write_statement("https://example.org/x", (Subject("x", digest),), {})


@pytest.mark.parametrize("subjects", [(), (Subject("x", IMAGE),) * 1025], ids=["none", "too many"])
def test_our_writer_emits_no_statement_about_nothing_or_about_too_much(subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(ValueError, match="no statement"):
        write_statement("https://example.org/x", subjects, {})


@given(st.binary(max_size=200), st.sampled_from([BOARD, CI, RUNNER]))
def test_our_writer_emits_one_signature_with_a_fingerprint(said: bytes, signer: Signer) -> None:
    envelope = signer.sign("text/x", said)
    assert read_envelope(envelope.to_bytes()) == envelope
    [signature] = envelope.signatures
    assert signature.keyid == signer.keyid
    assert signer.keyid.startswith("SHA256:")


@pytest.mark.parametrize("signer", [BOARD, CI], ids=["ed25519", "p256"])
def test_so_it_does_with_a_key_of_an_agent(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        monkeypatch.setenv("SSH_AUTH_SOCK", stack.enter_context(agent(honest((signer, "me")))))
        held = load_signer(InAgent("me"))
        envelope = held.sign("text/x", b"said")
        assert isinstance(read_envelope(envelope.to_bytes()), Envelope)
        assert [each.keyid for each in envelope.signatures] == [signer.keyid]
        found = judged(act(ACTS["approval"], held), ring())
    assert isinstance(found, EventRecord) == (signer is BOARD)


def test_a_statement_with_a_duplicate_key_is_not_counted() -> None:
    text = payload(result_predicate()).replace(b'{"_type"', b'{"predicateType":"x","_type"', 1)
    found = fact(RUNNER.sign(PAYLOAD_TYPE, text))
    assert (found.counted, found.code) == (False, "malformed")
