"""A trust document of before, or one that was changed without a new version, acts no more."""

from pathlib import Path

import pytest
import yaml

from ldmrelease.trust.signer import generate
from tests.workspace import BEFORE, PLACE, WEEKLY, Site, sign_trust

ACTS = [
    ("promote", WEEKLY, "--target", PLACE),
    ("release", "pin", "w.2023.14"),
    ("observe",),
    ("check-run", "smoke", BEFORE, "--target", PLACE),
]


def trust(site: Site) -> Path:
    return site.root / "trust.yaml"


def signatures(site: Site) -> Path:
    return site.root / "trust.signatures.json"


def with_another_person(text: str) -> str:
    return text.replace("person: release manager", "person: somebody else")


@pytest.mark.parametrize("words", ACTS)
def test_the_document_of_before_is_refused_by_whatever_acts(ready: Site, words: tuple[str, ...]) -> None:
    """Its signatures with it: it was valid once, and the ledger remembers a later one."""
    old = {each: each.read_bytes() for each in (trust(ready), signatures(ready))}
    ready.edit(with_another_person, "trust.yaml")
    ready.ok("observe")
    for each, data in old.items():
        each.write_bytes(data)
    before = ready.head(), ready.refs()
    done = ready.run(*words)
    assert done.exit_code == 3, done.stdout
    assert "trust.yaml has version 1, and this ledger was used with version 2" in done.stdout + done.stderr
    assert (ready.head(), ready.refs()) == before


@pytest.mark.parametrize("words", ACTS)
def test_a_document_that_is_older_than_its_signatures_is_refused(ready: Site, words: tuple[str, ...]) -> None:
    old = trust(ready).read_text()
    ready.edit(with_another_person, "trust.yaml")
    trust(ready).write_text(old)
    before = ready.head(), ready.refs()
    done = ready.run(*words)
    assert done.exit_code == 3, done.stdout
    assert "it is version 1, and version 2 is signed" in done.stdout + done.stderr
    assert (ready.head(), ready.refs()) == before


@pytest.mark.parametrize("words", ACTS)
def test_another_document_of_the_same_version_is_refused_by_whatever_acts(
    ready: Site, words: tuple[str, ...]
) -> None:
    """Signed by the same root key: whoever keeps it has made two documents of one version."""
    trust(ready).write_text(with_another_person(trust(ready).read_text()))
    signatures(ready).unlink()
    sign_trust(ready.root)
    before = ready.head(), ready.refs()
    done = ready.run(*words)
    assert done.exit_code == 3, done.stdout
    assert "does not continue the trust document by which this ledger is used" in done.stdout + done.stderr
    assert (ready.head(), ready.refs()) == before


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("words", ACTS)
def test_nothing_acts_on_a_change_that_nobody_has_signed(
    ready: Site, words: tuple[str, ...], version: int
) -> None:
    edited = with_another_person(trust(ready).read_text()).replace("version: 1", f"version: {version}", 1)
    trust(ready).write_text(edited)
    before = ready.head(), ready.refs(), ready.everything()
    done = ready.run(*words)
    assert done.exit_code == 2, done.stdout
    assert "it was changed since version 1, and nobody has signed it" in done.stdout + done.stderr
    assert (ready.head(), ready.refs(), ready.everything()) == before
    shown = ready.run("check", WEEKLY, "--target", PLACE).stdout
    assert shown.startswith("hypothetical: the trust document is not signed: it was changed since version 1")


def test_a_document_of_before_that_lacks_the_newer_key_is_refused_too(ready: Site) -> None:
    """The row that remembers was signed by a key that the old document does not have."""
    old, old_key = trust(ready).read_text(), (ready.root / "keys/promoter.pem").read_bytes()
    old_signatures, signer = signatures(ready).read_bytes(), generate()
    (ready.root / "keys/promoter.pem").unlink()
    signer.write_key(ready.root / "keys/promoter.pem")

    def rotated(text: str) -> str:
        plain = yaml.safe_load(text)
        plain["keys"]["promoter"]["public"] = signer.public_pem
        return str(yaml.safe_dump(plain, sort_keys=False))

    ready.edit(rotated, "trust.yaml")
    ready.ok("observe")
    trust(ready).write_text(old)
    signatures(ready).write_bytes(old_signatures)
    (ready.root / "keys/promoter.pem").write_bytes(old_key)
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 3


def test_another_spelling_of_the_same_is_no_change(ready: Site) -> None:
    trust(ready).write_text("# a note\n" + trust(ready).read_text())
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_looking_is_free(ready: Site) -> None:
    trust(ready).write_text(with_another_person(trust(ready).read_text()))
    for words in (("where",), ("check", WEEKLY, "--target", PLACE), ("promotions", "list")):
        assert ready.run(*words).exit_code in (0, 1)
