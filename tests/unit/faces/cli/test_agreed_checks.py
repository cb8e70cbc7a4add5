"""What a check runs and where a product's images come from are agreed to, as policies are: nothing else is signed."""

import json
import shutil

import pytest

from ldmrelease.config.workspace.model import FILE
from tests.workspace import BEFORE, PLACE, WEEKLY, Site, agree_workspace

SCRIPT = "checks/smoke.sh"
EVIL = "#!/bin/sh\nexit 0\n"
PRODUCT = ("image: oci:images/scipipe", "image: oci:images/elsewhere")
CHECK = ("deadline: 10m", "deadline: 59m")


def edit(site: Site, old: str, new: str) -> None:
    """Without the trust document, as whoever lacks its signers' agreement has to."""
    file = site.root / FILE
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new, 1))


@pytest.fixture
def evil(ready: Site) -> Site:
    """Somebody who can write the workspace's files lets a check pass whatever it is about."""
    ready.smoke(passes=False)
    (ready.root / SCRIPT).write_text(EVIL)
    return ready


@pytest.mark.parametrize(
    "words",
    [
        ("check-run", "smoke", BEFORE, "--target", PLACE),
        ("promote", WEEKLY, "--target", PLACE),
        ("promote", WEEKLY, "--target", "development"),
    ],
)
def test_a_check_that_nobody_agreed_to_is_not_run(evil: Site, words: tuple[str, ...]) -> None:
    before = evil.everything()
    done = evil.run(*words)
    assert done.exit_code == 2, done.stdout
    assert f"check smoke differs from what the trust document records ({SCRIPT} changed)" in done.stderr
    assert "`ldmrelease trust agree` records it" in done.stderr
    assert evil.everything() == before


def test_a_look_says_that_it_is_hypothetical(evil: Site) -> None:
    assert "hypothetical: check smoke differs" in evil.run("check", WEEKLY, "--target", PLACE).stdout
    told = json.loads(evil.run("check", WEEKLY, "--target", PLACE, "-o", "json").stdout)
    assert told["unagreed_checks"] == ["smoke"]
    dry = evil.run("promote", WEEKLY, "--target", PLACE, "--dry-run")
    assert "hypothetical: check smoke differs" in dry.stdout


def test_lint_and_doctor_name_the_file_and_agreeing_shows_and_records_it(evil: Site) -> None:
    lint = evil.run("workspace", "lint")
    assert lint.exit_code == 1
    assert f"records ({SCRIPT}): it is not run until that is updated" in lint.stdout
    told = json.loads(evil.run("doctor", "-o", "json").stdout)
    assert [each["health"] for each in told if each["what"] == "check smoke"] == ["warn"]
    agreed = json.loads(evil.ok("trust", "agree", "--yes", "-o", "json"))
    assert [each["field"] for each in agreed["changes"]] == [
        "checks.smoke.digest",
        f'checks.smoke.files."{SCRIPT}"',
    ]
    assert SCRIPT in agreed["difference"]
    evil.ok("workspace", "lint")
    evil.ok("promote", WEEKLY, "--target", PLACE)


def test_only_results_of_the_agreed_check_count(ready: Site) -> None:
    """A pass of the script as it was agreed counts for what it was about, whatever stands in the file now."""
    ready.ok("promote", WEEKLY, "--target", PLACE)
    (ready.root / SCRIPT).write_text(EVIL)

    def verdict() -> list[tuple[str, str]]:
        told = json.loads(ready.run("check", WEEKLY, "--target", "base/ocps", "-o", "json").stdout)
        found = [each for decision in told["decisions"] for each in decision["findings"]]
        return [(each["requirement"], each["outcome"]) for each in found if each["rule"] == "check"]

    agreed = verdict()
    agree_workspace(ready.root)
    assert "satisfied" in {outcome for _, outcome in agreed}
    assert "satisfied" not in {outcome for _, outcome in verdict()}


def test_another_definition_is_another_check(ready: Site) -> None:
    edit(ready, *CHECK)
    done = ready.run("check-run", "smoke", BEFORE, "--target", PLACE)
    assert (done.exit_code, "(its definition changed)" in done.stderr) == (2, True)


def test_a_check_that_the_document_does_not_have_is_not_run(ready: Site) -> None:
    trust = ready.root / "trust.yaml"
    text = trust.read_text()
    start = text.index("checks:\n")
    trust.write_text(text[:start] + text[text.index("roles:\n") :])
    done = ready.run("check-run", "smoke", BEFORE, "--target", PLACE)
    assert done.exit_code in (2, 3), done.stdout
    assert "does not record smoke" in ready.run("workspace", "lint").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("release", "pin", WEEKLY),
        ("promote", WEEKLY, "--target", PLACE),
        ("check-run", "smoke", BEFORE, "--target", PLACE),
    ],
)
def test_a_product_from_elsewhere_is_nothing_to_sign_about(ready: Site, words: tuple[str, ...]) -> None:
    """Its images come from a repository that nobody agreed to, and the place names that one, too."""
    shutil.copytree(ready.root / "images/scipipe", ready.root / "images/elsewhere")
    ready.commit_by_hand(PLACE, "images/scipipe", "images/elsewhere")
    edit(ready, *PRODUCT)
    before = ready.everything()
    done = ready.run(*words)
    assert done.exit_code == 2, done.stdout
    assert "product stack differs from what the trust document records" in done.stderr
    assert ready.everything() == before


def test_what_runs_of_such_a_product_is_not_observed_and_said(ready: Site) -> None:
    shutil.copytree(ready.root / "images/scipipe", ready.root / "images/elsewhere")
    edit(ready, *PRODUCT)
    before = ready.head()
    observed = ready.run("observe", "--target", PLACE)
    assert observed.exit_code == 3
    assert "product stack differs" in observed.stderr
    assert ready.head() == before
    lint = ready.run("workspace", "lint")
    assert "products.stack: is not what" in lint.stdout
    told = json.loads(ready.run("doctor", "-o", "json").stdout)
    assert [each["health"] for each in told if each["what"] == "product stack"] == ["warn"]
    agreed = json.loads(ready.ok("trust", "agree", "--yes", "-o", "json"))
    assert [each["field"] for each in agreed["changes"]] == ["products.stack"]
    assert "products.stack" not in ready.run("workspace", "lint").stdout
