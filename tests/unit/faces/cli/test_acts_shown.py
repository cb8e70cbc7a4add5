"""What people did is shown wherever a release or a place is explained, and is replayed with what was decided."""

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.facts import Facts
from tests.unit.faces.cli.handed_copy import hand_over, wrong
from tests.unit.faces.cli.test_approvals import WHY, answer, being, forged, governed_site, requested
from tests.unit.faces.cli.test_compressed import compressed_site
from tests.unit.faces.cli.test_evidence_rules import signed
from tests.workspace import BASE, PLACE, SUMMIT, TESTSTAND, WEEKLY, Site, said

COMPRESSED = ("--compressed", "night", "--reason", "on sky in an hour")
NOTES = f"documents/{WEEKLY}/release-notes.md"


RULES = """\
    - {id: notes, rule: documents, kinds: [release-notes], by: [writer]}
    - {id: scan, rule: vulnerabilities, limits: {critical: 0}, by: [writer], max-age: 7d, database-max-age: 1d}
"""
SCAN = {
    "scanner": {"uri": "trivy", "db": {"lastUpdate": "2023-04-20T06:00:00Z"}, "result": []},
    "metadata": {"scanStartedOn": "2023-04-20T11:00:00Z", "scanFinishedOn": "2023-04-20T11:05:00Z"},
}


def writes(site: Site) -> None:
    """The key `me` may sign documents and scans."""
    types = ("--type", "document", "--type", "vulnerabilities", "--environment", "*", "--repository", "*")
    site.ok("trust", "role", "writer", *types, "--yes")
    site.edit(
        lambda text: text.replace("roles: [release-manager", "roles: [writer, release-manager"), "trust.yaml"
    )


@pytest.fixture(scope="module")
def acted_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The weekly came to a place of development by an approval and a waiver, and to base compressed. Then it was
    recalled at the summit, and the test stand was frozen.
    """
    site = compressed_site(governed_site(ready_once.copy(tmp_path_factory.mktemp("acted") / "workspace")))
    requested(site)
    being(site, "zoe").ok("approve", WEEKLY, "--target", PLACE, "--yes", *WHY)
    being(site, "me").ok("promote", WEEKLY, "--target", PLACE)
    site.ok("promote", WEEKLY, "--target", BASE, *COMPRESSED)
    site.advance(minutes=10)
    site.ok("observe")
    site.ok("recall", WEEKLY, "--target", "summit", "--reason", "it segfaults there")
    site.ok("freeze", "tucson-teststand", "--reason", "a demonstration")
    return site


@pytest.fixture
def acted(acted_once: Site, tmp_path: Path) -> Site:
    return acted_once.copy(tmp_path / "workspace")


class TestDossier:
    """What a board reads."""

    def test_who_approved_waived_and_held_what_and_what_is_owed(self, acted_once: Site) -> None:
        acts = answer(acted_once, "dossier", WEEKLY)["acts"]
        [approval] = acts["approvals"]
        assert (approval["persons"], approval["roles"], approval["scope"]) == (["Zoe"], ["board"], PLACE)
        assert {each["requirement"] for each in approval["basis"]} >= {"images", "smoke-before"}
        assert (approval["counted"], approval["code"]) == (False, "request-ended")
        [waiver] = acts["waivers"]
        assert (waiver["requirement"], waiver["person"], waiver["counted"]) == ("smoke-before", "Yan", True)
        assert waiver["expires"] > waiver["given"]
        assert [(each["kind"], each["state"]) for each in acts["holds"]] == [
            ("recall", "stands"),
            ("freeze", "stands"),
        ]
        [owed] = acts["debts"]
        assert (owed["place"], owed["overlay"]["name"], owed["paid"]) == (BASE, "night", False)

    def test_the_same_is_in_text_and_on_the_page(self, acted_once: Site) -> None:
        text = acted_once.ok("dossier", WEEKLY)
        assert f" at {PLACE} by Zoe (board), given 2023-04-20T12:00:00Z" in text
        assert "smoke-before" in text.partition("waivers:")[2].splitlines()[1]
        assert "H-1 recall, summit, by release manager" in text
        assert "COMPRESSED (night), by release manager" in text
        assert "It is recalled, summit: H-1 by release manager: it segfaults there." in text
        page = acted_once.ok("dossier", WEEKLY, "-o", "html")
        for each in ("Zoe", "Yan", "it segfaults there", "a demonstration", "COMPRESSED (night)"):
            assert each in page

    def test_a_release_that_nobody_acted_on_says_so(self, ready: Site) -> None:
        acts = answer(ready, "dossier", WEEKLY)["acts"]
        assert acts == {"approvals": [], "waivers": [], "holds": [], "debts": []}
        text = ready.ok("dossier", WEEKLY)
        assert "approvals: none recorded" in text
        assert "yet" not in text.partition("not known")[2]

    def test_a_document_is_shown_as_it_was_signed(self, ready: Site) -> None:
        ready.ok("release", "pin", WEEKLY)
        file = ready.root / NOTES
        file.parent.mkdir(parents=True)
        file.write_text("Nothing new.\n")
        writes(ready)
        ready.ok("evidence", "document", str(file), "--kind", "release-notes", "--release", WEEKLY)
        found = answer(ready, "dossier", WEEKLY)
        [document] = found["documents"]
        assert (document["kind"], document["signer"], document["counted"]) == ("release-notes", "me", True)
        [gap] = [each for each in found["gaps"] if each["code"] == "no-documents"]
        assert gap["values"]["kinds"] == ["known-issues", "characterisation-report"]


class TestSite:
    """Pages of what people did, and the parts of it where a release or a place is explained."""

    @pytest.fixture(scope="class")
    @staticmethod
    def pages(acted_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("site") / "public"
        acted_once.ok("site", "build", str(folder))
        return folder

    def test_a_page_has_holds_that_stand_debts_and_acts_by_release(self, pages: Path) -> None:
        text = (pages / "acts.html").read_text()
        for each in ("it segfaults there", "a demonstration", "COMPRESSED (night)", f"Zoe at {PLACE}"):
            assert each in text
        assert f"smoke-before at {PLACE}" in text

    def test_the_page_of_a_release_has_what_was_done_about_it(self, pages: Path) -> None:
        text = (pages / f"releases/stack/{WEEKLY}.html").read_text()
        for each in (
            "Recalls",
            "Approvals",
            "Waivers",
            "Reviews",
            "it segfaults there",
            "COMPRESSED (night)",
        ):
            assert each in text
        assert "a demonstration" not in text
        # No decision is at hand on a page: that an approval still counts is not for it to say.
        approvals = text[text.index("Approvals that were given") :]
        assert "in order" in approvals
        assert ">counts<" not in approvals[: approvals.index("</table>")]

    def test_the_page_of_a_place_has_its_holds_and_marks(self, pages: Path) -> None:
        frozen = (pages / "places/tucson-teststand/ocps.html").read_text()
        assert "a demonstration" in frozen
        assert "it segfaults there" not in frozen
        base = (pages / "places/base/ocps.html").read_text()
        assert base.count("COMPRESSED (night)") > 1

    def test_an_act_changes_the_pages_that_tell_of_it(self, acted: Site, tmp_path: Path) -> None:
        folder = str(tmp_path / "public")
        acted.ok("site", "build", folder)
        acted.ok("lift", "H-2", "--reason", "it is over")
        acted.ok("site", "build", folder)
        assert "it is over" in (tmp_path / "public/acts.html").read_text()
        assert "a demonstration" not in (tmp_path / "public/places/tucson-teststand/ocps.html").read_text()


class TestAudit:
    """Decisions that rest on acts are made again, and acts are verified with everything else."""

    def test_decisions_with_approvals_waivers_holds_overlays_documents_and_scans_are_replayed(
        self, acted: Site
    ) -> None:
        site = acted
        site.edit(
            lambda text: text.replace("    - id: no-stale-merge\n", f"{RULES}    - id: no-stale-merge\n", 1),
            "policies/development.yaml",
        )
        writes(site)
        site.ok("trust", "agree", "--yes")
        file = site.root / NOTES
        file.parent.mkdir(parents=True)
        file.write_text("Nothing new.\n")
        site.ok("evidence", "document", str(file), "--kind", "release-notes", "--release", WEEKLY)
        signed(site, "vulnerabilities", SCAN, "--component", "scipipe", "--platform", "linux/amd64")
        for target in ("development", TESTSTAND, SUMMIT):
            assert site.run("promote", WEEKLY, "--target", target).exit_code in (1, 3, 4)
        site.ok("lift", "H-1", "--reason", "it was the network")
        file.write_text("Written anew.\n")
        with site.context().ledger as ledger:
            decided = [said(each)["facts"] for each in site.events(EventKind.DECIDED)]
            facts = [canonical.decode(ledger.blob(each), Facts) for each in decided]
        told = {
            "approvals": any(each.approvals for each in facts),
            "waivers": any(each.waivers for each in facts),
            "holds": any(each.holds for each in facts),
            "overlay": any(each.overlay for each in facts),
            "documents": any(one.document for each in facts for one in each.statements),
            "scans": any(one.scan for each in facts for one in each.statements),
        }
        assert all(told.values()), told
        found = answer(site, "audit", "replay", "--all")
        assert (found["decisions"], found["same"], found["uncounted"]) == (len(decided), len(decided), 0)

    def test_a_forged_approval_is_found_in_a_copy(self, acted: Site, tmp_path: Path) -> None:
        given = hand_over(acted, tmp_path / "sound")
        assert given.verified()[0] == 0
        forged(acted, EventKind.APPROVED, {"scope": "summit", "approval": "A-99"})
        code, found = hand_over(acted, tmp_path / "forged").verified()
        assert code == 1
        assert wrong(found) == {(acted.head().size, "bad-signature")}


NIGHT = {"kind": "compressed", "name": "night"}


class TestMarks:
    """What a compression or an emergency let in is marked wherever it is told of."""

    def test_why_tells_the_approval_the_waiver_and_the_hold_of_today(self, acted_once: Site) -> None:
        text = acted_once.ok("why", PLACE)
        assert "board: approved by Zoe" in text
        assert "waived by Yan until" in text
        told = acted_once.ok("why", BASE)
        assert "*** COMPRESSED (night)" in told
        assert "review      " in told
        assert "to be reviewed by 2023-04-27T12:00:00Z" in told
        found = answer(acted_once, "why", BASE)["places"][0]["reasons"]
        assert {one["promotion"]["overlay"]["name"] for one in found if one["decided"]} == {"night"}

    def test_why_tells_what_came_after_the_decision(self, acted: Site) -> None:
        before = answer(acted, "why", PLACE)["places"][0]["reasons"][0]["promotion"]["acts"]
        assert (before["approvals"], before["waivers"], before["holds"]) == ([], [], [])
        being(acted, "zoe").ok("approve", WEEKLY, "--target", PLACE, "--yes", "--reason", "again")
        being(acted, "me").ok("freeze", "usdfdev", "--reason", "quiet")
        after = answer(acted, "why", PLACE)["places"][0]["reasons"][0]["promotion"]["acts"]
        assert [each["persons"] for each in after["approvals"]] == [["Zoe"]]
        assert [each["reason"] for each in after["holds"]] == ["quiet"]
        told = acted.ok("why", PLACE)
        assert "since then  A-" in told
        assert [each["counted"] for each in after["approvals"]] == [None]
        assert "signed and in time; whether it still counts, a decision says" in told
        assert "held now    H-3 freeze, usdfdev, by release manager" in told

    def test_why_names_the_hold_that_stopped_a_promotion(self, acted: Site) -> None:
        assert acted.run("promote", WEEKLY, "--target", SUMMIT).exit_code == 1
        assert "it is held: H-1 by release manager" in acted.run("why", WEEKLY, "--target", SUMMIT).stdout

    @pytest.mark.parametrize(
        ("words", "mark"),
        [
            (("night", "20230420", "--target", BASE), "COMPRESSED (night) P-"),
            (("status", "--release", WEEKLY), "COMPRESSED (night)"),
            (("history", BASE), "came as COMPRESSED (night)"),
            (("promotions", "list"), "succeeded, COMPRESSED (night)"),
        ],
        ids=["night", "status", "history", "promotions"],
    )
    def test_a_mark_stands_beside_what_was_let_in(
        self, acted_once: Site, words: tuple[str, ...], mark: str
    ) -> None:
        assert mark in acted_once.ok(*words, "-o", "wide")
        told = json.dumps(answer(acted_once, *words))
        assert json.dumps(NIGHT) in told

    def test_a_promotion_is_shown_with_its_mark(self, acted_once: Site) -> None:
        [row] = [each for each in answer(acted_once, "promotions", "list") if each["overlay"] is not None]
        assert acted_once.ok("promotions", "show", row["promotion"]).startswith("*** COMPRESSED (night)")
        assert answer(acted_once, "promotions", "show", row["promotion"])["overlay"] == NIGHT


class TestGate:
    """What a change of a tree rests on, and who has to approve it."""

    @pytest.fixture
    def changed(self, ready: Site) -> Site:
        """A commit that brings the weekly to a place where the board has to approve."""
        site = governed_site(ready)
        site.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
        return site

    def gate(self, site: Site, file: Path) -> tuple[dict[str, Any], str, str]:
        """The image at the place, the comment, and the text."""
        words = ("gate", "merge", "--base", "main~1", "--head", "main")
        done = site.run(*words, "--comment", str(file), "-o", "json")
        [image] = json.loads(done.stdout)["images"]
        return image, file.read_text(), site.run(*words).stdout

    def test_who_has_to_approve_and_with_which_command(self, changed: Site, tmp_path: Path) -> None:
        image, comment, text = self.gate(changed, tmp_path / "comment.md")
        [board] = [each for each in image["findings"] if each["requirement"] == "board"]
        assert board["next"][:2] == ["ldmrelease", "approve"]
        for each in (comment, text):
            assert "nobody has approved it yet" in each
            assert "who can change it: board" in each
            assert "next: ldmrelease approve" in each
        assert "Approved and waived" not in comment

    def test_what_was_approved_and_waived_is_told(self, changed: Site, tmp_path: Path) -> None:
        requested(changed)
        being(changed, "zoe").ok("approve", WEEKLY, "--target", PLACE, "--yes", *WHY)
        image, comment, text = self.gate(being(changed, "me"), tmp_path / "comment.md")
        assert [(each["requirement"], each["outcome"]) for each in image["excuses"]] == [
            ("smoke-before", "waived"),
            ("board", "satisfied"),
        ]
        assert "#### Approved and waived" in comment
        for each in (comment, text):
            assert "satisfied: board: approved by Zoe" in each
            assert "waived by Yan until" in each

    def test_a_hold_is_told_with_the_command_that_lifts_it(self, changed: Site, tmp_path: Path) -> None:
        changed.ok("freeze", "usdfdev", "--reason", "the mirror is out")
        image, comment, _ = self.gate(changed, tmp_path / "comment.md")
        assert image["verdict"] == "refused"
        assert "it is held: H-1 by release manager" in comment
        assert "next: ldmrelease lift H-1" in comment


def test_a_bundle_shows_what_its_decisions_rest_on_and_what_is_recalled(acted: Site, tmp_path: Path) -> None:
    file = str(tmp_path / "bundle.json")
    acted.ok("bundle", "export", file)
    found = answer(acted, "bundle", "show", file)
    assert {(each["hold"], each["reason"]) for each in found["held"]} == {("H-1", "it segfaults there")}
    assert {place.partition("/")[0] for each in found["held"] for place in each["places"]} == {"summit"}
    text = acted.ok("bundle", "show", file, "-o", "wide")
    assert "recalled:" in text
    assert "it is held: H-1 by release manager" in text
    assert "smoke-before waived" in text
