"""Records and checkpoints: the actor is the signer's person; what is outside its roles has no effect."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint, Event, event_hash
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.interface import Position
from ldmrelease.trust import records as records_module
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE, sign_checkpoint, verify_checkpoint
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import (
    RECORD_TYPE,
    EventRecord,
    Records,
    VerifiedRecord,
    sign_record,
)
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected
from tests.unit.trust.trust_samples import CI, IMAGE, MANAGER, NOON, RUNNER, RUNNER_DEV, STRANGER, ring

NUBLADO = Place("summit", "nublado")
PIN = Pin("rsp", "w_2023_16", IMAGE, IMAGE, 1, True, None, NOON)
REQUEST = Request("p1", Intent.PROMOTE, "rsp", "w_2023_16", IMAGE, "summit", (NUBLADO,), NOON)
RUN = RunRegistration("r1", "smoke", IMAGE, "summit", None, (IMAGE,), NOON, NOON + timedelta(hours=1))
OBSERVATION = Observation(
    NUBLADO,
    NOON,
    "committed",
    "abc",
    (ObservedImage("rsp", "lab", IMAGE, "w_2023_16", True),),
    {"recommended": IMAGE},
)
CHECKPOINT = Checkpoint("l1", IMAGE, 7, IMAGE, NOON)


GENESIS = "sha256:" + "0" * 64
PREVIOUS = "sha256:" + "1" * 64


def code(found: object) -> str:
    assert isinstance(found, Rejected)
    return found.code


def signed(body: Any, signer: Signer, *, at: datetime = NOON, **changes: Any) -> Event:
    """An event as a ledger has it that signs what it appends; `changes` are to what was signed."""
    new = new_event(body, promotion_stream("p1"))
    there = Position("u", GENESIS, 9, PREVIOUS, spell(at), new.stream, 3, str(new.kind))
    said = sign_record(there._replace(**changes), body, signer)
    return hashed(Event("u", 9, at, "ann", str(new.kind), new.stream, 3, said, PREVIOUS, ""))


def hashed(event: Event) -> Event:
    return replace(event, hash=event_hash(event))


def forged(body: object, kind: type = Pin, signer: Signer = MANAGER, version: object = 1) -> Event:
    """Well bound and signed, with a body that may be anything."""
    event = signed(PIN if kind is Pin else OBSERVATION, signer)
    payload = json.loads(base64.b64decode(event.body["envelope"]["payload"]))
    said = {**payload, "body": body, "version": version}
    data = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hashed(replace(event, body={"envelope": signer.sign(RECORD_TYPE, data).to_dict()}))


def verified(event: Event, keyring: Keyring | None = None) -> EventRecord[Any] | Rejected:
    return Records(GENESIS, keyring or ring()).verify(event)


@pytest.mark.parametrize(
    ("body", "signer", "person"),
    [
        (PIN, MANAGER, "ann"),
        (REQUEST, MANAGER, "ann"),
        (RUN, RUNNER, "runner@summit"),
        (OBSERVATION, RUNNER, "runner@summit"),
    ],
)
def test_a_record_is_read_as_it_was_signed(body, signer, person):
    event = signed(body, signer)
    found = verified(event)
    assert isinstance(found, EventRecord)
    assert (found.body, found.person, found.event) == (body, person, event)
    assert found.roles in {("manager",), ("runner-summit",)}


def test_an_event_without_an_envelope_is_unsigned():
    event = signed(PIN, MANAGER)
    assert verified(replace(event, body={"actor": "ann"})) == Rejected("unsigned")
    event.body["envelope"]["signatures"] = []
    assert code(verified(event)) == "unsigned"


@pytest.mark.parametrize("envelope", ["text", 7, [], {"payload": 1}])
def test_what_is_no_envelope_is_malformed(envelope):
    event = replace(signed(PIN, MANAGER), body={"envelope": envelope})
    assert code(verified(event)) == "malformed"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("genesis", PREVIOUS, "wrong-ledger"),
        ("sequence", 8, "wrong-position"),
        ("version", 2, "wrong-position"),
        ("previous", GENESIS, "wrong-position"),
        ("time", "2023-04-21T12:00:01Z", "wrong-position"),
        ("stream", "release/rsp/w_2023_15", "wrong-stream"),
        ("kind", "promotion.requested", "wrong-kind"),
    ],
)
def test_a_record_counts_where_it_was_signed_for_and_nowhere_else(name, value, expected):
    found = verified(signed(PIN, MANAGER, **{name: value}))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["signed"]) == (expected, value)


def test_a_body_belongs_in_one_stream():
    """Whoever may sign for one place cannot speak in the stream of another, though bound to it."""
    event = signed(OBSERVATION, RUNNER, stream="environment/base/nublado")
    found = verified(replace(event, stream="environment/base/nublado"))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["signed"]) == ("wrong-stream", "environment/summit/nublado")


def test_a_statement_is_not_a_record():
    event = signed(PIN, MANAGER)
    envelope = MANAGER.sign("application/vnd.ldmrelease.pin.v1+json", canonical.encode(PIN)).to_dict()
    found = verified(replace(event, body={"envelope": envelope}))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["expected"]) == ("wrong-type", RECORD_TYPE)


def test_one_kind_cannot_pass_for_another():
    records = Records(GENESIS, ring())
    assert code(records.read(signed(PIN, MANAGER), Request)) == "wrong-kind"
    assert code(records.read(None, Request)) == "unsigned"
    assert list(records.counted([signed(PIN, MANAGER)], Request)) == []
    assert [each.body for each in records.counted([signed(PIN, MANAGER)], Pin)] == [PIN]


@pytest.mark.parametrize("version", [2, 0, "1", None, True])
def test_a_version_that_is_not_known_does_not_count(version):
    assert code(verified(forged(canonical.to_plain(PIN), version=version))) == "wrong-kind"


def test_an_envelope_is_verified_once(monkeypatch):
    asked = []
    real = records_module.verify
    monkeypatch.setattr(records_module, "verify", lambda *a, **k: asked.append(1) or real(*a, **k))
    records, event = Records(GENESIS, ring()), signed(PIN, MANAGER)
    assert records.verify(event) is records.verify(replace(event))
    assert len(asked) == 1


def test_the_key_of_ci_cannot_pin():
    found = verified(signed(PIN, CI))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["roles"], found.values["person"]) == ("wrong-role", ["ci"], "ci")


def test_a_stranger_cannot_act():
    assert code(verified(signed(PIN, STRANGER))) == "unknown-key"


@pytest.mark.parametrize("body", [OBSERVATION, RUN])
def test_a_development_runner_cannot_speak_for_the_summit(body):
    found = verified(signed(body, RUNNER_DEV))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["scope"]) == ("wrong-environment", ["usdfdev"])


def test_a_run_that_is_nowhere_widens_no_role():
    run = replace(RUN, environment=None)
    assert code(verified(signed(run, RUNNER_DEV))) == "wrong-environment"


def test_a_request_needs_the_role_in_every_place():
    request = replace(REQUEST, places=(NUBLADO, Place("usdfdev", "nublado")))
    assert code(verified(signed(request, MANAGER))) == "wrong-environment"


def test_an_edited_record_is_a_bad_signature():
    event = signed(PIN, MANAGER)
    payload = json.loads(base64.b64decode(event.body["envelope"]["payload"]))
    payload["body"]["tag"] = "w_2023_17"
    event.body["envelope"]["payload"] = base64.b64encode(canonical.encode(payload)).decode()
    assert code(verified(event)) == "bad-signature"


def test_a_record_from_the_future_does_not_count():
    assert isinstance(verified(signed(PIN, MANAGER, at=NOON - timedelta(minutes=5))), EventRecord)
    found = verified(signed(PIN, MANAGER, at=NOON - timedelta(minutes=5, seconds=1)))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["claimed"]) == ("future", "2023-04-21T12:00:00Z")


def test_a_record_after_the_key_was_lost_does_not_count():
    keyring = ring(compromised_since=NOON)
    assert code(verified(signed(OBSERVATION, RUNNER), keyring)) == "key-compromised"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"approved": True}, "unknown-field"),
        ({"time": "2023-04-21T14:00:00+02:00"}, "malformed"),
        ({"time": "2023-04-21T12:00:00"}, "malformed"),
        ({"revision": "1"}, "malformed"),
        ({"revision": 1.0}, "malformed"),
        ({"tag": None}, "malformed"),
        ({"tag": "\ud800"}, "malformed"),
    ],
)
def test_a_loose_body_does_not_count_though_signed(changes, expected):
    assert code(verified(forged(canonical.to_plain(PIN) | changes))) == expected


def test_an_unknown_field_inside_is_found():
    plain = canonical.to_plain(OBSERVATION)
    plain["images"][0]["trusted"] = True
    assert code(verified(forged(plain, Observation, RUNNER))) == "unknown-field"


def test_a_field_that_came_later_may_be_missing():
    plain = canonical.to_plain(PIN)
    del plain["reason"]
    assert isinstance(verified(forged(plain)), EventRecord)


@given(st.binary())
def test_no_payload_makes_it_raise(payload):
    event = signed(PIN, MANAGER)
    body = {"envelope": MANAGER.sign(RECORD_TYPE, payload).to_dict()}
    assert code(verified(hashed(replace(event, body=body)))) == "malformed"


class TestCheckpoints:
    def test_it_is_opened_as_it_was_sealed(self):
        envelope = sign_checkpoint(CHECKPOINT, MANAGER)
        for source in (envelope.to_bytes(), envelope.to_dict()):
            opened = verify_checkpoint(source, ring(), at=NOON)
            assert isinstance(opened, VerifiedRecord)
            assert (opened.body, opened.person, opened.roles) == (CHECKPOINT, "ann", ("manager",))

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (sign_checkpoint(CHECKPOINT, RUNNER).to_bytes(), "wrong-role"),
            (sign_checkpoint(CHECKPOINT, STRANGER).to_bytes(), "unknown-key"),
            (MANAGER.sign(CHECKPOINT_TYPE, b"{}").to_bytes(), "malformed"),
            (MANAGER.sign("text/x", canonical.encode(CHECKPOINT)).to_bytes(), "wrong-type"),
            (b"{}", "malformed"),
        ],
    )
    def test_another_does_not_count(self, data, expected):
        assert code(verify_checkpoint(data, ring(), at=NOON)) == expected

    def test_one_from_the_future_does_not_count(self):
        data = sign_checkpoint(CHECKPOINT, MANAGER).to_bytes()
        assert (
            code(verify_checkpoint(data, ring(), at=datetime.fromisoformat("2023-04-21T11:00Z"))) == "future"
        )
