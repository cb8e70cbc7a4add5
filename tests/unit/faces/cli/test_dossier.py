"""`dossier`: what a change control board reads of a release."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from ldmrelease.answers.dossier import DossierAnswer
from ldmrelease.render.dossier import dossier_text
from ldmrelease.render.pages.dossier import dossier_page
from tests.cycle_site import cycle_site
from tests.poisoned import HOSTILE, poisoned
from tests.workspace import BASE, BEFORE, PLACE, SUMMIT, TESTSTAND, WEEKLY, Site

DATA = Path(__file__).parents[3] / "data" / "dossier"


@pytest.fixture(scope="module")
def asked_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The weekly ran at the test stand, and waits for base."""
    site = ready_once.copy(tmp_path_factory.mktemp("dossier") / "workspace")
    site.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert site.run("promote", WEEKLY, "--target", BASE, "--reason", "<b>soon</b>").exit_code == 4
    return site


@pytest.fixture
def asked(asked_once: Site, tmp_path: Path) -> Site:
    """The same, for this test alone."""
    return asked_once.copy(tmp_path / "workspace")


def told(site: Site, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.ok("dossier", *words, "-o", "json"))
    return found


def masked(text: str) -> str:
    """Digests by the order in which they are told: signatures and commits differ each time."""
    names: dict[str, str] = {}
    return re.sub(
        r"(?:sha256|gitCommit):[0-9a-f]{40,64}",
        lambda each: names.setdefault(each[0], f"{each[0].split(':')[0]}:<{len(names) + 1}>"),
        text,
    )


def filled(value: Any) -> Any:
    """Without what is null, false or empty: answers inside of this one may learn to say more."""
    if isinstance(value, dict):
        kept = {key: filled(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, False, [], {})}
    return [filled(each) for each in value] if isinstance(value, list) else value


class Outline(HTMLParser):
    """Headings, captions and column headers of a page, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("h1", "h2", "h3", "h4", "caption") or (tag == "th" and ("scope", "col") in attrs):
            self._inside.append(tag)
            self.lines.append(f"{tag} ")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.lines[-1] += data


def test_the_answer_is_as_it_was(asked: Site):
    """After a change that is meant, delete the file: the first run writes it anew and fails."""
    same_as(
        DATA / "base.json", masked(json.dumps(filled(told(asked, WEEKLY, "-t", "base")), indent=1)) + "\n"
    )


def test_the_page_has_the_sections_that_it_had(asked: Site):
    outline = Outline()
    outline.feed(asked.ok("dossier", WEEKLY, "-t", "base", "-o", "html"))
    same_as(DATA / "outline.txt", "\n".join(outline.lines) + "\n")


def same_as(golden: Path, text: str) -> None:
    if not golden.exists():
        golden.write_text(text)
        pytest.fail(f"{golden.name} was not there; it is written now")
    assert golden.read_text() == text


def test_it_says_what_changes_beside_what_runs(asked: Site):
    found = told(asked, WEEKLY)
    by_name = {each["environment"]: each for each in found["environments"]}
    [change] = by_name["summit"]["changes"]
    assert change["places"] == [SUMMIT]
    assert (change["comparison"]["before"], change["comparison"]["after"]) == (
        f"stack/{BEFORE}",
        f"stack/{WEEKLY}",
    )
    assert {each["component"] for each in change["comparison"]["components"] if each["differs"]} == {
        "lsst_distrib",
        "puppet",
        "scipipe",
        "sciplat-lab",
    }
    assert by_name["tucson-teststand"]["same"] == [TESTSTAND]
    assert found["schema_products"] == ["daf_butler"]


def test_decisions_are_of_each_environment_alone(asked: Site):
    """Nobody asks for all of them at once, so none waits for an earlier one of the same request."""
    found = told(asked, WEEKLY)
    verdicts = {one["place"]: one["verdict"] for each in found["environments"] for one in each["decisions"]}
    for place in (BASE, SUMMIT, PLACE):
        alone = json.loads(asked.run("check", WEEKLY, "-t", place, "-o", "json").stdout)
        assert verdicts[place] == alone["verdict"], place


def test_it_has_the_decisions_receipts_and_residences_that_were_recorded(asked: Site):
    found = told(asked, WEEKLY)
    assert [(each["target"], each["state"]) for each in found["promotions"]] == [
        (TESTSTAND, "succeeded"),
        (BASE, "waiting"),
    ]
    assert {each["place"] for each in found["receipts"]} == {TESTSTAND}
    assert [(each["place"], each["component"]) for each in found["history"]] == [(TESTSTAND, "scipipe")]
    assert all("next" not in each or each["next"] == [] for each in findings(found))


def findings(found: dict[str, Any]) -> list[dict[str, Any]]:
    decisions = [one for each in found["environments"] for one in each["decisions"]]
    return [finding for each in decisions for finding in each["findings"]]


def test_what_is_not_enforced_is_an_excuse(asked: Site):
    [excuse] = [each for each in told(asked, WEEKLY, "-t", "base")["excuses"] if each["promotion"] is None]
    assert (excuse["requirement"], excuse["outcome"], excuse["unmet"]) == (
        "built-by-ci",
        "reported",
        "missing",
    )


def test_what_nobody_knows_is_said(asked: Site):
    found = told(asked, WEEKLY)
    codes = {each["code"] for each in found["gaps"]}
    assert {"schemas", "unknown-release", "no-documents"} <= codes
    assert not codes & {"not-pinned", "no-listing", "no-configuration"}
    assert found["approvals"] == []


def test_places_that_nobody_has_looked_at_are_said(site: Site):
    site.release_weekly()
    found = told(site, WEEKLY, "-t", "summit")
    assert found["pinned"] is None
    codes = [each["code"] for each in found["gaps"]]
    assert "never-observed" in codes
    assert "not-pinned" in codes


def test_failed_checks_and_ways_back_are_known_issues(ready: Site):
    ready.smoke(passes=False)
    assert ready.run("promote", WEEKLY, "--target", TESTSTAND).exit_code == 1
    ready.ok("observe")
    found = told(ready, WEEKLY)
    told_codes = {each["code"] for each in found["known_issues"]}
    assert "failed-check" in told_codes
    assert "taken-back" in told_codes
    assert "The check smoke failed" in ready.ok("dossier", WEEKLY)


def test_a_registry_that_does_not_answer_is_a_gap(asked: Site):
    """Its statements are those that the ledger took in; the places say why nothing is decided."""
    (asked.root / "images" / "scipipe" / "index.json").write_text("{")
    done = asked.run("dossier", WEEKLY, "-t", "base", "-o", "json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert "evidence-not-asked" in {each["code"] for each in found["gaps"]}
    assert found["evidence"]


def test_a_look_changes_nothing(asked: Site, tmp_path: Path):
    before = asked.everything()
    asked.ok("dossier", WEEKLY)
    asked.ok("dossier", WEEKLY, "--file", str(tmp_path / "d.html"))
    assert asked.everything() == before


def test_a_file_is_replaced_whole_and_its_name_says_what_it_is(asked: Site, tmp_path: Path):
    page, data = tmp_path / "d.html", tmp_path / "d.json"
    page.write_text("something else")
    assert asked.ok("dossier", WEEKLY, "-t", "base", "--file", str(page)) == ""
    assert page.read_text().startswith("<!DOCTYPE html>")
    asked.ok("dossier", WEEKLY, "-t", "base", "-f", str(data))
    assert json.loads(data.read_text()) == told(asked, WEEKLY, "-t", "base")
    asked.ok("dossier", WEEKLY, "-t", "base", "-f", str(data), "-o", "text")
    assert data.read_text().startswith(f"stack/{WEEKLY}")
    assert {each.name for each in tmp_path.iterdir()} == {"workspace", "d.html", "d.json"}


def test_the_evidence_says_which_check_it_is_about(asked: Site):
    lines = asked.ok("dossier", WEEKLY, "-t", "base").splitlines()
    names = {each["check"] for each in told(asked, WEEKLY, "-t", "base")["evidence"] if each["check"]}
    assert names
    assert all(any(line.startswith(f"check {name} ") for line in lines) for name in names)


def test_a_file_is_not_called_what_it_is_not(asked: Site, tmp_path: Path):
    done = asked.run("dossier", WEEKLY, "-t", "base", "--file", str(tmp_path / "d.pdf"))
    assert done.exit_code == 2
    assert "a dossier is no .pdf file; .html, .htm, .json, .yaml, .yml and .txt are known" in done.stderr
    assert not (tmp_path / "d.pdf").exists()
    asked.ok("dossier", WEEKLY, "-t", "base", "--file", str(tmp_path / "board"))
    assert (tmp_path / "board").read_text().startswith("<!DOCTYPE html>")


def test_a_file_that_cannot_be_written_is_bad_input(asked: Site, tmp_path: Path):
    done = asked.run("dossier", WEEKLY, "-t", "base", "--file", str(tmp_path / "nowhere" / "d.html"))
    assert done.exit_code == 2
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("w.2023.17",), "w.2023.17"),
        (("w.2023.16x",), "did you mean"),
        ((WEEKLY, "-t", "sumit"), "did you mean summit?"),
    ],
)
def test_what_is_not_there_is_bad_input(asked: Site, words: tuple[str, ...], said: str):
    done = asked.run("dossier", *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_hostile_text_is_inert_wherever_it_stands(asked: Site):
    answer = convert(told(asked, WEEKLY), DossierAnswer)
    for first in range(len(HOSTILE)):
        page = dossier_page(poisoned(answer, first))
        assert not re.search(r"<script|<img|<iframe| on\w+=[^ ]*alert\(1\)\"|href=\"javascript", page)
        assert page.count("</style>") == page.count("</title>") == 1
        assert not set(page) & {"\x1b", "\x07", "\x00", "\r", "\u202e", "\u2066"}
        assert len(page) < 3_000_000
        # As every text, it is escaped where it is printed (`render.output`); it only has to be told.
        assert dossier_text(poisoned(answer, first))


def test_reasons_of_people_are_text(asked: Site):
    page = asked.ok("dossier", WEEKLY, "-t", "base", "-o", "html")
    assert "&lt;b&gt;soon&lt;/b&gt;" in page
    assert "<b>" not in page


def test_a_tree_that_is_away_leaves_its_places_undecided(asked: Site):
    (asked.root / "gitops").rename(asked.root / "gone")
    found = told(asked, WEEKLY, "-t", "base")
    [environment] = found["environments"]
    assert environment["decisions"] == []
    assert [each["place"] for each in environment["refusals"]] == [BASE]
    assert "not-decided" in {each["code"] for each in found["gaps"]}
    page = asked.ok("dossier", WEEKLY, "-t", "base", "-o", "html")
    assert '<h3 id="not-decided">What was not decided</h3>' in page
    assert 'href="#not-decided"' in page


def test_components_that_came_together_are_told_together(tmp_path: Path):
    """A cycle has a hundred of them."""
    names = {"atdome": 0, "ataos": 0, "mtdome": 0}
    site = cycle_site(tmp_path / "cycle", {each: ["c0042.000", "c0044.000"] for each in names}, names)
    site.ok("release", "pin", "c0042")
    site.ok("observe")
    site.ok("release", "pin", "c0044")
    page = site.ok("dossier", "c0044", "-o", "html")
    assert page.count("<div>ataos, atdome and mtdome</div>") == 1
    assert page.count("<h3>From telescope/c0042, at prod/control</h3>") == 1
    assert "ataos, atdome and mtdome" in site.ok("dossier", "c0042")
