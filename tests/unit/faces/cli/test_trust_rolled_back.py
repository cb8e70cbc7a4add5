"""A trust document of before, or one that was changed without a new version, acts no more."""

from pathlib import Path

import pytest
import yaml

from ldmrelease.trust.signer import generate
from tests.workspace import BEFORE, PLACE, WEEKLY, Site

ACTS = [
    ("promote", WEEKLY, "--target", PLACE),
    ("release", "pin", "w.2023.14"),
    ("observe",),
    ("check-run", "smoke", BEFORE, "--target", PLACE),
]


def trust(site: Site) -> Path:
    return site.root / "trust.yaml"


def with_another_person(text: str) -> str:
    return text.replace("person: release manager", "person: somebody else")


@pytest.mark.parametrize("words", ACTS)
def test_the_document_of_before_is_refused_by_whatever_acts(ready: Site, words: tuple[str, ...]) -> None:
    old = trust(ready).read_text()
    ready.edit(with_another_person, "trust.yaml")
    ready.ok("observe")
    trust(ready).write_text(old)
    before = ready.head(), ready.refs()
    done = ready.run(*words)
    assert done.exit_code == 3, done.stdout
    assert "trust.yaml has version 1, and this ledger was used with version 2" in done.stdout + done.stderr
    assert (ready.head(), ready.refs()) == before


@pytest.mark.parametrize("words", ACTS)
def test_a_change_without_a_new_version_is_refused_by_whatever_acts(
    ready: Site, words: tuple[str, ...]
) -> None:
    trust(ready).write_text(with_another_person(trust(ready).read_text()))
    before = ready.head(), ready.refs()
    done = ready.run(*words)
    assert done.exit_code == 3, done.stdout
    assert "trust.yaml was changed, and still has version 1" in done.stdout + done.stderr
    assert (ready.head(), ready.refs()) == before


def test_a_document_of_before_that_lacks_the_newer_key_is_refused_too(ready: Site) -> None:
    """The row that remembers was signed by a key that the old document does not have."""
    old, old_key = trust(ready).read_text(), (ready.root / "keys/promoter.pem").read_bytes()
    signer = generate()
    (ready.root / "keys/promoter.pem").unlink()
    signer.write_key(ready.root / "keys/promoter.pem")

    def rotated(text: str) -> str:
        plain = yaml.safe_load(text)
        plain["keys"]["promoter"]["public"] = signer.public_pem
        return str(yaml.safe_dump(plain, sort_keys=False))

    ready.edit(rotated, "trust.yaml")
    ready.ok("observe")
    trust(ready).write_text(old)
    (ready.root / "keys/promoter.pem").write_bytes(old_key)
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 3


def test_another_spelling_of_the_same_is_no_change(ready: Site) -> None:
    trust(ready).write_text("# a note\n" + trust(ready).read_text())
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_looking_is_free(ready: Site) -> None:
    trust(ready).write_text(with_another_person(trust(ready).read_text()))
    for words in (("where",), ("check", WEEKLY, "--target", PLACE), ("promotions", "list")):
        assert ready.run(*words).exit_code in (0, 1)
