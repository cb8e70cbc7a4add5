"""What people did is shown wherever a release or a place is explained, and is replayed with what was decided."""

from pathlib import Path

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
