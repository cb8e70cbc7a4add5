"""DSSE envelopes: what we write is read back; what verifiers could read in two ways is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.predicates.summary import bundle
from ldmrelease.trust.dsse import Envelope, Malformed, Signature, pae, read_envelope, read_wrapped

KEYID = "SHA256:" + "A" * 43
KINDS = st.text(min_size=1).filter(str.isprintable)


def plain(**changes: Any) -> dict[str, Any]:
    return {"payloadType": "text/x", "payload": "aGk=", "signatures": [{"sig": "c2ln"}], **changes}


def code(source: bytes | dict[str, Any]) -> str:
    read = read_envelope(source)
    assert isinstance(read, Malformed)
    assert read.detail
    return read.code


def test_the_encoding_is_that_of_the_specification():
    # The example of the DSSE protocol document.
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected


@given(
    st.text(min_size=1).filter(lambda t: t.isprintable()), st.binary(), st.binary(min_size=1), st.booleans()
)
def test_an_envelope_is_read_back_as_it_was_written(kind, payload, signature, named):
    envelope = Envelope(kind, payload, (Signature(KEYID if named else None, signature),))
    assert read_envelope(envelope.to_bytes()) == envelope
    assert read_envelope(envelope.to_dict()) == envelope


def test_an_absent_key_id_is_left_out():
    assert "keyid" not in Envelope("t", b"p", (Signature(None, b"s"),)).to_dict()["signatures"][0]


def test_an_empty_key_id_is_an_absent_one():
    read = read_envelope(plain(signatures=[{"sig": "c2ln", "keyid": ""}]))
    assert isinstance(read, Envelope)
    assert read.signatures == (Signature(None, b"sig"),)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signatures": [{"sig": "c2ln", "keyid": "ab" * 32}]}, "bad-keyid"),
        ({"signatures": [{"sig": "c2ln", "keyid": KEYID + "="}]}, "bad-keyid"),
        ({"signatures": [{"sig": "c2ln", "keyid": 7}]}, "bad-keyid"),
        ({"signatures": [{"sig": "c2ln"}, {"sig": "c2ln"}]}, "several-signatures"),
        ({"signatures": []}, "unsigned"),
        ({"signatures": None}, "unsigned"),
        ({"signatures": [{"sig": ""}]}, "unsigned"),
        ({"signatures": {"sig": "c2ln"}}, "malformed"),
        ({"signatures": ["c2ln"]}, "malformed"),
        ({"signatures": [{"sig": "c2ln", "cert": "x"}]}, "unknown-field"),
        ({"signatures": [{"sig": 1}]}, "malformed"),
        ({"extra": 1}, "unknown-field"),
        ({"payload": "aGk"}, "bad-base64"),
        ({"payload": "aG k="}, "bad-base64"),
        ({"payload": "aGl="}, "bad-base64"),
        ({"payload": "_-8="}, "bad-base64"),
        ({"payload": "ä"}, "bad-base64"),
        ({"payload": None}, "malformed"),
        ({"payloadType": None}, "malformed"),
        ({"payloadType": ""}, "malformed"),
    ],
)
def test_a_loose_envelope_is_refused_with_its_code(changes, expected):
    assert code(plain(**changes)) == expected
    assert code(json.dumps(plain(**changes)).encode()) == expected


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'"x"', b"1.5"])
def test_what_is_no_object_is_malformed(data):
    assert code(data) == "malformed"


def test_a_duplicate_key_is_refused():
    text = json.dumps(plain())
    twice = text[:-1] + ', "payload": "' + base64.b64encode(b"other").decode() + '"}'
    assert code(twice.encode()) == "malformed"


def test_the_envelope_of_a_bundle_is_read():
    envelope = Envelope("t", b"p", (Signature(KEYID, b"s"),))
    assert read_wrapped(bundle(envelope.to_dict(), KEYID)) == envelope
    assert read_wrapped(envelope.to_bytes()) == envelope


@pytest.mark.parametrize("data", [b"[]", b'{"dsseEnvelope": []}', b'{"dsseEnvelope": {}}', b"{"])
def test_a_broken_bundle_is_refused(data):
    assert isinstance(read_wrapped(data), Malformed)
