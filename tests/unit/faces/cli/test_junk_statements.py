"""Whoever may push to a registry, and has no key: what he attaches is seen, told, and takes no room."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.predicates.summary import BUNDLE_TYPE, bundle, bundle_annotations
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.ledger import LedgerError
from ldmrelease.registry import envelopes
from ldmrelease.registry.referrers import DSSE_ENVELOPE, put_referrer
from ldmrelease.trust.signer import Signer, generate, load_signer
from tests.workspace import BASE, PLACE, WEEKLY, Site

SBOM = "https://cyclonedx.org/bom"


@pytest.fixture
def ready(ready: Site) -> Site:
    """The weekly is pinned, and nothing is promoted."""
    ready.ok("release", "pin", WEEKLY)
    return ready


def statement(site: Site, signer: Signer, number: int = 0, **changes: Any) -> bytes:
    """An SBOM of the image scipipe, signed."""
    (image,) = [
        each
        for each in json.loads(site.ok("release", "show", WEEKLY, "-o", "json"))["components"]
        if each["name"] == "scipipe"
    ]
    algorithm, _, digest = image["digest"].partition(":")
    plain = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": SBOM,
        "subject": [{"name": "scipipe", "digest": {algorithm: digest}}],
        "predicate": {"number": number},
    } | changes
    return signer.sign(PAYLOAD_TYPE, json.dumps(plain).encode()).to_bytes()


def attach(site: Site, *contents: bytes) -> None:
    context = site.context()
    with context.ledger:
        release = context.release_repository()
        subject = release.resolve(f"stack-{WEEKLY}")
        assert subject is not None
        for each in contents:
            put_referrer(release, subject, DSSE_ENVELOPE, [(DSSE_ENVELOPE, each)], {})


def about_release(site: Site, signer: Signer, number: int = 0, **changes: Any) -> bytes:
    digest = json.loads(site.ok("release", "show", WEEKLY, "-o", "json"))["digest"].partition(":")[2]
    subject = [{"name": WEEKLY, "digest": {"sha256": digest}}]
    return statement(site, signer, number, subject=subject, **changes)


def test_what_nobody_we_know_has_signed_is_seen_and_not_kept(ready: Site) -> None:
    stranger = generate()
    unsigned = json.loads(about_release(ready, stranger))
    unsigned["signatures"] = []
    attach(
        ready, json.dumps(unsigned).encode(), b"no envelope at all",
        *(about_release(ready, stranger, number) for number in range(5)),
    )  # fmt: skip
    ready.ok("promote", WEEKLY, "--target", PLACE)
    listed = json.loads(ready.ok("evidence", "list", WEEKLY, "-o", "json"))
    assert sorted(each["rejected"]["code"] for each in listed if each["signer"] is None) == [
        "malformed", *["unknown-key"] * 5, "unsigned",
    ]  # fmt: skip
    assert not any(each["taken_in"] for each in listed if each["signer"] is None)
    context = ready.context()
    with context.ledger:
        for each in listed:
            if each["signer"] is None:
                with pytest.raises(LedgerError):
                    context.ledger.blob(each["digest"])


def test_adding_one_by_hand_does_not_take_it_in_either(ready: Site, tmp_path: Path) -> None:
    file = tmp_path / "junk.json"
    file.write_bytes(about_release(ready, generate()))
    before = ready.head()
    done = ready.run("evidence", "add", str(file))
    assert done.exit_code == 1
    assert "is not taken in" in done.stdout
    assert ready.head() == before


def test_more_than_we_read_is_undecided_and_says_so(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelopes, "REFERRERS", 3)
    attach(ready, *(f"junk {number}".encode() for number in range(4)))
    before = ready.head()
    for words in (("check", WEEKLY, "--target", BASE), ("promote", WEEKLY, "--target", BASE)):
        done = ready.run(*words)
        assert done.exit_code == 3
        assert "4 referrers of sha256:" in done.stdout + done.stderr
        assert "at most 3 are read" in done.stdout + done.stderr
    assert ready.head() == before


@pytest.mark.parametrize("type", ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"])
def test_statements_of_both_versions_count(ready: Site, tmp_path: Path, type: str) -> None:
    file = tmp_path / "sbom.json"
    file.write_bytes(statement(ready, load_signer(ready.root / "keys/ci.pem"), _type=type))
    ready.ok("evidence", "verify", str(file))
    ready.ok("evidence", "add", str(file))
    listed = json.loads(ready.ok("evidence", "list", WEEKLY, "-o", "json"))
    assert [(each["type"], each["counted"], each["taken_in"]) for each in listed] == [("sbom", True, True)]


def test_a_statement_of_a_version_that_is_not_there_does_not_count(ready: Site, tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    signer = load_signer(ready.root / "keys/ci.pem")
    file.write_bytes(statement(ready, signer, _type="https://in-toto.io/Statement/v0.2"))
    assert ready.run("evidence", "verify", str(file)).exit_code == 2


def test_a_statement_about_nothing_that_is_pinned_is_not_said_to_count(ready: Site, tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    subject = [{"name": "evil", "digest": {"sha256": "e" * 64}}]
    file.write_bytes(statement(ready, load_signer(ready.root / "keys/ci.pem"), subject=subject))
    done = ready.run("evidence", "verify", str(file))
    assert done.exit_code == 1
    assert "it is about nothing that is pinned here" in done.stdout


def test_an_annotated_bundle_is_read_as_before(ready: Site) -> None:
    envelope = json.loads(about_release(ready, load_signer(ready.root / "keys/ci.pem")))
    assert base64.b64decode(envelope["payload"])
    context = ready.context()
    with context.ledger:
        release = context.release_repository()
        subject = release.resolve(f"stack-{WEEKLY}")
        assert subject is not None
        content = bundle(envelope, envelope["signatures"][0]["keyid"])
        put_referrer(release, subject, BUNDLE_TYPE, [(BUNDLE_TYPE, content)], bundle_annotations(SBOM))
    listed = json.loads(ready.ok("evidence", "list", WEEKLY, "-o", "json"))
    assert [(each["type"], each["counted"]) for each in listed] == [("sbom", True)]
