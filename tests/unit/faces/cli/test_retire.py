"""`retire` takes off what is written, known or not; again, there is nothing to do."""

import json

import pytest

from tests.workspace import MENU, WEEKLY, Site

FILE = "applications/nublado/values-usdfdev.yaml"


def slipped(site: Site, text: str) -> None:
    """Somebody writes into the menu what names nothing."""
    site.edit(lambda now: now.replace("- w_2023_13", f"- {text}\n        - w_2023_13"), f"gitops/{FILE}")
    site.git("commit", "-q", "-m", "By hand", "--", FILE)


@pytest.mark.parametrize(
    ("text", "name"),
    [("w_2099_01", "w.2099.01"), ("w_2099_01", "w_2099_01"), ("nonsense", "nonsense"), ("'2.0 x'", "2.0 x")],
)
def test_what_no_release_is_known_of_can_be_taken_out(ready: Site, text: str, name: str) -> None:
    before = ready.committed(MENU)
    slipped(ready, text)
    ready.ok("retire", name, "--target", MENU, "--dry-run")
    said = ready.ok("retire", name, "--target", MENU, "--reason", "a slip")
    assert "RETIRED" in said
    assert ready.committed(MENU).split("numReleases")[0] == before.split("numReleases")[0]
    assert text not in ready.committed(MENU)
    left = ready.everything()
    again = json.loads(ready.ok("retire", name, "--target", MENU, "-o", "json"))
    assert again["answer"] == "nothing-to-do"
    assert ready.everything() == left


def test_what_is_written_and_was_never_seen_can_be_taken_out(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    slipped(ready, "w_2023_16")
    ready.ok("retire", WEEKLY, "--target", MENU)
    assert "w_2023_16" not in ready.committed(MENU)


def test_what_is_neither_written_nor_known_is_a_mistake(ready: Site) -> None:
    before = ready.everything()
    done = ready.run("retire", "w.2099.01", "--target", MENU)
    assert done.exit_code == 2
    assert "is not pinned" in done.stderr
    assert ready.everything() == before


def test_what_is_taken_out_becomes_no_release_that_can_be_promoted(ready: Site) -> None:
    slipped(ready, "w_2099_01")
    ready.ok("retire", "w.2099.01", "--target", MENU)
    assert ready.run("promote", "w.2099.01", "--target", MENU).exit_code != 0
    assert ready.run("promote", "w_2099_01", "--target", MENU).exit_code != 0
    assert "w_2099_01" not in ready.ok("release", "list")


def test_it_is_the_act_of_whose_key_is_named(ready: Site) -> None:
    slipped(ready, "w_2099_01")
    before = ready.everything()
    words = ("retire", "w.2099.01", "--target", MENU, "--reason", "a slip", "--key")
    refused = ready.run(*words, str(ready.root / "keys/runner.pem"))
    assert refused.exit_code == 2
    assert "would not count" in refused.stderr
    assert ready.everything() == before
    key = ready.root / "keys/nora.pem"
    ready.ok("key", "new", "nora", "--out", str(key))
    ready.ok("trust", "add-key", "nora", str(key), "--role", "release-manager", "--person", "Nora", "--yes")
    ready.ok(*words, str(key))
    last = json.loads(ready.ok("promotions", "list", "-o", "json"))[-1]
    assert (last["intent"], last["by"]) == ("retire", "Nora")
