"""Two tags for one thing: said when it is pinned, and wherever releases are listed; nobody is told to promote it."""

import json

import pytest

from tests.workspace import BEFORE, MENU, WEEKLY, Site

WORDS = "the images of v24.0.0 are those of 24.0.0: a second spelling"


@pytest.fixture
def twice(ready: Site) -> Site:
    ready.ok("release", "pin", "24.0.0")
    return ready


def test_whoever_pins_a_second_spelling_is_told_so(twice: Site) -> None:
    done = twice.run("release", "pin", "v24.0.0", "-o", "json")
    assert done.exit_code == 0
    assert f"warning: {WORDS}" in done.stderr
    assert json.loads(done.stdout)["second_spelling_of"] == "24.0.0"
    again = twice.run("release", "pin", "v24.0.0")
    assert f"warning: {WORDS}" in again.stderr
    assert "warning" not in twice.run("release", "pin", "24.0.0").stderr, "the first one is none"


def test_lists_and_doctor_report_it(twice: Site) -> None:
    twice.ok("release", "pin", "v24.0.0")
    assert "second spelling of 24.0.0" in twice.ok("release", "list")
    rows = {
        each["tag"]: each["second_spelling_of"]
        for each in json.loads(twice.ok("release", "list", "-o", "json"))
    }
    assert rows == {BEFORE: None, "24.0.0": None, "v24.0.0": "24.0.0"}
    assert twice.ok("release", "show", "v24.0.0").startswith(WORDS)
    assert json.loads(twice.ok("release", "show", "24.0.0", "-o", "json"))["second_spelling_of"] is None
    assert WORDS in twice.run("doctor").stdout


def test_a_release_that_is_another_is_no_second_spelling(twice: Site) -> None:
    assert "second spelling" not in twice.run("release", "pin", "v24.0.0.rc4").stderr
    twice.ok("release", "pin", WEEKLY)
    assert "second spelling" not in twice.ok("release", "list")


def test_drift_never_advises_to_promote_it(twice: Site) -> None:
    twice.ok("release", "pin", "v24.0.0")
    twice.ok("observe")
    told = json.loads(twice.run("drift", "-o", "json").stdout)["drift"]
    advised = [each["fix"] for each in told if each["fix"]]
    assert advised
    assert not [each for each in advised if "v24.0.0" in each]
    assert not [each for each in told if each["blocked"] and "v24.0.0" in each["blocked"]["command"]]
    assert "v24.0.0" not in twice.run("drift", "--target", MENU).stdout
