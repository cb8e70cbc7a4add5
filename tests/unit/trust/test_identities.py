"""OIDC identities in the keyring, and the trusted root: what makes no sense is refused, and all of it is digested."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.trusted_root import read_trusted_root, root_at
from tests.sigstore_instance import SIGNED, SigstoreInstance
from tests.unit.trust.keyless_samples import OTHER, SIGSTORE, identity, keyless_ring
from tests.unit.trust.trust_samples import BIRTH, ROLES, ring


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://token.example"},
        {"issuer": "https://token.example/*"},
        {"issuer": ""},
        {"subject": " "},
        {"repository": ""},
        {"workflow": ""},
        {"subject": "*", "repository": None},
        {"subject": "**", "repository": "*"},
        {"not_before": datetime(2023, 1, 1)},
        {"not_after": BIRTH},
    ],
    ids=[
        "plain-http", "pattern-of-issuers", "no-issuer", "no-subject", "no-repository", "no-workflow", "everybody",
        "everybody-everywhere", "no-zone", "ends-before-it-begins",
    ],
)  # fmt: skip
def test_an_identity_that_makes_no_sense_or_is_everybodys(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="identity 'lab-builds'"):
        identity(**changes)


def test_every_subject_of_one_repository_is_somebody() -> None:
    assert identity(subject="*").subject == "*"


def test_a_name_stands_for_one_signer_and_a_role_that_is_not_there_for_none() -> None:
    with pytest.raises(ValueError, match="'ann' is the name of a key or identity twice"):
        keyless_ring(identity(id="ann"))
    with pytest.raises(ValueError, match="identity 'lab-builds': there is no role 'nobody'"):
        keyless_ring(identity(roles=("nobody",)))


def test_signers_are_found_by_name() -> None:
    keyring = keyless_ring()
    named = [keyring.signatory(each) for each in ("ann", "lab-builds", "nobody")]
    assert [each.person if each is not None else None for each in named] == ["ann", "ci", None]


@pytest.mark.parametrize(
    "changes",
    [{"subject": "https://github.com/lsst/other/*"}, {"person": "other"}, {"repository": None}, {"roles": ()}],
    ids=["subject", "person", "repository", "roles"],
)  # fmt: skip
def test_the_digest_of_the_keyring_tells_what_an_identity_says(changes: dict[str, Any]) -> None:
    assert keyless_ring(identity(**changes)).digest != keyless_ring().digest


def test_the_digest_of_the_keyring_tells_the_trusted_root() -> None:
    assert keyless_ring(instance=OTHER).digest != keyless_ring().digest


def test_the_order_of_identities_does_not_matter_and_a_keyring_is_read_again() -> None:
    one, two = identity(), identity(id="b")
    keyring = keyless_ring(one, two)
    assert keyring.digest == keyless_ring(two, one).digest
    assert canonical.decode(keyring.document, Keyring).digest == keyring.digest


def test_a_keyring_without_identities_is_spelled_as_before() -> None:
    assert set(json.loads(ring().document)) == {"keys", "roles"}
    assert Keyring(ring().keys, ROLES).digest == ring().digest


ROOT = json.loads(SIGSTORE.trusted_root())


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        json.dumps({**ROOT, "mediaType": "application/json"}).encode(),
        *(json.dumps({**ROOT, name: []}).encode() for name in ("certificateAuthorities", "tlogs", "ctlogs")),
        json.dumps({**ROOT, "tlogs": {}}).encode(),
        json.dumps({**ROOT, "tlogs": ["x"]}).encode(),
        json.dumps({**ROOT, "ctlogs": [{"publicKey": {"validFor": {"start": 3}}}]}).encode(),
        json.dumps({**ROOT, "ctlogs": [{"publicKey": {"validFor": {"start": "soon"}}}]}).encode(),
    ],
    ids=[
        "nothing",
        "list",
        "type",
        "no-authority",
        "no-log",
        "no-ct-log",
        "object",
        "text",
        "number",
        "no-time",
    ],
)
def test_what_is_no_trusted_root_or_could_verify_nothing(wrong: bytes) -> None:
    with pytest.raises(ValueError):
        read_trusted_root(wrong)


def test_of_a_trusted_root_counts_what_was_valid_at_the_time() -> None:
    ended = SigstoreInstance(end=SIGNED)
    root = read_trusted_root(ended.trusted_root())
    counted = [
        [
            len(json.loads(root_at(root, [each]))[name])
            for name in ("certificateAuthorities", "tlogs", "ctlogs")
        ]
        for each in (ended.begin - timedelta(seconds=1), ended.begin, SIGNED, SIGNED + timedelta(seconds=1))
    ]
    assert counted == [[0, 0, 0], [1, 1, 1], [1, 1, 1], [0, 0, 0]]
    assert root_at(root, []) == root
