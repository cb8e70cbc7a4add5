"""The registry is a transport, not a witness: what it says of a statement, or hides, decides nothing (trust.md)."""

import json
import shutil
from pathlib import Path

import pytest

from ldmrelease.domain.predicates.summary import BUNDLE_TYPE, bundle, bundle_annotations
from ldmrelease.registry.referrers import put_referrer
from ldmrelease.trust.dsse import Envelope, read_envelope
from tests.workspace import BASE, PLACE, TESTSTAND, WEEKLY, Site

SBOM = "https://cyclonedx.org/bom"


@pytest.fixture
def at_teststand(developed: Site) -> Site:
    """The weekly runs at the test stand long enough for base."""
    site = developed
    site.advance(hours=3)
    site.ok("observe")
    assert site.run("check", WEEKLY, "--target", BASE).exit_code == 0
    return site


def attach(site: Site, envelope: bytes, predicate_type: str) -> None:
    """What a hostile registry shows: the envelope under annotations of its own making."""
    read = read_envelope(envelope)
    assert isinstance(read, Envelope)
    context = site.context()
    with context.ledger:
        repository = context.release_repository()
        release = repository.resolve(f"stack-{WEEKLY}")
        assert release is not None
        content = bundle(read.to_dict(), read.signatures[0].keyid or "")
        annotations = bundle_annotations(predicate_type)
        put_referrer(repository, release, BUNDLE_TYPE, [(BUNDLE_TYPE, content)], annotations)


def test_a_failure_that_is_annotated_as_something_else_is_a_failure(
    at_teststand: Site, tmp_path: Path
) -> None:
    site, file = at_teststand, tmp_path / "failed.json"
    (run,) = json.loads(site.run("check-run", "versions", WEEKLY, "--target", PLACE, "-o", "json").stdout)
    words = ("--type", "check", "--check", "versions", "--run", run["run"], "--failed", "schemas")
    key = ("--key", str(site.root / "keys/runner.pem"))
    site.ok("evidence", "sign", WEEKLY, *words, *key, "--out", str(file))
    attach(site, file.read_bytes(), SBOM)
    listed = json.loads(site.ok("evidence", "list", WEEKLY, "-o", "json"))
    found = [(each["type"], each["result"]) for each in listed if each.get("failed_tests") == ["schemas"]]
    assert found == [("check", "FAILED")]


def test_a_failure_that_the_registry_has_no_more_still_refuses(at_teststand: Site) -> None:
    site = at_teststand
    site.smoke(passes=False)
    assert site.run("check-run", "smoke", WEEKLY, "--target", TESTSTAND).exit_code == 1
    shutil.rmtree(site.root / "images/releases")
    refused = site.run("check", WEEKLY, "--target", BASE)
    assert refused.exit_code == 1
    assert "smoke failed" in refused.stdout
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 1


def test_a_receipt_of_another_place_that_is_attached_again_is_no_receipt_there(at_teststand: Site) -> None:
    site = at_teststand
    shown = json.loads(site.ok("receipt", "show", TESTSTAND, WEEKLY, "--component", "release", "-o", "json"))
    attach(site, json.dumps(shown[0]["envelope"]).encode(), SBOM)
    done = site.run("receipt", "show", BASE, WEEKLY, "-o", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (1, [])
    assert "nothing to do" not in site.ok("promote", WEEKLY, "--target", BASE, "--dry-run")
