"""What people did is shown wherever a release or a place is explained, and is replayed with what was decided."""

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind
from tests.unit.faces.cli.handed_copy import hand_over
from tests.unit.faces.cli.test_approvals import WHY, answer, being, forged, governed_site, requested
from tests.unit.faces.cli.test_compressed import compressed_site
from tests.workspace import BASE, BEFORE, PLACE, WEEKLY, Site

COMPRESSED = ("--compressed", "night", "--reason", "on sky in an hour")
NOTES = f"documents/{WEEKLY}/release-notes.md"


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
        types = ("--type", "document", "--environment", "*", "--repository", "*", "--yes")
        ready.ok("trust", "role", "writer", *types)
        ready.edit(
            lambda text: text.replace("roles: [release-manager", "roles: [writer, release-manager"),
            "trust.yaml",
        )
        ready.ok("evidence", "document", str(file), "--kind", "release-notes", "--release", WEEKLY)
        found = answer(ready, "dossier", WEEKLY)
        [document] = found["documents"]
        assert (document["kind"], document["signer"], document["counted"]) == ("release-notes", "me", True)
        [gap] = [each for each in found["gaps"] if each["code"] == "no-documents"]
        assert gap["values"]["kinds"] == ["known-issues", "characterisation-report"]
