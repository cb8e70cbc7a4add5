"""`ldmrelease milestones`: without a workspace, as of any day, and beside later revisions of the document."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ldmrelease.services.catalogues.catalogues import file_name, import_document, shipped_catalogue
from tests.unit.faces.cli.running import run
from tests.workspace import Site

DOCUMENT = Path(__file__).parents[3] / "data/LDM-564.md"
DAY = ("--at", "2023-04-22")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is in no workspace."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*words: str, code: int = 0) -> Any:
    done = run("milestones", *words, "--output", "json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def text(*words: str, code: int = 0) -> str:
    done = run("milestones", *words)
    assert done.exit_code == code, done.output
    return done.stdout


def later(folder: Path, *changes: tuple[str, str]) -> Path:
    """A later revision of the document."""
    new = DOCUMENT.read_text()
    for before, after in (("Latest Revision 2023-04-22", "Latest Revision 2023-10-01"), *changes):
        assert before in new
        new = new.replace(before, after)
    file = folder / "LDM-564.md"
    file.write_text(new)
    return file


def test_the_catalogue_that_ships_is_the_document_s() -> None:
    assert shipped_catalogue() == import_document(DOCUMENT).catalogue
    assert file_name(shipped_catalogue()) == "LDM-564-2023-04-22.json"


def test_a_list_has_the_fields_that_were_asked_for() -> None:
    found = told("list")
    assert len(found) == 40
    assert found[21]["code"] == "LDM-503-15a"
    assert {key: found[0][key] for key in found[0] if key != "features"} == {
        "section": "3.1",
        "code": "LDM-503-01",
        "title": "Science Platform with WISE data in PDAC",
        "due": "2017-11-30",
        "completed": "2018-05-30",
        "no_new_functionality": False,
    }
    assert found[21]["features"][0] == {
        "code": "DM-AP-12",
        "text": "Difference imaging is now agnostic to the PSF of the template image.",
        "due": "2021-08-31",
        "completed": None,
        "incomplete": True,
    }


def test_what_contradicts_itself_is_said() -> None:
    warning = "LDM-503-15a is marked complete, and DM-AP-12, DM-DRP-27 not"
    assert text("list", *DAY).splitlines()[-1] == warning
    assert "it is marked complete, and 2 features of it not" in text("show", "LDM-503-15a", *DAY)


def test_it_is_as_of_a_day() -> None:
    line = next(each for each in text("list", "--at", "2018-01-01").splitlines() if "LDM-503-01 " in each)
    assert "overdue" in line
    assert "completed 2018-05-30 (late)" in text("show", "LDM-503-01", *DAY)
    assert [each["milestone"] for each in told("due", *DAY, "--within", "60d")] == [
        "LDM-503-14",
        "LDM-503-15",
        "LDM-503-16a",
    ]
    assert told("overdue", *DAY, code=1)[0] == {
        "milestone": "LDM-503-15a",
        "title": "Difference imaging is now agnostic to the PSF of the template image.",
        "feature": "DM-AP-12",
        "due": "2021-08-31",
        "days": -599,
    }
    assert told("overdue", "--at", "2016-01-01") == []


def test_a_feature_is_found_wherever_it_stands() -> None:
    assert [each["milestone"] for each in told("features", "DM-NCSA-16")] == [
        "LDM-503-11a",
        "LDM-503-09",
        "LDM-503-11",
    ]
    assert [each["code"] for each in told("find", "Qserv")] == ["LDM-503-18q"]
    assert told("find", "no such thing", code=1) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "LDM-503-15b"), "did you mean"),
        (("features", "DM-NCSA-160"), "did you mean"),
        (("list", "--at", "yesterday"), "write it like 2023-04-22"),
        (("list", "--at", "2023-02-30"), "write it like 2023-04-22"),
        (("due", "--within", "soon"), "write it like 90d"),
        (("list", "--catalogue", "2024-01-01"), "known are 2023-04-22"),
        (("diff",), "there is one revision only"),
        (("import", "nowhere.md"), "cannot be read"),
        (("gantt", "--file", "x.gif"), "something.svg"),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_a_mistake_is_told_with_what_would_be_right(words: tuple[str, ...], message: str) -> None:
    done = run("milestones", *words)
    assert done.exit_code == 2
    assert message in done.stderr


class TestRevisions:
    def test_one_is_imported_beside_the_other(self, ready: Site, tmp_path: Path) -> None:
        moved = ("Due: 2024-10-08; currently incomplete.", "Due: 2025-01-31; currently incomplete.")
        file = later(tmp_path, moved)
        answer = json.loads(ready.ok("milestones", "import", str(file), "--output", "json"))
        assert (answer["milestones"], answer["features"], answer["problems"]) == (40, 79, [])
        assert answer["file"] == str(ready.root / "milestones/LDM-564-2023-10-01.json")
        assert ready.run("milestones", "diff").stdout == "LDM-503-19a: due: 2024-10-08 -> 2025-01-31\n"
        assert "2025-01-31" in ready.ok("milestones", "show", "LDM-503-19a")
        assert "2024-10-08" in ready.ok("milestones", "show", "LDM-503-19a", "--catalogue", "2023-04-22")

    def test_what_cannot_be_read_is_listed_and_the_rest_is_there(self, tmp_path: Path) -> None:
        file = later(
            tmp_path,
            ("Due: 2024-10-08; currently incomplete.", "Due: next year; currently incomplete."),
            ("- DM-SUIT-3: Time", "- Time"),
        )
        answer = told("import", str(file), "--out", "catalogue.json", code=1)
        assert [each["message"] for each in answer["problems"]] == [
            "a feature begins with its code, such as `DM-SUIT-3: `",
            "'next year' is not a date; write it like 2017-11-30",
        ]
        assert answer["features"] == 78
        assert len(told("list", "--catalogue", "catalogue.json")) == 40
        assert told("diff", "2023-04-22", "catalogue.json", code=1)

    def test_a_dry_run_writes_nothing(self, nowhere: Path) -> None:
        assert "nothing was written" in text("import", str(DOCUMENT), "--dry-run")
        assert "say --out FILE" in run("milestones", "import", str(DOCUMENT)).stderr
        assert list(nowhere.iterdir()) == []

    def test_what_is_exported_is_imported_as_the_same(self, nowhere: Path) -> None:
        (nowhere / "chapter.md").write_text(text("export"))
        assert told("diff", "2023-04-22", "chapter.md") == []

    @pytest.mark.parametrize(
        ("name", "data", "message"),
        [
            ("x.json", b'{"document": "LDM-564"}', "missing required field `milestones`"),
            ("x.json", b"[" * 100_000, "not a catalogue of milestones"),
            ("x.md", b"\xff\xfe\x00", "not UTF-8"),
            ("x.md", b"a" * (4 * 1024 * 1024 + 1), "has more than"),
        ],
        ids=["field", "deep", "encoding", "large"],
    )
    def test_what_is_no_catalogue_is_refused(
        self, nowhere: Path, name: str, data: bytes, message: str
    ) -> None:
        (nowhere / name).write_bytes(data)
        done = run("milestones", "list", "--catalogue", name)
        assert done.exit_code == 2
        assert message in done.stderr.lower() or message in done.stderr


class TestGantt:
    def test_a_terminal_gets_a_table(self) -> None:
        lines = text("gantt", *DAY).splitlines()
        assert len(lines) == 42
        assert lines[0].endswith("2018201920202021202220232024")
        row = next(each for each in lines if each.startswith("LDM-503-14a"))
        assert row.endswith("............D--x......|......")

    def test_a_picture_has_every_milestone_in_words(self, nowhere: Path) -> None:
        for name in ("a.svg", "b.svg"):
            text("gantt", *DAY, "--file", name)
        assert (nowhere / "a.svg").read_bytes() == (nowhere / "b.svg").read_bytes()
        root = ET.parse(nowhere / "a.svg").getroot()
        words = " ".join("".join(each.itertext()) for each in root.iter() if each.tag.endswith("text"))
        assert all(each["code"] in words for each in told("list"))
        assert "2023-04-22" in words

    def test_png_and_page(self, nowhere: Path) -> None:
        text("gantt", *DAY, "--file", "a.png")
        assert (nowhere / "a.png").read_bytes().startswith(b"\x89PNG")
        text("gantt", *DAY, "--file", "a.html")
        page = (nowhere / "a.html").read_text()
        assert page.count("LDM-503-") >= 39
        assert "40 milestones as of 2023-04-22" in page
        assert "4 overdue" in page
