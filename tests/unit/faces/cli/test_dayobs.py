"""A night, from noon to noon UTC: what ran at each place from when to when, the gaps, and how it is shown."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.render import output
from ldmrelease.render.output import Output
from tests.workspace import BASE, BEFORE, PLACE, SUMMIT, WEEKLY, Site

GOLDEN = Path(__file__).parents[3] / "data" / "tables"
NIGHT, NEXT = "20230420", "20230421"
NOON, ONE, TWO, NOON_AFTER = (
    "2023-04-20T12:00:00Z",
    "2023-04-20T13:00:00Z",
    "2023-04-20T14:00:00Z",
    "2023-04-21T12:00:00Z",
)
LATE = "2023-04-22T14:00:00Z"


@pytest.fixture(scope="module")
def played(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Noon: seen as it was. One o'clock: the weekly comes to a place. Two, and two days later: observed again.

    Nobody looks at the answer of another test: all of them only read.
    """
    site = ready_once.copy(tmp_path_factory.mktemp("night") / "workspace")
    site.advance(hours=1)
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.advance(hours=1)
    site.ok("observe")
    site.advance(days=2)
    site.ok("observe")
    return site


def night(site: Site, *words: str, command: str = "where") -> dict[str, Any]:
    return json.loads(site.ok(command, *words, "-o", "json"))  # type: ignore[no-any-return]


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["release"], row["start"], row["end"], row["state"], row["ending"]


def test_an_image_is_there_from_when_it_was_seen_to_when_it_was_seen_to_be_gone(played: Site):
    answer = night(played, PLACE, "--dayobs", NIGHT)
    assert (answer["dayobs"], answer["begin"], answer["end"]) == (NIGHT, NOON, NOON_AFTER)
    old, new, gap = answer["stretches"]
    assert told(old) == (f"stack/{BEFORE}", NOON, ONE, "committed", "gone")
    assert told(new) == (f"stack/{WEEKLY}", ONE, TWO, "committed", "unobserved")
    assert told(gap) == (None, TWO, NOON_AFTER, "unobserved", None)
    assert (new["allowed"], gap["last"], gap["next"]) == (ONE, TWO, LATE)


def test_a_night_in_which_nobody_looked_is_one_gap(played: Site):
    (gap,) = night(played, SUMMIT, "--dayobs", NEXT)["stretches"]
    assert told(gap) == (None, NOON_AFTER, "2023-04-22T12:00:00Z", "unobserved", None)
    assert (gap["last"], gap["next"]) == (TWO, LATE)


def test_before_the_first_observation_it_is_not_yet_observed(played: Site):
    (row,) = night(played, SUMMIT, "--dayobs", "20230419")["stretches"]
    assert (row["state"], row["end"], row["last"], row["next"]) == ("not-yet-observed", NOON, None, NOON)


def test_the_night_that_is_not_over_ends_now(played: Site):
    answer = night(played, PLACE, "--dayobs", "20230422")
    gap, row = answer["stretches"]
    assert (answer["end"], gap["end"], row["end"], row["ending"]) == (LATE, LATE, LATE, "night")


def test_by_what_was_known_then_a_night_ends_then(played: Site):
    answer = night(played, PLACE, "--dayobs", NIGHT, "--known-at", NOON)
    (row,) = answer["stretches"]
    assert (answer["known"], answer["end"], row["release"]) == (NOON, NOON, f"stack/{BEFORE}")


def test_of_a_release_there_are_its_stretches_and_the_gaps_where_it_was_seen(played: Site):
    for command, words in {"where": ("--release", WEEKLY), "history": (WEEKLY,)}.items():
        rows = night(played, *words, "--dayobs", NIGHT, command=command)["stretches"]
        assert [(each["place"], each["state"]) for each in rows] == [
            (PLACE, "committed"),
            (PLACE, "unobserved"),
        ]


def test_history_and_where_tell_the_same_of_a_place(played: Site):
    assert night(played, "base", "--dayobs", NIGHT) == night(
        played, "base", "--dayobs", NIGHT, command="history"
    )
    everything = night(played, "--dayobs", NIGHT, command="history")
    assert everything == night(played, "--dayobs", NIGHT)
    assert {each["place"] for each in everything["stretches"]} >= {PLACE, BASE, SUMMIT}


@pytest.mark.parametrize("command", ["where", "history"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dayobs", "2023-04-20"), "'2023-04-20' is not a night; write it like 20230421"),
        (("--dayobs", "20230231"), "the calendar has no such day"),
        (
            ("--dayobs", "20230423"),
            "begins at 2023-04-23T12:00:00Z, and it is 2023-04-22T14:00:00Z; tonight is 20230422",
        ),
        (("--dayobs", NIGHT, "--known-at", "2023-04-20T11:00:00Z"), "begins at"),
        (("w.2023.99", "--dayobs", NIGHT), "is not a tag of"),
        (("summitt", "--dayobs", NIGHT), "did you mean summit?"),
    ],
)
def test_what_is_no_night_that_has_begun_is_refused(
    played: Site, command: str, words: tuple[str, ...], message: str
):
    done = played.run(command, *words)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert message in done.stderr


def test_an_image_that_nobody_knows_is_no_answer_of_a_night_either(played: Site):
    done = played.run("where", "--image", "w_2023_99", "--dayobs", NIGHT)
    assert (done.exit_code, done.stdout) == (ExitCode.BAD_INPUT, "")
    assert "no release has the image 'w_2023_99', and no place" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("where", "--dayobs", NIGHT, "--at", NOON),
        ("where", "--dayobs", NIGHT, "--live"),
        ("where", "--dayobs", NIGHT, "--desired"),
        ("history", "--dayobs", NIGHT, "--from", NOON),
        ("history", "--dayobs", NIGHT, "--to", NOON),
    ],
)
def test_a_night_goes_with_no_other_time(played: Site, words: tuple[str, ...]):
    done = played.run(*words)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "does not go with" in done.stderr


def history(site: Site, *words: str) -> list[tuple[str, str]]:
    rows = json.loads(site.ok("history", PLACE, *words, "-o", "json"))
    return [(each["release"], each["first"]) for each in rows]


def test_a_history_is_of_a_time_and_of_what_was_known(played: Site):
    old, new = (f"stack/{BEFORE}", NOON), (f"stack/{WEEKLY}", ONE)
    assert history(played) == [old, new]
    assert history(played, "--from", ONE) == [new]
    assert history(played, "--from", "2023-04-20T12:59:59Z") == [old, new]
    assert history(played, "--to", "2023-04-20T12:59:59Z") == [old]
    assert history(played, "--from", "2023-04-20T10:00:00Z", "--to", "2023-04-20T11:00:00Z") == []
    assert history(played, "--known-at", NOON) == [old]
    (known,) = json.loads(played.ok("history", PLACE, "--known-at", NOON, "-o", "json"))
    assert known["ended"] is None


def test_a_history_whose_end_is_before_its_beginning_is_refused(played: Site):
    done = played.run("history", "--from", ONE, "--to", NOON)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert f"--to {NOON} is before --from {ONE}" in done.stderr


TABLES = (
    ("where", "base", "--at", "2023-04-20T12:30:00Z"),
    ("where", PLACE, "--at", "2023-04-20T12:30:00Z"),
    ("where", PLACE, "--at", "2023-04-21T12:30:00Z"),
    ("where", PLACE, "--at", "2023-04-20T11:30:00Z"),
    ("where", PLACE, "--dayobs", NIGHT),
    ("where", "--release", WEEKLY, "--dayobs", NIGHT),
    ("where", SUMMIT, "--dayobs", NEXT),
    ("history", PLACE, "--dayobs", NIGHT, "--known-at", ONE),
)


@pytest.mark.parametrize("columns", [80, None], ids=["80", "wide"])
def test_the_tables_are_as_they_were_agreed(
    played: Site, columns: int | None, monkeypatch: pytest.MonkeyPatch
):
    """`WRITE_GOLDEN=1` writes them anew, where the change is meant."""
    monkeypatch.setattr(output, "_columns", lambda form: None if form is Output.wide else columns)
    listed = json.loads(played.ok("promotions", "list", "-o", "json"))
    text = "\n".join(f"$ ldmrelease {' '.join(words)}\n{played.ok(*words)}" for words in TABLES)
    text = text.replace(listed[0]["promotion"], "P-1")
    path = GOLDEN / f"past-{columns or 'wide'}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text
