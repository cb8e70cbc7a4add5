"""`audit import` and `where --desired --at`: what people and scripts are told."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.faces.cli.main import app
from ldmrelease.histories.table import COLUMNS
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from tests.unit.histories.git_histories import History
from tests.workspace import Site

EXTRACT = Path(__file__).parents[3] / "data" / "deployment-history" / "extract.tsv"
AT = "2025-06-01T00:00:00Z"
FRONTEND = "love-manager.manager.frontend.image.revision"


@pytest.fixture(scope="module")
def new_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "workspace"
    done = CliRunner().invoke(app, ["init", str(folder), "--sample", "rubin"], catch_exceptions=False)
    assert done.exit_code == 0
    return folder


@pytest.fixture
def here(new_once: Path, tmp_path: Path) -> Site:
    return Site(new_once).copy(tmp_path / "workspace")


@pytest.fixture(scope="module")
def imported(new_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(new_once).copy(tmp_path_factory.mktemp("imported") / "workspace")
    site.ok("audit", "import", "table", str(EXTRACT))
    return site


def answer(site: Site, *words: str, exit_code: int = 0, input: str | None = None) -> Any:
    done = site.run(*words, "-o", "json", input=input)
    assert done.exit_code == exit_code, done.stderr
    return json.loads(done.stdout)


def table(folder: Path, *lines: str) -> str:
    file = folder / "history.tsv"
    file.write_text("\n".join(["\t".join(COLUMNS), *lines, ""]))
    return str(file)


def line(day: int, tag: str, environment: str = "prod", application: str = "portal") -> str:
    path = f"applications/{application}/values-{environment}.yaml"
    return f"2024-01-{day:02}T00:00:00Z\t{environment}\t{application}\timage.tag\t{tag}\t\tc{day}\t{path}"


def test_a_later_change_that_is_dated_back_changes_nothing_of_what_was_asked_for_before(
    ready: Site, tmp_path: Path
) -> None:
    def dated(day: str, tag: str) -> str:
        return line(1, tag).replace("2024-01-01", day)

    def asked(day: str) -> str:
        at = f"{day}T12:00:00Z"
        found = answer(ready, "where", "--desired", "--at", at, "--environment", "prod/portal")
        return str(found[0]["image"])

    first = (dated("2023-01-01", "1.0"), dated("2999-01-01", "3.0"), dated("2023-01-20", "2.0"))
    answer(ready, "audit", "import", "table", table(tmp_path, *first))
    days = ("2023-01-05", "2023-01-10", "2023-01-20", "2023-04-19")
    before = [asked(day) for day in days]
    assert before == ["1.0", "1.0", "2.0", "2.0"]
    ready.advance(days=3)
    later = (dated("2023-01-10", "0.6"), dated("2023-04-22", "2.1"))
    answer(ready, "audit", "import", "table", table(tmp_path, *first, *later))
    assert [asked(day) for day in days] == before
    ready.advance(days=3)
    assert (asked("2023-04-21"), asked("2023-04-23")) == ("0.6", "2.1")


def test_a_row_that_nobody_signed_keeps_nobody_from_importing(here: Site, tmp_path: Path) -> None:
    answer(here, "audit", "import", "table", table(tmp_path, line(1, "1.0")))
    with open_ledger(here.root / "ledger.db", projectors=PROJECTORS) as ledger:
        for stream in ("desired/prod/portal", "desired/dev/portal"):
            forged = [NewEvent(EventKind.DESIRED_IMPORTED, stream, {"x": 1})]
            ledger.append(forged, at=datetime.now(UTC), actor="x", expect={}, blobs={})
    lines = (line(1, "1.0"), line(2, "2.0"), line(1, "0.9", "dev"))
    done = answer(here, "audit", "import", "table", table(tmp_path, *lines))
    assert done["events"] == 2
    assert answer(here, "audit", "import", "table", table(tmp_path, *lines))["events"] == 0


def test_a_time_in_no_calendar_is_listed_and_the_rest_is_imported(here: Site, tmp_path: Path) -> None:
    wrong = line(1, "0.9").replace("2024-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59")
    found = answer(here, "audit", "import", "table", table(tmp_path, wrong, line(2, "1.0")))
    assert (found["events"], len(found["unreadable"])) == (1, 1)


def test_a_table_is_imported_once(here: Site) -> None:
    first = answer(here, "audit", "import", "table", str(EXTRACT))
    assert first["state"] == "desired"
    assert first["source"] == "extract.tsv"
    assert first["new"] > 200
    assert first["left_out"] > 0
    again = answer(here, "audit", "import", "table", str(EXTRACT))
    assert (again["new"], again["known"], again["events"]) == (0, first["new"], 0)
    assert "nothing new from extract.tsv" in here.ok("audit", "import", "table", str(EXTRACT))


def test_a_dry_run_says_what_would_be(here: Site) -> None:
    found = answer(here, "audit", "import", "table", str(EXTRACT), "--dry-run")
    assert found["dry_run"]
    assert "would import" in here.ok("audit", "import", "table", str(EXTRACT), "--dry-run")
    assert answer(here, "audit", "import", "table", str(EXTRACT))["new"] == found["new"]


def test_what_cannot_be_read_is_listed_and_the_rest_goes_in(here: Site, tmp_path: Path) -> None:
    file = table(tmp_path, line(1, "1"), "no line", line(99, "2"), line(3, "3"))
    done = here.run("audit", "import", "table", file)
    assert done.exit_code == 0
    assert "imported 2 changes" in done.stdout
    assert "history.tsv:3: 1 columns, where the first line has 8" in done.stderr
    assert "history.tsv:4:" in done.stderr


def test_where_nothing_can_be_read_nothing_changes(here: Site, tmp_path: Path) -> None:
    before = here.context()
    head = before.ledger.head()
    before.ledger.close()
    (tmp_path / "none.tsv").write_text("not\ta table\n")
    found = answer(here, "audit", "import", "table", str(tmp_path / "none.tsv"), exit_code=2)
    assert found["unreadable"][0]["line"] == 1
    after = here.context()
    assert after.ledger.head() == head
    after.ledger.close()
    assert here.run("audit", "import", "table", str(tmp_path / "absent.tsv")).exit_code == 2


def test_a_rewritten_history_is_refused_and_told(here: Site, tmp_path: Path) -> None:
    here.ok("audit", "import", "table", table(tmp_path, line(1, "1"), line(2, "2")))
    found = answer(
        here,
        "audit",
        "import",
        "table",
        table(tmp_path, line(1, "1"), line(2, "other"), line(3, "3")),
        exit_code=1,
    )
    (told,) = found["rewritten"]
    assert (told["environment"], told["application"]) == ("prod", "portal")
    assert (told["imported"]["tag"], told["found"]["tag"]) == ("2", "other")
    done = here.run("audit", "import", "table", table(tmp_path, line(1, "1")))
    assert done.exit_code == 1
    assert "is not in the history any more" in done.stderr


def test_a_repository_is_imported(here: Site, tmp_path: Path) -> None:
    history = History(tmp_path / "tree")
    history.commit({"applications/portal/values-prod.yaml": 'image:\n  tag: "1.0"\n'})
    history.commit({"applications/portal/values-prod.yaml": "image: [\n"})
    history.commit({"applications/portal/values-prod.yaml": 'image:\n  tag: "1.1"\n'})
    found = answer(here, "audit", "import", "git", str(history.folder))
    assert found["new"] == 2
    assert [each["source"] for each in found["unreadable"]] == ["applications/portal/values-prod.yaml"]
    rows = answer(here, "where", "--desired", "--at", "2024-01-02T00:00:00Z", "--environment", "prod")
    assert [(each["application"], each["image"], each["author"]) for each in rows] == [
        ("portal", "1.0", "Ada")
    ]
    assert rows[0]["parts"] == [
        {"file": "applications/portal/values-prod.yaml", "line": 2, "path": "image.tag", "value": "1.0"}
    ]
    assert answer(here, "audit", "import", "git", str(history.folder))["events"] == 0
    assert (
        answer(here, "audit", "import", "git", str(history.folder), "--since", "2024-01-03T00:00:00Z")[
            "events"
        ]
        == 0
    )
    history.git("commit", "-q", "--amend", "-m", "rewritten")
    answer(here, "audit", "import", "git", str(history.folder), exit_code=1)


def test_a_branch_that_is_not_there_and_a_folder_that_is_none(here: Site, tmp_path: Path) -> None:
    history = History(tmp_path / "tree")
    history.commit({"README.md": "x"})
    done = here.run("audit", "import", "git", str(history.folder), "--branch", "nowhere")
    assert done.exit_code == 2
    assert "no branch 'nowhere'" in done.stderr
    absent = here.run("audit", "import", "git", str(tmp_path / "absent"))
    assert absent.exit_code == 2
    assert "absent" in absent.stderr
    assert here.run("audit", "import", "git", (tmp_path / "absent").as_uri()).exit_code == 3
    history.git("checkout", "-q", "--detach")
    detached = here.run("audit", "import", "git", str(history.folder))
    assert detached.exit_code == 2
    assert "--branch" in detached.stderr
    secret = here.run("audit", "import", "git", "https://user:secret@example.org/tree.git")
    assert secret.exit_code == 2
    assert "secret" not in secret.stdout + secret.stderr


def test_syncs_and_observations_come_from_standard_input_too(here: Site) -> None:
    release = {
        "kind": "HelmRelease",
        "metadata": {"name": "portal"},
        "status": {
            "history": [{"chartVersion": "1", "status": "deployed", "lastDeployed": "2024-01-01T00:00:00Z"}]
        },
    }
    words = ("audit", "import", "flux", "-", "--environment", "prod")
    assert answer(here, *words, input=json.dumps(release))["state"] == "synced"
    seen = {"time": "2024-01-01T00:00:00Z", "place": "prod/portal", "image": "portal:1"}
    found = answer(here, "audit", "import", "observations", "-", "--by", "a web page", input=json.dumps(seen))
    assert (found["state"], found["new"]) == ("seen", 1)
    unknown = answer(here, "audit", "import", "argocd", "-", input=json.dumps(release), exit_code=2)
    assert len(unknown["unreadable"]) == 1


def test_what_others_saw_is_told_of_a_time_at_which_nobody_of_ours_looked(here: Site) -> None:
    def seen(time: str, place: str, image: str) -> dict[str, str]:
        return {"time": time, "place": place, "container": "web", "image": image}

    rows = [
        seen("2024-01-01T00:00:00Z", "summit/portal", "portal:1"),
        seen("2024-01-02T00:00:00Z", "summit/portal", "portal:2"),
        seen("2024-01-04T00:00:00Z", "summit/portal", "portal:3"),
        seen("2024-01-02T00:00:00Z", "elsewhere/tap", "tap:1"),
    ]
    answer(here, "audit", "import", "observations", "-", "--by", "a web page", input=json.dumps(rows))
    asked = ("where", "--at", "2024-01-03T00:00:00Z")
    told = [each for each in answer(here, *asked) if each["state"] == "seen-by-others"]
    assert [(each["place"], each["spelling"], each["last"], each["by"]) for each in told] == [
        ("elsewhere/tap", "tap:1", "2024-01-02T00:00:00Z", "a web page"),
        ("summit/portal", "portal:2", "2024-01-02T00:00:00Z", "a web page"),
    ]
    assert {(each["level"], each["release"], each["promotion"], each["named"]) for each in told} == {
        ("", None, None, None)
    }
    text = here.ok(*asked, "--environment", "elsewhere")
    assert "of what we did not observe, others say (imported; nothing rests on it):" in text
    assert "portal" not in text
    before = answer(here, "where", "--at", "2023-12-31T00:00:00Z", "--environment", "summit/portal")
    assert [each for each in before if each["state"] == "seen-by-others"] == []
    then = ("--at", "2024-01-03T00:00:00Z", "--known-at", "2024-01-05T00:00:00Z")
    assert [each for each in answer(here, "where", *then) if each["state"] == "seen-by-others"] == []


def test_what_cannot_be_read_of_one_place_stops_no_other(here: Site) -> None:
    rows = [
        {"time": "2024-01-01T00:00:00Z", "place": place, "image": f"{place}:1"}
        for place in ("elsewhere/tap", "elsewhere/portal")
    ]
    answer(here, "audit", "import", "observations", "-", "--by", "a web page", input=json.dumps(rows))
    event = next(each for each in here.events("sightings.imported") if each.stream == "seen/elsewhere/tap")
    with closing(sqlite3.connect(here.root / "ledger.db")) as database, database:
        guards = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DELETE FROM blobs WHERE digest = ?", (event.body["rows"],))
        for _, made in guards:
            database.execute(made)
    done = here.run("where", "--at", "2024-01-02T00:00:00Z", "--environment", "elsewhere", "-o", "json")
    assert done.exit_code == 3
    assert [each["place"] for each in json.loads(done.stdout)] == ["elsewhere/portal"]
    assert "elsewhere/tap: " in done.stderr
    assert "has no blob" in done.stderr


def test_what_was_asked_for_then(imported: Site) -> None:
    rows = answer(imported, "where", "--desired", "--at", AT, "--environment", "summit/love")
    row = next(each for each in rows if each["parts"][-1]["path"] == FRONTEND)
    assert row == {
        "environment": "summit",
        "application": "love",
        "kind": None,
        "name": None,
        "container": None,
        "image": "c0041.006",
        "parts": [
            {
                "file": "environments/values-summit.yaml",
                "line": None,
                "path": "controlSystem.imageTag",
                "value": "c0041",
            },
            {"file": "applications/love/values-summit.yaml", "line": None, "path": FRONTEND, "value": "6"},
        ],
        "since": "2025-05-30T04:08:05Z",
        "commit": "60a849069f",
        "author": None,
    }


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (("summit/love",), {"summit/love"}),
        (("love",), {"summit/love"}),
        (("summit",), {"summit/love", "summit/nublado", "summit/auxtel", "summit/environments"}),
        (("--environment", "base"), {"base/environments", "base/simonyitel"}),
        (("c0041.006",), {"summit/love"}),
        (("c0041.006", "--environment", "summit"), {"summit/love"}),
        (("love", "--environment", "summit"), {"summit/love"}),
    ],
    ids=lambda each: " ".join(sorted(each)),
)
def test_what_may_be_named(imported: Site, words: tuple[str, ...], places: set[str]) -> None:
    rows = answer(imported, "where", "--desired", "--at", AT, *words)
    assert {f"{each['environment']}/{each['application']}" for each in rows} == places


def test_what_was_never_imported_is_said(imported: Site) -> None:
    done = imported.run("where", "--desired", "--at", AT, "--environment", "sumit")
    assert done.exit_code == 2
    assert "did you mean summit?" in done.stderr
    assert imported.run("where", "--desired", "--at", AT, "c0041.999").exit_code == 2
    assert imported.run("where", "--desired", "--at", AT, "--live").exit_code == 2


def test_what_was_not_known_yet_is_said(imported: Site) -> None:
    done = imported.run("where", "--desired", "--at", AT, "--known-at", AT, "-o", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (3, [])
    assert "no history of a tree had been imported then" in done.stderr


def test_without_any_import_it_says_how_and_not_that_nothing_was_asked_for(here: Site) -> None:
    done = here.run("where", "--desired", "--at", AT)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "audit import git" in done.stderr


def test_hostile_strings_are_inert_on_a_terminal(here: Site, tmp_path: Path) -> None:
    evil = "\x1b[31m<script>\u202e" + "x" * 60_000
    here.ok("audit", "import", "table", table(tmp_path, line(1, evil), line(2, "1", "int")))
    for words in (
        ("where", "--desired", "--at", AT),
        ("audit", "import", "table", table(tmp_path, line(1, evil))),
    ):
        done = here.run(*words)
        assert not set("\x1b\u202e") & set(done.stdout + done.stderr)
    rows = answer(here, "where", "--desired", "--at", AT, "prod/portal")
    assert rows[0]["image"] == evil
