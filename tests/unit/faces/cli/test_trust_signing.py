"""People sign the trust document: one alone, several, by keys that are replaced and keys that count no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ldmrelease.config.replacement import FileChanged
from ldmrelease.config.trust import load_trust
from ldmrelease.domain.times import spell
from ldmrelease.services.operations import trust_document
from ldmrelease.trust.signer import load_signer
from tests.workspace import BEFORE, BEGIN, PLACE, WEEKLY, Site

ACTS = [
    ("promote", WEEKLY, "--target", PLACE),
    ("release", "pin", "w.2023.14"),
    ("observe",),
    ("check-run", "smoke", BEFORE, "--target", PLACE),
]


def answer(site: Site, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.ok(*words, "--output", "json"))
    return found


def document(site: Site) -> Path:
    return site.root / "trust.yaml"


def by_hand(site: Site, old: str, new: str) -> None:
    text = document(site).read_text()
    assert old in text
    document(site).write_text(text.replace(old, new, 1))


def add_root(site: Site, name: str, person: str, threshold: int) -> str:
    """Another root key of the person; its file."""
    file = str(site.root / f"keys/{name}.pem")
    site.ok("key", "new", name, "--out", file)
    site.ok("trust", "add-key", name, file, "--role", "release-manager", "--person", person, "--yes")
    roots = [*(each.name for each in load_trust(document(site)).as_version.roots), name]
    plain = yaml.safe_load(document(site).read_text())
    plain["root"] = {"keys": roots, "threshold": threshold}
    plain["version"] += 1
    document(site).write_text(yaml.safe_dump(plain, sort_keys=False))
    site.run("trust", "sign", "--yes", "--key", str(site.root / "keys/me.pem"))
    site.run("trust", "sign", "--yes", "--key", file)
    assert load_trust(document(site)).unsigned is None
    return file


def test_an_edit_by_hand_is_shown_asked_about_and_signed(ready: Site) -> None:
    by_hand(ready, "version: 1", "version: 2")
    by_hand(ready, "person: release manager", "person: Ada Lovelace")
    asked = ready.run("trust", "sign")
    assert asked.exit_code == 2
    assert "+ keys.me.person: Ada Lovelace" in asked.stderr
    done = answer(ready, "trust", "sign", "--yes")
    assert done["written"]
    assert done["signatures"] == {"by": ["me"], "missing": 0, "fault": None, "not_by_us": None}
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert "signed by me" in ready.ok("trust", "sign", "--yes")


def test_an_edit_whose_version_was_not_raised_is_not_signed(ready: Site) -> None:
    by_hand(ready, "person: release manager", "person: Ada Lovelace")
    done = ready.run("trust", "sign", "--yes")
    assert done.exit_code == 1
    assert "version 1 does not follow from version 1: raise it by 1" in done.stdout


def test_a_key_that_is_no_root_key_signs_nothing(ready: Site) -> None:
    by_hand(ready, "version: 1", "version: 2")
    before = (ready.root / "trust.signatures.json").read_bytes()
    done = ready.run("trust", "sign", "--yes", "--key", str(ready.root / "keys/runner.pem"))
    assert done.exit_code == 1
    assert "is not a root key" in done.stdout
    assert (ready.root / "trust.signatures.json").read_bytes() == before


@pytest.mark.parametrize("words", ACTS)
def test_nothing_acts_until_the_threshold_is_reached(ready: Site, words: tuple[str, ...]) -> None:
    grace = add_root(ready, "grace", "Grace Hopper", 2)
    done = answer(ready, "trust", "role", "ci", "--type", "provenance", "--yes")
    assert done["signatures"]["missing"] == 1
    before = ready.head(), ready.refs()
    refused = ready.run(*words)
    assert refused.exit_code == 2
    assert "is signed by 1 of the 2" in refused.stdout + refused.stderr
    assert (ready.head(), ready.refs()) == before
    assert answer(ready, "trust", "sign", "--yes", "--key", grace)["signatures"]["missing"] == 0
    assert ready.run(*words).exit_code in (0, 4)


def test_two_root_keys_of_one_person_count_once(ready: Site) -> None:
    mine = str(ready.root / "keys/mine.pem")
    add_root(ready, "grace", "Grace Hopper", 2)
    ready.ok("key", "new", "mine", "--out", mine)
    me = load_trust(document(ready)).keyring.named("me")
    assert me is not None
    plain = yaml.safe_load(document(ready).read_text())
    plain["keys"]["mine"] = {
        "person": me.person,
        "roles": [],
        "not-before": spell(BEGIN),
        "public": answer(ready, "key", "show", mine)["public"],
    }
    plain["root"]["keys"].append("mine")
    plain["version"] += 1
    document(ready).write_text(yaml.safe_dump(plain, sort_keys=False))
    ready.ok("trust", "sign", "--yes")
    done = answer(ready, "trust", "sign", "--yes", "--key", mine)
    assert done["signatures"]["by"] == ["me", "mine"]
    assert done["signatures"]["missing"] == 1


def test_changes_of_others_are_not_signed_along_with_ones_own(ready: Site) -> None:
    by_hand(ready, "person: ci", "person: Mallory")
    done = answer(ready, "trust", "role", "ci", "--type", "provenance", "--yes")
    assert done["written"]
    assert done["signatures"]["by"] == []
    assert "nobody has signed" in done["signatures"]["not_by_us"]
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 2


def test_a_root_key_is_rotated_with_the_signatures_of_both(ready: Site) -> None:
    ready.ok("observe")
    ready.advance(hours=1)
    new = str(ready.root / "keys/me-2.pem")
    ready.ok("key", "new", "me-2", "--out", new)
    done = answer(ready, "trust", "rotate", "me", "--new", new, "--yes")
    assert sorted(done["signatures"]["by"]) == ["me", "me-2"]
    trust = load_trust(document(ready))
    assert trust.unsigned is None
    assert [each.name for each in trust.as_version.roots] == ["me-2"]
    old = trust.keyring.named("me")
    assert old is not None
    assert old.not_after == ready.now
    by_hand(ready, "version: 2", "version: 3")
    assert ready.run("trust", "sign", "--yes").exit_code == 1, "the old key is none any more"
    assert answer(ready, "trust", "sign", "--yes", "--key", new)["signatures"]["missing"] == 0


def test_a_key_that_is_no_root_key_is_rotated_with_its_person_and_roles(ready: Site) -> None:
    ready.advance(hours=1)
    new = str(ready.root / "keys/runner-2.pem")
    ready.ok("key", "new", "runner-2", "--out", new)
    ready.ok("trust", "rotate", "runner", "--new", new, "--yes")
    keyring = load_trust(document(ready)).keyring
    old, made = keyring.named("runner"), keyring.named("runner-2")
    assert old is not None
    assert made is not None
    assert (made.person, made.roles, made.not_before) == (old.person, old.roles, ready.now)


def test_a_compromised_key_is_revoked_and_leaves_the_root_keys(ready: Site) -> None:
    add_root(ready, "grace", "Grace Hopper", 1)
    since = spell(BEGIN)
    ready.ok("trust", "revoke", "grace", "--compromised-since", since, "--yes")
    trust = load_trust(document(ready))
    key = trust.keyring.named("grace")
    assert key is not None
    assert key.compromised_since == BEGIN
    assert [each.name for each in trust.as_version.roots] == ["me"]
    done = ready.run("trust", "revoke", "me", "--yes")
    assert done.exit_code == 2
    assert "the only root key" in done.stderr


def test_a_back_dated_key_is_not_signed(ready: Site) -> None:
    by_hand(ready, "version: 1", "version: 2")
    plain = yaml.safe_load(document(ready).read_text())
    plain["keys"]["ci"]["not-before"] = "2001-01-01T00:00:00Z"
    document(ready).write_text(yaml.safe_dump(plain, sort_keys=False))
    done = ready.run("trust", "sign", "--yes")
    assert done.exit_code == 1
    assert "count before" in done.stdout


def test_the_root_keys_of_an_unsigned_document_are_named_and_sign_it(ready: Site) -> None:
    plain = yaml.safe_load(document(ready).read_text())
    del plain["root"]
    document(ready).write_text(yaml.safe_dump(plain, sort_keys=False))
    (ready.root / "trust.signatures.json").unlink()
    refused = ready.run("promote", WEEKLY, "--target", PLACE)
    assert refused.exit_code == 2
    assert "nobody has signed it" in refused.stderr
    done = answer(ready, "trust", "init", "--yes")
    assert done["signatures"]["missing"] == 0
    assert load_trust(document(ready)).unsigned is None
    again = ready.run("trust", "init", "--yes")
    assert again.exit_code == 2
    assert "is signed already" in again.stderr


def test_an_editor_changes_a_copy_that_counts_once_it_is_signed(
    ready: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/person: ci$/person: Ada Lovelace/' \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    before = document(ready).read_text()
    assert ready.run("trust", "edit").exit_code == 2, "nobody can be asked"
    assert document(ready).read_text() == before
    done = answer(ready, "trust", "edit", "--yes")
    assert (done["version"], done["written"]) == (2, True)
    assert [each["field"] for each in done["changes"]] == ["keys.ci.person"]
    assert ready.run("observe").exit_code == 2
    ready.ok("trust", "sign", "--yes")
    ready.ok("observe")
    editor.write_text('#!/bin/sh\necho nonsense: > "$1"\n')
    before = document(ready).read_text()
    assert ready.run("trust", "edit", "--yes").exit_code == 2
    assert document(ready).read_text() == before
    editor.write_text("#!/bin/sh\nexit 3\n")
    assert "ended with 3" in ready.run("trust", "edit", "--yes").stderr


def test_what_it_says_is_shown_with_who_has_signed(ready: Site) -> None:
    found = answer(ready, "trust", "show")
    assert (found["signed"], found["version"], found["threshold"]) == (True, 1, 1)
    me = next(key for person in found["people"] for key in person["keys"] if key["name"] == "me")
    assert me["root"]
    assert found["versions"][0]["by"] == ["me"]
    assert "signed by me; 1 person of the root keys have to sign" in ready.ok("trust", "show")
    by_hand(ready, "person: ci", "person: Mallory")
    found = answer(ready, "trust", "show")
    assert not found["signed"]
    assert [each["field"] for each in found["unsigned_changes"]] == ["keys.ci.person"]
    assert "+ keys.ci.person: Mallory" in ready.ok("trust", "show")
    other = answer(ready, "trust", "show", str(document(ready)))
    assert other["version"] == 1


EXPIRED = [
    ("check", WEEKLY, "--target", PLACE),
    *ACTS,
    ("gate", "merge", "--base", "main", "--head", "main", "--repository", "gitops"),
]


def with_expiry(site: Site, moment: str) -> None:
    site.edit(lambda text: text.replace("\nroot:", f"\nexpires: {moment}\nroot:", 1), "trust.yaml")


@pytest.mark.parametrize("words", EXPIRED, ids=[each[0] for each in EXPIRED])
def test_nothing_is_decided_by_an_expired_document(ready: Site, words: tuple[str, ...]) -> None:
    with_expiry(ready, spell(ready.now))
    before = ready.head(), ready.refs()
    done = ready.run(*words)
    assert done.exit_code == 3, done.stdout
    assert f"(version 2) expired at {spell(ready.now)}" in done.stdout + done.stderr
    assert (ready.head(), ready.refs()) == before
    ready.ok("where")
    assert f"expired at {spell(ready.now)}" in " ".join(ready.run("doctor").stdout.split())


def test_that_it_expires_soon_is_said_before(ready: Site) -> None:
    with_expiry(ready, "2023-05-01")
    ready.ok("observe")
    assert "version 2 expires at 2023-05-01T00:00:00Z" in " ".join(ready.run("doctor").stdout.split())


def test_who_signs_meanwhile_is_not_overwritten(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand(ready, "\nversion: 1\n", "\nversion: 2\n")
    other = (ready.root / "trust.signatures.json").read_bytes() + b"\n"

    def signed_meanwhile(key: object) -> object:
        (ready.root / "trust.signatures.json").write_bytes(other)
        return load_signer(key)  # type: ignore[arg-type]

    monkeypatch.setattr(trust_document, "load_signer", signed_meanwhile)
    with pytest.raises(FileChanged):
        trust_document.sign(document(ready), [ready.root / "keys/me.pem"])
    assert (ready.root / "trust.signatures.json").read_bytes() == other
