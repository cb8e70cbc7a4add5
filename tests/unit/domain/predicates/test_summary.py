"""Receipts and bundles: exactly the bytes that cosign and slsa-verifier were seen to accept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.events import Head
from ldmrelease.domain.images import PlatformImage
from ldmrelease.domain.predicates.summary import (
    TYPE,
    Input,
    Receipt,
    Resource,
    bundle,
    bundle_annotations,
    write_receipt,
)
from ldmrelease.domain.statements import PAYLOAD_TYPE, Statement, read_statement
from ldmrelease.trust.dsse import Envelope, Signature, read_wrapped
from tests.unit.trust.trust_samples import LAB, NOON

GOLDEN = Path(__file__).parents[3] / "data" / "receipts"


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


IMAGE = Resource(
    LAB,
    digest("a"),
    (
        PlatformImage("linux/arm64", digest("c"), digest("1")),
        PlatformImage("linux/amd64", digest("b"), digest("2")),
    ),
)
RECEIPT = Receipt(
    base_uri="https://rsp.example/ldmrelease",
    program="0.1.0",
    level="commissioning",
    policy_version=7,
    policy_digest=digest("d"),
    environment="summit",
    cluster_uid="cluster-1",
    release=digest("e"),
    decision=digest("f"),
    trust=digest("0"),
    promotion="p1",
    head=Head("ledger-1", 42, digest("3")),
    verified=NOON,
    valid_until=NOON.replace(hour=20),
    inputs=(Input("oci://ghcr.io/lsst/sciplat-lab@sha256:9", digest("9")),),
)
KEYID = "SHA256:" + "A" * 43


def predicate(receipt: Receipt, about: Resource = IMAGE) -> dict:
    return json.loads(write_receipt(receipt, about))["predicate"]


def golden(name: str, made: bytes) -> None:
    """Indented for people; the bytes that are signed are the canonical ones."""
    assert json.loads(made) == json.loads((GOLDEN / name).read_bytes())


def test_the_payload_is_the_golden_one():
    golden("image.json", write_receipt(RECEIPT, IMAGE))


def test_the_bundle_is_the_golden_one():
    envelope = Envelope(PAYLOAD_TYPE, write_receipt(RECEIPT, IMAGE), (Signature(KEYID, b"signature"),))
    golden("bundle.json", bundle(envelope.to_dict(), KEYID))
    assert read_wrapped(bundle(envelope.to_dict(), KEYID)) == envelope


def test_the_annotations_are_those_that_cosign_looks_for():
    assert bundle_annotations(TYPE.uri) == {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": "https://slsa.dev/verification_summary/v1",
    }


def test_our_own_reader_takes_it():
    statement = read_statement(write_receipt(RECEIPT, IMAGE))
    assert isinstance(statement, Statement)
    assert statement.predicate_type == TYPE.uri
    assert [each.digest for each in statement.subjects] == [digest("a"), digest("b"), digest("c")]
    assert (TYPE.repository(statement.predicate), TYPE.environment(statement.predicate)) == (LAB, "summit")
    assert (TYPE.environment(statement.predicate), TYPE.claimed_time(statement.predicate)) == ("summit", NOON)


def test_a_single_manifest_is_named_once():
    single = Resource(LAB, digest("a"), (PlatformImage("linux/amd64", digest("a"), digest("1")),))
    assert [each.name for each in single.subjects()] == [LAB]


def test_the_release_has_one_subject():
    payload = json.loads(write_receipt(RECEIPT, Resource("oci:releases/rsp", digest("e"))))
    assert payload["subject"] == [{"name": "releases/rsp", "digest": {"sha256": "e" * 64}}]
    assert payload["predicate"]["resourceUri"] == "oci://releases/rsp?environment=summit"


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "LDM564_COMMISSIONING"),
        ({"waivers": (digest("5"),)}, "LDM564_COMMISSIONING_WAIVED"),
        ({"compressed": True}, "LDM564_COMMISSIONING_COMPRESSED"),
        ({"compressed": True, "waivers": (digest("5"),)}, "LDM564_COMMISSIONING_COMPRESSED_WAIVED"),
        ({"level": "operations-rehearsal"}, "LDM564_OPERATIONS_REHEARSAL"),
    ],
)
def test_what_was_waived_or_compressed_never_has_the_clean_name(changes, level):
    assert predicate(replace(RECEIPT, **changes))["verifiedLevels"] == [level]


def test_a_level_has_its_own_verifier_and_an_environment_its_own_resource():
    other = predicate(replace(RECEIPT, level="production", environment="base & co"))
    assert other["verifier"]["id"] == "https://rsp.example/ldmrelease/levels/production"
    assert other["resourceUri"] == f"oci://{LAB}?environment=base%20%26%20co"


def test_inputs_are_all_there_or_absent():
    assert "inputAttestations" not in predicate(replace(RECEIPT, inputs=()))
    assert len(predicate(RECEIPT)["inputAttestations"]) == 1


def test_without_an_end_it_says_so():
    extension = predicate(replace(RECEIPT, valid_until=None))["https://rsp.example/ldmrelease/receipt/v1"]
    assert extension["validUntil"] is None


def test_there_is_no_failed_receipt():
    assert predicate(RECEIPT)["verificationResult"] == "PASSED"
    assert "result" not in Receipt.__struct_fields__


@pytest.mark.parametrize(
    ("receipt", "about"),
    [
        (RECEIPT, Resource(LAB, "sha256:" + "A" * 64)),
        (RECEIPT, Resource(LAB, "a" * 64)),
        (replace(RECEIPT, policy_digest="sha256:x"), IMAGE),
        (replace(RECEIPT, decision="none"), IMAGE),
        (replace(RECEIPT, inputs=(Input("oci://x", "md5:" + "a" * 32),)), IMAGE),
    ],
)
def test_a_digest_that_is_none_cannot_be_written(receipt, about):
    with pytest.raises(ValueError, match="not a digest"):
        write_receipt(receipt, about)


def test_more_subjects_than_verifiers_read_cannot_be_written():
    platforms = tuple(
        PlatformImage(f"linux/a{number}", f"sha256:{number:064x}", digest("1")) for number in range(1024)
    )
    with pytest.raises(ValueError, match="1025 subjects"):
        write_receipt(RECEIPT, Resource(LAB, digest("a"), platforms))
