"""Which kind of statement a referrer is, whatever its annotations claim."""

import base64
import json

import pytest

from ldmrelease.registry.referrer_kinds import predicate_type

STATEMENT = json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicateType": "p/v1"}).encode()
ENVELOPE = {"payloadType": "application/vnd.in-toto+json", "payload": base64.b64encode(STATEMENT).decode()}


@pytest.mark.parametrize("body", [ENVELOPE, {"mediaType": "m", "dsseEnvelope": ENVELOPE}])
def test_the_payload_says_the_type(body: object) -> None:
    assert predicate_type(json.dumps(body).encode()) == "p/v1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"payload": 1}',
        b'{"payload": "%"}',
        b'{"dsseEnvelope": null}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_statement_has_no_type(content: bytes) -> None:
    assert predicate_type(content) is None
