"""Readers of what others wrote, each with samples to begin with. A value or a refusal is all that may come out."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ldmrelease.config.trust import TrustFile
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.config.yaml.read import parse
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain import canonical, strict_json
from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.json_faults import faults_of
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.statements import PAYLOAD_TYPE, Statement, read_statement, write_statement
from ldmrelease.domain.statements import Subject as About
from ldmrelease.evidence_formats.registry import FORMATS
from ldmrelease.trust.bundles import BUNDLE_TYPE, verify_bundle
from ldmrelease.trust.dsse import read_wrapped
from ldmrelease.trust.evaluate import evaluate_statement
from ldmrelease.trust.keyring import Key, Keyring, Role, make_key
from ldmrelease.trust.signer import Signer, generate

DATA = Path(__file__).parents[1] / "data"
AT = datetime(2023, 4, 21, 12, tzinfo=UTC)


class FuzzedReader(NamedTuple):
    """A reader: what it does with bytes (an exception is a finding), samples, and words that it knows."""

    read: Callable[[bytes], None]
    samples: tuple[bytes, ...]
    words: tuple[str, ...] = ()


def _of_format(name: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        found = FORMATS[name].read(data)
        if isinstance(found, DocumentFaults):
            assert found.faults
            assert all(str(each) for each in found.faults)
        else:
            # What is signed of it later has to have a spelling.
            canonical.encode(found)

    return read


def _json(data: bytes) -> None:
    """The quick reader and the patient look have to be of one opinion, and Python's own of no other."""
    for fractions in (False, True):
        found = strict_json.read(data, fractions=fractions)
        if isinstance(found, DocumentFaults):
            assert found.faults
            continue
        assert not faults_of(data.decode(), fractions=fractions)
        if not fractions:
            assert json.loads(data) == found


def _canonical(data: bytes) -> None:
    try:
        plain = canonical.parse(data)
    except canonical.NotCanonical:
        return
    spelled = canonical.encode(plain)
    assert canonical.parse_exactly(spelled) == plain


def _statement(data: bytes) -> None:
    statement = read_statement(data)
    if not isinstance(statement, Statement):
        return
    for kind in STATEMENT_TYPES.values():
        canonical.encode(list(kind.facts(statement.predicate, {"smoke": ("a",)}).values()))
        kind.environment(statement.predicate)
        kind.repository(statement.predicate)
        with suppress(ValueError):
            kind.claimed_time(statement.predicate)


def _signed() -> tuple[Signer, Keyring]:
    # A key of its own for each process: nothing of it is found again in what is kept.
    signer = generate()
    key: Key = make_key(
        id="bridge",
        public_pem=signer.public_pem,
        person="bridge",
        roles=["bridge"],
        not_before=datetime(2020, 1, 1, tzinfo=UTC),
    )
    types = (*STATEMENT_TYPES, "bundle")
    return signer, Keyring((key,), (Role("bridge", types, ("*",), ("*",)),))


class _Signed:
    """Bytes as the payload of an envelope that counts: what is behind the signature is reached, too."""

    def __init__(self) -> None:
        self.signer, self.keyring = _signed()

    def evaluate(self, data: bytes) -> None:
        for envelope in (data, self.signer.sign(PAYLOAD_TYPE, data).to_bytes()):
            read = evaluate_statement(
                envelope, blob=canonical.digest(envelope), keyring=self.keyring, received=AT, now=AT,
                repository="oci.example.com/lab", checks={"smoke": ("a",)},
            )  # fmt: skip
            canonical.encode(read.fact)

    def bundle(self, data: bytes) -> None:
        for envelope in (data, self.signer.sign(BUNDLE_TYPE, data).to_bytes()):
            verify_bundle(envelope, self.keyring, at=AT)


def _dsse(data: bytes) -> None:
    read_wrapped(data)


def _trust_document(data: bytes) -> None:
    told = None
    try:
        validate(TrustFile, parse(data, "trust.yaml"))
    except BadInput as refused:
        told = refused.problems
    assert told != ()


_OF_FORMATS = {
    "cyclonedx": ("cyclonedx.json",),
    "codeowners": ("CODEOWNERS",),
    "github-checks": ("github-checks.json",),
    "github-reviews": ("github-reviews.json", "github-reviews-api.json"),
    "jira": ("jira-rfc.json", "jira-backport.json"),
    "junit": ("junit-nested.xml", "junit-flaky.xml"),
    "lsst-verify": ("lsst-verify.json",),
    "mobu": ("mobu-flock.json",),
    "openvex": ("openvex.json",),
    "sarif": ("suppressions.sarif", "simple-example.sarif", "execution-error.sarif"),
    "spdx": ("spdx.json",),
    "trivy": ("trivy.json",),
}

_JSON_WORDS = ('"\\ud800"', "NaN", "1e999", "9007199254740993", "\\u0000", '{"a":1,"a":1}', "[[[[", "null")
_TRUST = b"""apiVersion: ldmrelease/v1alpha1
kind: Trust
version: 1
policies: {development: {version: 1, digest: "sha256:%s"}}
environments: {idfdev: development}
roles: {ci: {types: [provenance], environments: ['*'], repositories: ['*']}}
keys: {ci: {public: ci.pub, person: ci, roles: [ci], not-before: 2023-01-01T00:00:00Z}}
""" % (b"a" * 64)


def _statements() -> Iterator[bytes]:
    about = (About("lab", "sha256:" + "a" * 64),)
    for kind in STATEMENT_TYPES.values():
        yield write_statement(kind.uri, about, {})
    scanner = {"uri": "u", "result": [{"id": "CVE-1", "severity": [{"method": "m", "score": "9.1"}]}]}
    yield write_statement(STATEMENT_TYPES["vulnerabilities"].uri, about, {"scanner": scanner})
    yield write_statement(
        STATEMENT_TYPES["metric"].uri,
        about,
        {"attributes": [{"attribute": "a", "conditions": {"value": "1"}}]},
    )
    result = {"result": "PASSED", "configuration": [{"name": "smoke"}], "passedTests": ["a"]}
    yield write_statement(STATEMENT_TYPES["check"].uri, about, result)


def readers() -> dict[str, FuzzedReader]:
    """All of them, by name."""
    signed, statements = _Signed(), tuple(_statements())
    envelope = json.dumps(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(statements[0]).decode(),
            "signatures": [{"sig": "c2ln", "keyid": ""}],
        }
    ).encode()
    own = {
        "json": FuzzedReader(_json, (b'{"a": [1, "b\\u00e4", null, true, -1]}', b"[1.5e3]"), _JSON_WORDS),
        "canonical": FuzzedReader(_canonical, (b'{"a":[1,"b",null,true]}', *statements[:2]), _JSON_WORDS),
        "statement": FuzzedReader(_statement, statements, _JSON_WORDS),
        "signed-statement": FuzzedReader(signed.evaluate, statements, _JSON_WORDS),
        "dsse": FuzzedReader(_dsse, (envelope, b'{"dsseEnvelope":' + envelope + b"}"), _JSON_WORDS),
        "bundle": FuzzedReader(signed.bundle, (b'{"schema":1,"environments":[]}', envelope), _JSON_WORDS),
        "trust-document": FuzzedReader(
            _trust_document, (_TRUST,), ("&a", "*a", "<<", "!!python/name:x", "- ")
        ),
    }
    formats = {
        name: FuzzedReader(
            _of_format(name),
            tuple((DATA / "evidence" / each).read_bytes() for each in files),
            ("<!DOCTYPE", "<!ENTITY", "&a;", "<failure/>") if name == "junit" else _JSON_WORDS,
        )
        for name, files in _OF_FORMATS.items()
    }
    return {**own, **formats}
