"""Acts and checkpoints: the actor is the signer's person; what is outside its roles has no effect."""

from __future__ import annotations

import base64
import dataclasses
import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldmrelease.domain.records import Observation, ObservedImage, Pin, Request, RunRegistration, payload_type

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE, sign_checkpoint, verify_checkpoint
from ldmrelease.trust.records import VerifiedRecord, sign_record, verify_record
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
    (IMAGE,),
    {"recommended": IMAGE},
)
CHECKPOINT = Checkpoint("l1", IMAGE, 7, IMAGE, NOON)


def code(found: object) -> str:
    assert isinstance(found, Rejected)
    return found.code


def forged(payload: object, kind: type = Pin, signer=MANAGER) -> dict:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return {"envelope": signer.sign(payload_type(kind), data).to_dict()}


@pytest.mark.parametrize(
    ("act", "signer", "person"),
    [
        (PIN, MANAGER, "ann"),
        (REQUEST, MANAGER, "ann"),
        (RUN, RUNNER, "runner@summit"),
        (OBSERVATION, RUNNER, "runner@summit"),
    ],
)
def test_an_act_is_opened_as_it_was_sealed(act, signer, person):
    body = json.loads(json.dumps(sign_record(act, signer)))
    opened = verify_record(body, type(act), ring(), at=NOON)
    assert isinstance(opened, VerifiedRecord)
    assert (opened.act, opened.person) == (act, person)
    assert opened.roles in {("manager",), ("runner-summit",)}


def test_an_act_without_an_envelope_is_unsigned():
    assert verify_record({"actor": "ann"}, Pin, ring(), at=NOON) == Rejected("unsigned")
    body = sign_record(PIN, MANAGER)
    body["envelope"]["signatures"] = []
    assert code(verify_record(body, Pin, ring(), at=NOON)) == "unsigned"


@pytest.mark.parametrize("envelope", ["text", 7, [], {"payload": 1}, b"{"])
def test_what_is_no_envelope_is_malformed(envelope):
    assert code(verify_record({"envelope": envelope}, Pin, ring(), at=NOON)) == "malformed"


def test_one_act_cannot_pass_for_another():
    found = verify_record(sign_record(PIN, MANAGER), Request, ring(), at=NOON)
    assert isinstance(found, Rejected)
    assert (found.code, found.values["found"]) == ("wrong-type", payload_type(Pin))


def test_the_key_of_ci_cannot_pin():
    found = verify_record(sign_record(PIN, CI), Pin, ring(), at=NOON)
    assert isinstance(found, Rejected)
    assert (found.code, found.values["roles"], found.values["person"]) == ("wrong-role", ["ci"], "ci")


def test_a_stranger_cannot_act():
    assert code(verify_record(sign_record(PIN, STRANGER), Pin, ring(), at=NOON)) == "unknown-key"


@pytest.mark.parametrize("act", [OBSERVATION, RUN])
def test_a_development_runner_cannot_speak_for_the_summit(act):
    found = verify_record(sign_record(act, RUNNER_DEV), type(act), ring(), at=NOON)
    assert isinstance(found, Rejected)
    assert (found.code, found.values["scope"]) == ("wrong-environment", ["usdfdev"])


def test_a_run_that_is_nowhere_widens_no_role():
    run = dataclasses.replace(RUN, environment=None)
    assert (
        code(verify_record(sign_record(run, RUNNER_DEV), RunRegistration, ring(), at=NOON))
        == "wrong-environment"
    )


def test_a_request_needs_the_role_in_every_place():
    request = dataclasses.replace(REQUEST, places=(NUBLADO, Place("usdfdev", "nublado")))
    assert code(verify_record(sign_record(request, MANAGER), Request, ring(), at=NOON)) == "wrong-environment"


def test_an_edited_act_is_a_bad_signature():
    body = sign_record(PIN, MANAGER)
    edited = canonical.encode(dataclasses.replace(PIN, tag="w_2023_17"))
    body["envelope"]["payload"] = base64.b64encode(edited).decode()
    assert code(verify_record(body, Pin, ring(), at=NOON)) == "bad-signature"


def test_an_act_from_the_future_does_not_count():
    assert isinstance(
        verify_record(sign_record(PIN, MANAGER), Pin, ring(), at=NOON - timedelta(minutes=5)), VerifiedRecord
    )
    found = verify_record(sign_record(PIN, MANAGER), Pin, ring(), at=NOON - timedelta(minutes=5, seconds=1))
    assert isinstance(found, Rejected)
    assert (found.code, found.values["claimed"]) == ("future", "2023-04-21T12:00:00Z")


def test_an_act_after_the_key_was_lost_does_not_count():
    keyring = ring(compromised_since=NOON)
    assert (
        code(verify_record(sign_record(OBSERVATION, RUNNER), Observation, keyring, at=NOON))
        == "key-compromised"
    )


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
def test_a_loose_payload_does_not_count_though_signed(changes, expected):
    assert code(verify_record(forged(canonical.to_plain(PIN) | changes), Pin, ring(), at=NOON)) == expected


def test_an_unknown_field_inside_is_found():
    plain = canonical.to_plain(OBSERVATION)
    plain["images"][0]["trusted"] = True
    assert (
        code(verify_record(forged(plain, Observation, RUNNER), Observation, ring(), at=NOON))
        == "unknown-field"
    )


def test_a_field_that_came_later_may_be_missing():
    plain = canonical.to_plain(PIN)
    del plain["reason"]
    assert isinstance(verify_record(forged(plain), Pin, ring(), at=NOON), VerifiedRecord)


@given(st.binary())
def test_no_payload_makes_it_raise(payload):
    assert code(verify_record(forged(payload), Pin, ring(), at=NOON)) == "malformed"


class TestCheckpoints:
    def test_it_is_opened_as_it_was_sealed(self):
        envelope = sign_checkpoint(CHECKPOINT, MANAGER)
        for source in (envelope.to_bytes(), envelope.to_dict()):
            opened = verify_checkpoint(source, ring(), at=NOON)
            assert isinstance(opened, VerifiedRecord)
            assert (opened.act, opened.person, opened.roles) == (CHECKPOINT, "ann", ("manager",))

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
