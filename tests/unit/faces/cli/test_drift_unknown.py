"""`drift` where a place does not answer: what imports, others and our own observations say is told apart."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.drift import UNKNOWN_WORDS
from ldmrelease.domain.times import spell
from ldmrelease.histories.table import COLUMNS
from ldmrelease.services.audit.unknown_states import UNKNOWN_STATES
from tests.workspace import PLACE, Site

ENVIRONMENT, APPLICATION = PLACE.split("/")
OTHERS = "a web page"


@pytest.fixture
def away(ready: Site) -> Site:
    """The trees of all places are away, and so is nearly everybody's knowledge of them."""
    (ready.root / "gitops").rename(ready.root / "away")
    return ready


def unknown(site: Site) -> dict[str, dict[str, Any]]:
    done = site.run("drift", "--target", PLACE, "-o", "json")
    assert done.exit_code == ExitCode.UNDECIDED
    told = json.loads(done.stdout)
    assert told["drift"] == []
    return {each["code"]: each for each in told["unknown"]}


def import_table(site: Site, folder: Path) -> None:
    file = folder / "history.tsv"
    path = f"applications/{APPLICATION}/values-{ENVIRONMENT}.yaml"
    row = f"2023-04-01T00:00:00Z\t{ENVIRONMENT}\t{APPLICATION}\timage.tag\tal9-w_2023_13\t\tc1\t{path}"
    file.write_text("\t".join(COLUMNS) + "\n" + row + "\n")
    site.ok("audit", "import", "table", str(file))


def import_sighting(site: Site, time: str) -> None:
    seen = {
        "environment": ENVIRONMENT,
        "application": APPLICATION,
        "time": time,
        "image": "scipipe:al9-w_2023_14",
    }
    done = site.run("audit", "import", "observations", "-", "--by", OTHERS, input=json.dumps([seen]))
    assert done.exit_code == 0, done.stderr


def test_what_we_have_seen_lately_is_not_unknown(away: Site) -> None:
    assert unknown(away) == {}


def test_a_place_at_which_nobody_looks_any_more_is_unobserved(away: Site) -> None:
    looked = away.now
    away.advance(days=10)
    found = unknown(away)["unobserved"]
    assert (found["place"], found["state"]) == (PLACE, "observed")
    assert found["values"] == {"since": spell(looked)}
    (who,) = found["settled_by"]
    assert (who["role"], who["act"]) == ("observer", "observe")
    assert who["command"] == ["ldmrelease", "observe", "--target", PLACE]


def test_a_place_that_was_never_observed_is_unobserved(site: Site) -> None:
    (site.root / "gitops").rename(site.root / "away")
    assert unknown(site)["unobserved"]["values"] == {}


def test_what_others_saw_since_is_told_as_theirs(away: Site) -> None:
    away.advance(days=10)
    import_sighting(away, spell(away.now - timedelta(days=1)))
    found = unknown(away)
    assert set(found) == {"seen-by-others"}
    values = found["seen-by-others"]["values"]
    assert (values["by"], values["image"]) == (OTHERS, "scipipe:al9-w_2023_14")


def test_what_others_saw_before_us_says_nothing(away: Site) -> None:
    import_sighting(away, spell(away.now - timedelta(days=1)))
    away.advance(days=10)
    assert set(unknown(away)) == {"unobserved"}


def test_what_a_tree_asked_for_is_told_by_the_history_that_was_imported(away: Site, tmp_path: Path) -> None:
    import_table(away, tmp_path)
    found = unknown(away)
    assert set(found) == {"desired-by-import"}
    values = found["desired-by-import"]["values"]
    assert (values["tag"], values["commit"], values["since"]) == (
        "al9-w_2023_13",
        "c1",
        "2023-04-01T00:00:00Z",
    )
    assert found["desired-by-import"]["state"] == "desired"
    told = away.run("drift", PLACE).stderr
    assert f"{PLACE}: desired: its tree did not answer; by the history that was imported it asked for" in told


def test_where_the_tree_answers_nothing_of_it_is_told(ready: Site, tmp_path: Path) -> None:
    import_table(ready, tmp_path)
    import_sighting(ready, spell(ready.now))
    told = json.loads(ready.run("drift", "--target", PLACE, "-o", "json").stdout)
    assert told["unknown"] == []


def test_every_unknown_state_has_its_words() -> None:
    assert set(UNKNOWN_WORDS) == set(UNKNOWN_STATES)
