"""`policy diff` and `policy simulate`: what would be otherwise, and nothing is changed by asking."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.faces.cli.running import run
from tests.workspace import BASE, PLACE, WEEKLY, Site

POLICIES = "policies/commissioning.yaml"


def stricter(site: Site, folder: Path) -> Path:
    """The policy of commissioning, which asks for five hours and takes no weekly any more."""
    text = (site.root / POLICIES).read_text()
    file = folder / "stricter.yaml"
    file.write_text(text.replace("for: 2h", "for: 5h").replace("[release, weekly, daily", "[release, daily"))
    return file


@pytest.fixture
def running(ready: Site) -> Site:
    """The weekly runs on development."""
    ready.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    return ready


def test_what_other_policies_change_is_told_in_words_and_by_decision(running: Site, tmp_path: Path) -> None:
    before = running.everything()
    new = stricter(running, tmp_path)
    told = json.loads(running.ok("policy", "diff", str(running.root / "policies"), str(new), "-o", "json"))
    assert [each["sentence"] for each in told["changes"]] == [
        "commissioning: accepts no longer weekly",
        "commissioning: ran-on-development: for 2h -> 5h",
    ]
    assert told["compared"] >= len(told["decisions"]) > 0
    base = next(
        each for each in told["decisions"] if (each["place"], each["release"]) == (BASE, f"stack/{WEEKLY}")
    )
    assert (base["before"], base["after"]) == ("waiting", "refused")
    (accepts,) = base["findings"]
    assert (accepts["before"]["code"], accepts["after"]["code"]) == ("kind-accepted", "kind-not-accepted")
    text = running.ok("policy", "diff", str(running.root / POLICIES), str(new), "--target", BASE)
    assert f"stack/{WEEKLY} at {BASE}: waiting -> refused\n" in text
    assert "summit" not in text
    assert running.everything() == before


def test_the_same_policies_change_nothing(running: Site) -> None:
    told = running.ok("policy", "diff", str(running.root / "policies"), str(running.root / "policies"))
    assert told == "the policies ask the same\n0 decisions compared, none of them changes\n"


def test_files_of_two_levels_are_not_the_same_but_cannot_be_compared(running: Site) -> None:
    one, other = str(running.root / POLICIES), str(running.root / "policies" / "development.yaml")
    done = running.run("policy", "diff", one, other)
    assert done.exit_code == 2
    assert "have no level in common (commissioning; development)" in done.stderr


def test_exit_code_is_asked_for(running: Site, tmp_path: Path) -> None:
    old, new = str(running.root / POLICIES), str(stricter(running, tmp_path))
    assert running.run("policy", "diff", old, new).exit_code == 0
    assert running.run("policy", "diff", old, new, "--exit-code").exit_code == 1
    assert running.run("policy", "diff", old, old, "--exit-code").exit_code == 0
    assert running.run("policy", "diff", old, new, "--exit-code", "--target", PLACE).exit_code == 0


def test_without_a_workspace_the_words_are_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("init", str(tmp_path / "w"), "--sample", "simple").exit_code == 0
    policies = tmp_path / "w" / "policies"
    (policies / "tests").rename(tmp_path / "tests")
    policies.rename(tmp_path / "policies")
    monkeypatch.chdir(tmp_path)
    for words in (["init", "-q"], ["add", "policies"], ["commit", "-qm", "Policies"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", *words], check=True)
    production = Path("policies/production.yaml")
    production.write_text(production.read_text().replace("for: 1d", "for: 2d"))
    told = "production: ran-on-staging: for 1d -> 2d\n"
    assert run("policy", "diff", "HEAD:policies", "policies").stdout == told
    assert run("policy", "diff", "HEAD:policies/production.yaml", "policies").stdout == told
    assert run("policy", "diff", "HEAD:policies", "HEAD:policies").stdout == "the policies ask the same\n"
    assert run("policy", "diff", "HEAD:policies", "policies", "--exit-code").exit_code == 1
    for wrong, message in {
        "nothing": "nothing is not there",
        "no-such:policies": "no revision no-such",
        "HEAD:nothing": "HEAD has no policy",
    }.items():
        done = run("policy", "diff", wrong, "policies")
        assert done.exit_code == 2
        assert message in done.stderr


def test_a_wrong_policy_is_told_with_its_line(tmp_path: Path, running: Site) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((running.root / POLICIES).read_text().replace("for: 2h", "for: soon"))
    done = running.run("policy", "diff", str(running.root / POLICIES), str(wrong))
    assert done.exit_code == 2
    assert "spec.enter[2].for" in done.stderr


ASSUMED = """\
apiVersion: ldmrelease/v1alpha1
kind: PolicySimulation
with:
"""


def assume(folder: Path, text: str) -> str:
    file = folder / "assumed.yaml"
    file.write_text(ASSUMED + text)
    return str(file)


def test_time_moves_and_what_runs_now_runs_on(running: Site) -> None:
    before = running.everything()
    asked = ("policy", "simulate", WEEKLY, "--target", BASE)
    now = running.run(*asked)
    assert now.exit_code == 4
    assert now.stdout.startswith("SIMULATION: what would be decided now\n")
    assert now.stdout.endswith("\nSIMULATION: nothing of this is recorded, and nothing acts on it\n")
    assert running.run(*asked, "--at", "+119m").exit_code == 4
    later = running.run(*asked, "--at", "+2h")
    assert later.exit_code == 0
    assert "2023-04-20T14:00:00Z (in 2h)" in later.stdout
    assert running.run(*asked, "--at", "2023-04-20T14:00:00Z", "-o", "json").stdout == (
        running.run(*asked, "--at", "+2h", "-o", "json").stdout
    )
    assert running.run("check", WEEKLY, "--target", BASE).exit_code == 4
    assert running.everything() == before


def test_what_is_assumed_is_decided_on_and_no_ledger_has_it(running: Site, tmp_path: Path) -> None:
    before = running.everything()
    file = assume(
        tmp_path,
        """\
  residences: {tucson-teststand/ocps: {since: 3h}}
  runs: {smoke: {environment: usdfdev, result: FAILED}}
  holds: [freeze of the base]
""",
    )
    told = json.loads(
        running.run("policy", "simulate", WEEKLY, "--target", BASE, "--with", file, "-o", "json").stdout
    )
    assert told["simulation"] is True
    findings = {each["requirement"]: each for each in told["decisions"][0]["findings"]}
    assert [each["hold"] for each in findings["held"]["values"]["holds"]] == ["freeze of the base"]
    assert findings["ran-on-development"]["values"]["place"] == "tucson-teststand/ocps"
    assert findings["smoke-on-development"]["code"] == "failed"
    assert running.everything() == before


def test_what_a_simulation_cannot_assume_is_told_with_its_line(running: Site, tmp_path: Path) -> None:
    file = assume(
        tmp_path, "  place: base/ocps\n  release: {tag: w.2023.15}\n  residences: {bse/ocps: {since: 1h}}\n"
    )
    done = running.run("policy", "simulate", WEEKLY, "--target", BASE, "--with", file, "-o", "json")
    assert done.exit_code == 2
    problems = json.loads(done.stdout)["error"]["problems"]
    assert [(each["line"], each["field"]) for each in problems] == [
        (4, "with.place"),
        (5, "with.release.tag"),
        (6, "with.residences.bse/ocps"),
    ]


@pytest.mark.parametrize("at", ["soon", "2023-04-19T00:00:00Z", "+5 hours", "2h"])
def test_a_time_that_is_none_or_has_been_is_refused(running: Site, at: str) -> None:
    done = running.run("policy", "simulate", WEEKLY, "--target", BASE, "--at", at)
    assert done.exit_code == 2
    assert "--at: " in done.stderr


def test_the_schema_of_what_is_assumed_is_for_editors() -> None:
    schema = json.loads(run("policy", "schema", "--simulation").stdout)
    assert schema["properties"]["kind"]["const"] == "PolicySimulation"
    assert run("policy", "schema", "--simulation", "--cases").exit_code == 2
