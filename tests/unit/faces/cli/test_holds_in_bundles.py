"""What a recall does to a bundle, to gates with and without the ledger, and to what admission lets in."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.faces.cli.test_gate_sync import REPOSITORY, digest, pod
from tests.workspace import BASE, PLACE, TESTSTAND, WEEKLY, Site

WHY = ("--reason", "it loses data")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def exported(site: Site) -> str:
    file = str(site.root / "bundle.json")
    site.ok("bundle", "export", file)
    return file


def allowed(site: Site, environment: str) -> set[str]:
    """The digests that may be created in an environment, of which its admission policy is made."""
    shown = json.loads(site.ok("bundle", "show", exported(site), "-o", "json"))
    return {each["digest"] for each in shown["allowed"] if each["place"].startswith(f"{environment}/")}


def blocks(site: Site) -> None:
    policy = site.root / "policies" / "development.yaml"
    policy.write_text(policy.read_text().replace("\nspec:\n", "\nspec:\n  recalled: blocked\n"))
    site.ok("trust", "agree", "--yes")


def gate(site: Site, *words: str) -> tuple[int, list[dict[str, Any]]]:
    done = site.run("gate", "sync", *words, "-o", "json")
    found = json.loads(done.stdout)["images"]
    return done.exit_code, [
        each for image in found for each in image["findings"] if each["outcome"] == "failed"
    ]


def test_what_runs_stays_in_what_admission_lets_in_unless_the_level_says_otherwise(developed: Site) -> None:
    image = digest(developed, WEEKLY)
    developed.ok("recall", WEEKLY, *WHY)
    assert image in allowed(developed, "usdfdev")
    blocks(developed)
    assert image not in allowed(developed, "usdfdev")
    developed.ok("lift", "H-1", *WHY)
    assert image in allowed(developed, "usdfdev")


def test_what_was_let_in_and_runs_no_more_is_taken_off(developed: Site) -> None:
    """The tree was changed by hand: the admission stands, and nothing of it runs."""
    image = digest(developed, WEEKLY)
    developed.commit_by_hand(PLACE, "al9-w_2023_16", "al9-w_2023_15")
    developed.ok("observe")
    assert image in allowed(developed, "usdfdev")
    developed.ok("recall", WEEKLY, "--target", "usdfint", *WHY)
    assert image in allowed(developed, "usdfdev")
    developed.ok("recall", WEEKLY, "--target", PLACE, *WHY)
    assert image not in allowed(developed, "usdfdev")


@pytest.mark.parametrize("target", [BASE, PLACE])
def test_gates_refuse_what_is_held_with_hold_person_and_reason(developed: Site, target: str) -> None:
    developed.ok("recall", WEEKLY, "--target", target, *WHY)
    blocks(developed)
    file = pod(developed, f"{REPOSITORY}@{digest(developed, WEEKLY)}")
    for words in ((), ("--bundle", exported(developed))):
        code, found = gate(developed, "-f", file, "--target", target, *words)
        assert code == 1, words
        told = " ".join(each["sentence"] for each in found)
        assert "H-1" in told, words
        assert "release manager" in told, words
        assert "it loses data" in told, words


def test_a_recall_of_elsewhere_refuses_nothing_here(developed: Site) -> None:
    before = gate_code(developed, TESTSTAND)
    developed.ok("recall", WEEKLY, "--target", PLACE, *WHY)
    assert gate_code(developed, TESTSTAND) == before


def gate_code(site: Site, target: str) -> list[int]:
    file = pod(site, f"{REPOSITORY}@{digest(site, WEEKLY)}")
    return [
        gate(site, "-f", file, "--target", target, *each)[0] for each in ((), ("--bundle", exported(site)))
    ]


def test_a_bundle_tells_a_conditional_recall_where_it_is_true(developed: Site) -> None:
    condition = f'release.tag == "{WEEKLY}" && environment == "usdfdev"'
    developed.ok("recall", "--having", condition, *WHY)
    blocks(developed)
    image = digest(developed, WEEKLY)
    assert image not in allowed(developed, "usdfdev")
    assert image in allowed(developed, "usdfint")
    shown = json.loads(developed.ok("bundle", "show", exported(developed), "-o", "json"))
    assert shown["bundle"]["holds"] > 0
