"""`gate merge --bundle`: a change of a tree, by what a ledger elsewhere has decided."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.faces.cli import bundle_arguments
from ldmrelease.services.context import wall_clock
from tests import shop
from tests.unit.faces.cli.test_gate_merge import codes, commit, gate, verdicts
from tests.workspace import Site


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")
    for each in ("1.5.0", "1.6.0"):
        site.ok("release", "pin", each)
    return site


@pytest.fixture
def site(pinned: Site, tmp_path: Path) -> Site:
    """The shop with a bundle, on a branch `feature`."""
    copied = pinned.copy(tmp_path / "shop")
    copied.ok("bundle", "export", str(copied.root / "bundle.json"))
    copied.git("checkout", "-q", "-b", "feature", repository="deploy")
    return copied


def by_bundle(site: Site, *words: str) -> tuple[int, dict[str, Any]]:
    return gate(site, "--bundle", str(site.root / "bundle.json"), *words)


def _said(answer: dict[str, Any]) -> list[Any]:
    named = ("place", "component", "release", "previous_release", "digest", "verdict", "eligible_at", "older")
    return [
        [each[name] for name in named] + [(one["code"], one["outcome"]) for one in each["findings"]]
        for each in answer["images"]
    ]


@pytest.mark.parametrize(
    "tags",
    [
        {"dev": "1.6.0", "prod": "1.6.0"},
        {"staging": "1.6.0"},
        {"dev": "1-6-0"},
        {"prod": "v 1"},
    ],
    ids=str,
)
def test_the_answer_is_that_of_the_ledger(site: Site, tags: dict[str, str]) -> None:
    commit(site, **tags)
    by_ledger, said = gate(site), by_bundle(site)
    assert said[0] == by_ledger[0]
    assert _said(said[1]) == _said(by_ledger[1])
    assert by_bundle(site, "--strict")[0] == gate(site, "--strict")[0]


def test_neither_ledger_nor_registry_is_needed(site: Site) -> None:
    commit(site, dev="1.6.0")
    for each in site.root.glob("ledger.db*"):
        each.unlink()
    shutil.rmtree(site.root / "images")
    code, answer = by_bundle(site)
    assert (code, verdicts(answer)) == (0, {"dev/shop api": "allowed", "dev/shop worker": "allowed"})
    assert answer["bundle"]["serial"] == 1


def test_a_tag_that_the_bundle_does_not_know_leaves_the_gate_shut(site: Site) -> None:
    commit(site, dev="1.9.0")
    code, answer = by_bundle(site)
    assert (code, answer["verdict"], codes(answer)) == (3, "undecided", {"not-in-bundle"})


def test_a_bundle_that_has_expired_leaves_it_shut_whatever_changes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(site, dev="1.6.0")
    later = wall_clock() + timedelta(days=15)
    monkeypatch.setattr(bundle_arguments, "wall_clock", lambda: later)
    code, answer = by_bundle(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    assert [each["code"] for each in answer["unreadable"]] == ["expired"]
    assert (answer["base"], answer["head"]) == ("main", "feature")
    file = str(site.root / "bundle.json")
    told = site.run("gate", "merge", "--base", "main", "--head", "feature", "--bundle", file).stdout
    assert told.startswith("UNDECIDED: feature into main: no image could be decided about\n")
    assert f"errored  {file}: it expired at " in told


def test_a_policy_that_the_change_loosens_decides_nothing(site: Site) -> None:
    commit(site, dev="1.6.0")
    for policy in (site.root / "policies").glob("*.yaml"):
        policy.write_text(policy.read_text() + "# looser\n")
    code, answer = by_bundle(site)
    assert code == 3
    assert "not-agreed" in codes(answer)


def test_a_workspace_with_another_trust_document_than_the_bundle_is_judged_by_is_a_mistake(
    site: Site, tmp_path: Path
) -> None:
    """A change may bring a trust document that agrees with whatever workspace it brings."""
    commit(site, dev="1.6.0")
    ours = tmp_path / "trusted"
    shutil.copytree(site.root, ours, ignore=shutil.ignore_patterns("*.db*", "deploy"))
    file = site.root / "trust.yaml"
    file.write_text(file.read_text().replace("version: ", "version: 7", 1))
    done = site.run(
        *("gate", "merge", "--base", "main", "--head", "feature", "--trust", str(ours / "trust.yaml")),
        *("--bundle", str(site.root / "bundle.json")),
    )
    assert done.exit_code == 2
    assert "is asked for" in done.stderr


def test_what_is_recalled_is_refused_with_hold_person_and_reason(site: Site) -> None:
    """By the ledger as by the bundle; and nothing is, where the recall is not of that place."""
    site.ok("recall", "1.6.0", "--target", "dev", "--reason", "it loses data")
    person = json.loads(site.ok("holds", "-o", "json"))["holds"][0]["person"]
    site.ok("bundle", "export", str(site.root / "bundle.json"))
    commit(site, dev="1.6.0", staging="1.6.0")
    for code, answer in (gate(site), by_bundle(site)):
        found = {name: verdict for name, verdict in verdicts(answer).items() if verdict == "refused"}
        assert (code, found) == (1, {"dev/shop api": "refused", "dev/shop worker": "refused"})
        told = {
            one["sentence"]
            for each in answer["images"]
            for one in each["findings"]
            if "H-1" in one["sentence"]
        }
        assert told
        assert all("it loses data" in each for each in told)
        assert all(person in each for each in told)
