"""`where` as of a time, by what was known at a time, and with its filters: what a user types, and is told."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.workspace import BEFORE, MENU, PLACE, SUMMIT, WEEKLY, Site

NOON, ONE, TWO = (f"2023-04-20T{hour}:00:00Z" for hour in (12, 13, 14))


@pytest.fixture(scope="module")
def played_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Noon: seen as it was. One o'clock: the weekly comes to a place. Two, and two days later: observed again."""
    site = ready_once.copy(tmp_path_factory.mktemp("played") / "workspace")
    site.advance(hours=1)
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.advance(hours=1)
    site.ok("observe")
    site.advance(days=2)
    site.ok("observe")
    return site


@pytest.fixture
def played(played_once: Site, tmp_path: Path) -> Site:
    return played_once.copy(tmp_path / "workspace")


def rows(site: Site, *words: str) -> list[dict[str, Any]]:
    return json.loads(site.ok("where", *words, "-o", "json"))  # type: ignore[no-any-return]


def row(site: Site, *words: str) -> dict[str, Any]:
    (found,) = rows(site, *words)
    return found


def test_at_a_time_it_is_what_ran_then(played: Site):
    before, after = (row(played, PLACE, "--at", f"2023-04-20T{each}Z") for each in ("12:59:59", "13:00:00"))
    assert (before["release"], before["last"], before["next"]) == (f"stack/{BEFORE}", NOON, ONE)
    assert (before["state"], before["gone"], before["promotion"]) == ("committed", True, None)
    assert (after["release"], after["last"], after["next"]) == (f"stack/{WEEKLY}", ONE, TWO)
    assert (after["allowed"], after["named"]) == (ONE, "admitted")


def test_what_the_next_observation_saw_no_more_is_gone_by_then(ready: Site):
    ready.advance(hours=1)
    ready.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    ready.ok("observe")
    found = row(ready, PLACE, "--at", "2023-04-20T12:30:00Z")
    assert (found["spelling"], found["gone"], found["next"]) == ("al9-w_2023_15", True, ONE)
    assert f"committed, gone by {ONE}" in ready.ok("where", PLACE, "--at", "2023-04-20T12:30:00Z")


def test_between_observations_too_far_apart_it_is_unobserved(played: Site):
    late = "2023-04-22T14:00:00Z"
    found = row(played, SUMMIT, "--at", "2023-04-21T12:00:00Z")
    assert (found["state"], found["last"], found["next"]) == ("unobserved", TWO, late)
    told = played.ok("where", SUMMIT, "--at", "2023-04-21T12:00:00Z")
    assert f"unobserved from {TWO} to {late}" in told


def test_before_the_first_observation_it_is_not_yet_observed(played: Site):
    found = row(played, SUMMIT, "--at", "2023-04-20T11:59:59Z")
    assert (found["state"], found["next"], found["release"]) == ("not-yet-observed", NOON, None)
    assert f"not yet observed, first at {NOON}" in played.ok("where", SUMMIT, "--at", "2023-04-20T10:00:00Z")
    unknown = row(played, SUMMIT, "--known-at", "2023-04-20T10:00:00Z")
    assert (unknown["state"], unknown["next"]) == ("never-observed", None)


def test_by_what_was_known_then_the_answer_is_the_one_that_was_given_then(ready: Site):
    given = rows(ready)
    ready.advance(hours=1)
    ready.ok("release", "pin", "24.0.0")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    named = rows(ready, "--at", NOON)
    assert rows(ready, "--known-at", NOON) == given == rows(ready, "--at", NOON, "--known-at", NOON)
    new = {each["release"] for each in named} - {each["release"] for each in given}
    assert new == {"stack/24.0.0"}


def test_a_time_may_be_said_by_how_long_ago_it_was(played: Site):
    assert rows(played, "--at", "49h ago") == rows(played, "--at", ONE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "2023-04-20",
            "is a whole day; say when, as 2023-04-20T18:00:00Z, or which night: --dayobs 20230420",
        ),
        ("20230420", "is a whole day; say when, as 2023-04-20T18:00:00Z, or which night: --dayobs 20230420"),
        ("2023-04-20 12:30", "has no zone; write 2023-04-20T12:30Z for UTC, or 2023-04-20T12:30-04:00"),
        ("2023-04-20T12:30:10", "has no zone; write 2023-04-20T12:30:10Z"),
        ("yesterday", "is not a time; write it like 2023-04-21T18:00:00Z, or `2h ago`"),
        ("2 hours ago", "is not a time"),
        ("", "is not a time"),
        ("2023-02-30T00:00:00Z", "is not a time"),
        ("0001-01-01T00:00:00+14:00", "is not a time"),
        ("999999999w ago", "is not a time"),
        ("1066-10-14T09:00:00Z", "is before there were ledgers"),
        ("2030-01-01T00:00:00Z", "is to come: it is 2023-04-22T14:00:00Z"),
        ("2023-04-20T12:30:00Z\x1b[31m", "is not a time"),
    ],
)
@pytest.mark.parametrize("option", ["--at", "--known-at"])
def test_what_is_no_time_that_has_been_is_refused_with_what_to_write(
    played_once: Site, option: str, text: str, told: str
):
    done = played_once.run("where", option, text)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert told in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("text", ["2023-04-20T13:00:00Z", "2023-04-20 13:00Z", "2023-04-20T09:00:00-04:00"])
def test_a_time_with_its_zone_is_read_in_any_spelling(played_once: Site, text: str):
    assert row(played_once, PLACE, "--at", text)["last"] == ONE


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--live", "--at", NOON), "--live does not go with --at"),
        (("--live", "--known-at", NOON), "--live does not go with --known-at"),
        (("--desired", "--dayobs", "20230420"), "--desired does not go with --dayobs"),
        (("--desired", "--release", WEEKLY), "--desired does not go with --release"),
        (("--release", "w.2023.99"), "is not a tag of"),
        (("--release", f"{WEEKLY}@7"), f"has no revision '7'; it has {WEEKLY}@1"),
        (("--component", "scipip"), "there is no component 'scipip'; did you mean scipipe?"),
        (("--image", "sha256:dead"), "no release has the image 'sha256:dead', and no place"),
        (("--image", "al9-w_2023_17x"), "did you mean al9-w_2023_1"),
        (("--image", "nowhere.example/x:1"), "no release has the image"),
        (("--image", "not an image"), "--image: not an image tag"),
        (("-e", "sumit", "--at", NOON), "did you mean summit?"),
    ],
)
def test_what_cannot_be_asked_is_refused(played_once: Site, words: tuple[str, ...], told: str):
    done = played_once.run("where", *words)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert told in done.stderr


def test_filters_hold_together_and_each_leaves_what_is_meant(played_once: Site):
    everything = rows(played_once)
    digest = row(played_once, PLACE)["digest"]
    for words, meant in {
        ("--release", WEEKLY): lambda each: each["release"] == f"stack/{WEEKLY}",
        ("--release", f"{WEEKLY}@1"): lambda each: each["release"] == f"stack/{WEEKLY}",
        ("--component", "scipipe"): lambda each: each["component"] == "scipipe",
        ("--component", "stack/sciplat-lab"): lambda each: each["component"] == "sciplat-lab",
        ("--image", digest): lambda each: each["digest"] == digest,
        ("--image", digest[:20]): lambda each: each["digest"] == digest,
        ("--image", "al9-w_2023_15"): lambda each: each["spelling"] == "al9-w_2023_15",
        ("--image", "oci:images/scipipe"): lambda each: each["component"] == "scipipe",
        ("--image", "oci:images/scipipe:al9-w_2023_15"): lambda each: each["spelling"] == "al9-w_2023_15",
        ("--image", f"oci:images/scipipe@{digest}"): lambda each: each["digest"] == digest,
        ("--component", "scipipe", "--release", BEFORE, "-e", "base"): lambda each: (
            each["place"] == "base/ocps"
        ),
    }.items():
        found = rows(played_once, *words)
        assert found == [each for each in everything if meant(each)], words
        assert found


def test_a_filter_that_nothing_fits_then_is_an_answer_and_no_mistake(played_once: Site):
    assert rows(played_once, "--release", WEEKLY, "--at", NOON) == []
    assert rows(played_once, MENU, "--component", "scipipe") == []
    assert played_once.ok("where", "--release", WEEKLY, "--at", NOON).strip() == "not deployed anywhere"


def test_nowhere_is_said_of_the_target_and_of_what_was_observed(played: Site):
    at = ("--release", WEEKLY, "--at")
    assert played.ok("where", *at, NOON, "-e", "summit").strip() == "not deployed at summit"
    unseen = "2023-04-21T12:00:00Z"
    told = f"not deployed at {SUMMIT}, as far as was observed; unobserved: {SUMMIT}"
    assert played.ok("where", SUMMIT, *at, unseen).strip() == told
    night = played.ok("where", "-e", SUMMIT, "--release", WEEKLY, "--dayobs", "20230421")
    assert night.splitlines()[-1] == told


def test_an_image_that_runs_nowhere_leads_to_its_release(played: Site):
    done = played.run("where", "--image", "w_2023_15", "--at", NOON)
    assert (done.exit_code, done.stdout.strip()) == (0, "not deployed anywhere")
    command = f"ldmrelease where --release stack/{BEFORE}"
    assert "w_2023_15 is the tag of sciplat-lab" in done.stderr
    assert done.stderr.strip().endswith(command)
    assert rows(played, *command.split()[2:], "--at", NOON)


def test_what_was_not_pinned_yet_names_no_release_of_then(ready: Site):
    ready.advance(hours=1)
    ready.ok("release", "pin", WEEKLY)
    assert rows(ready, "--release", WEEKLY) == []
    done = ready.run("where", "--release", WEEKLY, "--known-at", NOON)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "is not pinned" in done.stderr


def test_filters_hold_for_what_is_asked_live_too(played_once: Site):
    found = rows(played_once, "--live", "--component", "scipipe", "--release", WEEKLY)
    assert [each["place"] for each in found] == [PLACE]


def test_a_place_that_has_gone_from_the_workspace_is_known_to_the_past_alone(played: Site):
    before = row(played, PLACE, "--at", ONE)
    played.edit(lambda text: re.sub(r"(?m)^  usdfdev(?=[:/])", "  usdfnew", text), "trust.yaml")
    played.edit(lambda text: text.replace("\n  usdfdev:\n", "\n  usdfnew:\n"))
    assert row(played, PLACE, "--at", ONE) == {**before, "level": ""}
    told = rows(played, "usdfdev", "--at", ONE, "--component", "scipipe")
    assert [each["place"] for each in told] == [PLACE]
    assert PLACE in {each["place"] for each in rows(played, "--at", ONE)}
    assert PLACE not in {each["place"] for each in rows(played)}
    assert played.run("where", PLACE).exit_code == ExitCode.BAD_INPUT
    night = json.loads(played.ok("where", PLACE, "--dayobs", "20230420", "-o", "json"))
    assert {each["place"] for each in night["stretches"]} == {PLACE}
    ran = [each["release"] for each in json.loads(played.ok("history", PLACE, "-o", "json"))]
    assert ran == [f"stack/{BEFORE}", f"stack/{WEEKLY}"]


def test_a_place_that_a_projection_alone_has_was_never_there(played: Site):
    """Whoever writes rows has no key of an observer."""
    with sqlite3.connect(played.root / "ledger.db") as database:
        (value,) = database.execute(
            "SELECT value FROM states WHERE projection = 'observed' AND key = ?", (f"place/{PLACE}",)
        ).fetchone()
        forged = ("observed", f"place/{PLACE}".replace("usdfdev", "ghost"), value.replace("usdfdev", "ghost"))
        database.execute("INSERT INTO states VALUES (?, ?, ?)", forged)
    database.close()
    found = {each["place"] for each in rows(played, "--at", ONE)}
    assert PLACE in found
    night = json.loads(played.ok("where", "--dayobs", "20230420", "-o", "json"))["stretches"]
    ran = json.loads(played.ok("history", "-o", "json"))
    assert not [
        each for each in found | {each["place"] for each in (*night, *ran)} if each.startswith("ghost/")
    ]
