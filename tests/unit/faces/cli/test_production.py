"""A place is changed by whoever has confirmed it, where its policy wants that (`ask`)."""

import json
from pathlib import Path

import pytest

from ldmrelease.faces.cli import run_promotion
from tests.workspace import MENU, PLACE, WEEKLY, Site

PRODUCTION = "usdf-cm/cm-service"


@pytest.fixture(scope="module")
def production_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("production") / "workspace")
    site.ok("release", "pin", "24.0.0")
    site.ok("release", "pin", "v24.0.0.rc4")
    site.ok("observe", "--target", PRODUCTION)
    site.commit_by_hand(PRODUCTION, "al9-v24_0_0", "al9-v24_0_0_rc4")
    site.advance(hours=1)
    site.ok("observe", "--target", PRODUCTION)
    return site


@pytest.fixture
def production(production_once: Site, tmp_path: Path) -> Site:
    """At a production place something else was deployed by hand, and 24.0.0 ran before."""
    return production_once.copy(tmp_path / "workspace")


def test_production_is_not_changed_where_nobody_can_be_asked(production: Site) -> None:
    before = production.everything()
    done = production.run("rollback", "--target", PRODUCTION, "--reason", "it fails")
    assert done.exit_code == 2
    assert "say --yes" in done.stderr
    assert f"{PRODUCTION}: v24.0.0.rc4 -> 24.0.0" in done.stderr
    assert production.everything() == before
    production.ok("rollback", "--target", PRODUCTION, "--yes", "--reason", "it fails")
    assert "tag: al9-v24_0_0\n" in production.committed(PRODUCTION) + "\n"


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("y\n", 0)])
def test_production_is_asked_for_on_a_terminal(
    production: Site, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(run_promotion, "on_terminal", lambda: True)
    before = production.everything()
    done = production.run("rollback", "24.0.0", "--target", PRODUCTION, "--reason", "it fails", input=answer)
    assert done.exit_code == code
    assert f"  {PRODUCTION}: v24.0.0.rc4 -> 24.0.0\n" in done.stderr
    assert "roll back to stack/24.0.0 at usdf-cm/cm-service? [y/N]" in done.stderr
    assert (production.everything() == before) is (code == 1)


def asks(site: Site, level: str, when: str) -> None:
    """Let a policy ask, in whatever way, and agree to it."""
    file = f"policies/{level}.yaml"
    lines = [
        each for each in (site.root / file).read_text().splitlines(keepends=True) if "  ask:" not in each
    ]
    lines.insert(lines.index("spec:\n") + 1, f"  ask: {when}\n")
    site.edit(lambda _: "".join(lines), file)
    site.ok("trust", "agree", "--yes")


def test_any_level_can_ask(ready: Site) -> None:
    """It is what the policy says, whatever the level is called."""
    asks(ready, "development", "always")
    before = ready.everything()
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 2
    assert f"{PLACE}: w.2023.15 -> w.2023.16" in done.stderr
    assert ready.everything() == before
    ready.ok("promote", WEEKLY, "--target", PLACE, "--yes")


def test_production_asks_for_nothing_where_its_policy_does_not(production: Site) -> None:
    asks(production, "production", "never")
    production.ok("rollback", "--target", PRODUCTION, "--reason", "it fails")


def test_a_level_may_ask_on_a_terminal_alone(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asks(ready, "development", "terminal")
    with monkeypatch.context() as patched:
        patched.setattr(run_promotion, "on_terminal", lambda: True)
        assert ready.run("promote", WEEKLY, "--target", PLACE, input="n\n").exit_code == 1
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_the_question_names_what_will_be_touched_and_nothing_else(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.ok("promote", WEEKLY, "--target", MENU)
    asks(ready, "jupyterlab", "always")
    monkeypatch.setattr(run_promotion, "on_terminal", lambda: True)
    asked = ready.run("promote", WEEKLY, "--target", "jupyterlab", input="n\n")
    assert asked.exit_code == 1
    assert "usdfint/nublado: + w.2023.16" in asked.stderr
    assert "idfprod/nublado" in asked.stderr.splitlines()[-1]
    assert MENU not in asked.stderr
    ready.ok("promote", WEEKLY, "--target", MENU)


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_dry_run_says_what_would_change(production: Site, output: str) -> None:
    said = production.ok(
        "rollback", "--target", PRODUCTION, "--reason", "it fails", "--dry-run", "-o", output
    )
    if output == "text":
        assert f"  {PRODUCTION}: v24.0.0.rc4 -> 24.0.0\n" in said
    else:
        (change,) = json.loads(said)["changes"]
        assert (change["place"], change["before"], change["after"]) == (PRODUCTION, "v24.0.0.rc4", "24.0.0")
        assert (change["state"], change["written"]) == ("planned", True)
