"""What is told where the same is wrong at many places: one line, and what to do about it."""

from __future__ import annotations

import json

from tests.workspace import PLACE, WEEKLY, Site

REMEDY = "gitops is not a git repository; clone it there, or name its folder or URL in ldmrelease.yaml"


def test_a_repository_that_is_gone_is_told_once_with_every_place(ready: Site) -> None:
    (ready.root / "gitops").rename(ready.root / "elsewhere")
    for words in (("observe",), ("ledger", "verify"), ("doctor",), ("drift",)):
        done = ready.run(*words)
        told = [line for line in (done.stdout + done.stderr).splitlines() if "git repository" in line]
        assert len(told) == 1, words
        assert REMEDY in told[0]
        assert PLACE in told[0]
        assert "summit/ocps" in told[0]


def test_check_names_all_places_of_one_trouble(ready: Site) -> None:
    (ready.root / "gitops").rename(ready.root / "elsewhere")
    told = ready.run("check", WEEKLY, "--target", "development").stdout
    assert told.count(REMEDY) == 1
    assert "usdfdev/batch, usdfint/batch and tucson-teststand/ocps: " in told


def test_verify_says_why_a_place_was_not_asked(ready: Site) -> None:
    (ready.root / "gitops").rename(ready.root / "elsewhere")
    unasked = json.loads(ready.run("ledger", "verify", "-o", "json").stdout)["unasked"]
    assert {each["sentence"] for each in unasked} == {REMEDY}
    assert PLACE in {each["where"] for each in unasked}


def test_a_look_needs_no_key_and_a_promotion_does(ready: Site) -> None:
    ready.edit(lambda text: text.replace("  me: keys/me.pem\n", ""))
    assert ready.run("check", WEEKLY, "--target", PLACE).exit_code == 0
    assert ready.run("promote", WEEKLY, "--target", PLACE, "--dry-run").exit_code == 0
    refused = ready.run("promote", WEEKLY, "--target", PLACE)
    assert refused.exit_code == 2
    assert "no key for 'me'" in refused.stderr
