"""What the default policies ask of today: the board and documents for production, five stakeholders for `recommended`.

Of years before 2026 it is reported, as all other tests of the sample show.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.approvers import APPROVERS, add_approvers
from tests.workspace import MENU, WEEKLY, Site, sign_trust

PRODUCTION = "usdf-cm/cm-service"
FINAL = "24.0.0"
MOVES = ("alias", "move", "recommended", WEEKLY, "--target", MENU)
STAKEHOLDERS = tuple(key for key, role in APPROVERS.items() if role.startswith("stakeholder-"))
LAST_YEAR = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def governed_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("governed") / "workspace")
    add_approvers(site.root)
    sign_trust(site.root)
    site.ok("release", "pin", FINAL)
    site.ok("promote", WEEKLY, "--target", MENU)
    site.clock(LAST_YEAR)
    site.ok("observe")
    return site


@pytest.fixture
def last_year(governed_once: Site, tmp_path: Path) -> Site:
    """The last second of 2025; the board and the stakeholders have keys."""
    return governed_once.copy(tmp_path / "workspace")


@pytest.fixture
def today(last_year: Site) -> Site:
    """A second later."""
    last_year.advance(seconds=1)
    return last_year


def findings(site: Site, *words: str) -> dict[str, dict[str, Any]]:
    found = json.loads(site.run("check", *words, "-o", "json").stdout)
    return {each["requirement"]: each for each in found["decisions"][0]["findings"]}


def key(site: Site, name: str) -> str:
    return str(site.root / "keys" / f"{name}.pem")


def test_production_is_refused_without_scan_and_documents_and_the_board_is_asked(today: Site) -> None:
    found = findings(today, FINAL, "--target", PRODUCTION)
    assert (found["scanned"]["outcome"], found["scanned"]["code"]) == ("missing", "no-evidence")
    assert (found["documented"]["outcome"], found["documented"]["code"]) == ("missing", "no-file")
    assert (found["board"]["outcome"], found["board"]["who"]) == (
        "pending",
        ["change-control-board (board-1, board-2)"],
    )


def test_of_the_year_before_all_of_it_is_reported(last_year: Site) -> None:
    found = findings(last_year, FINAL, "--target", PRODUCTION)
    assert {found[each]["outcome"] for each in ("scanned", "documented", "board")} == {"reported"}


def test_the_release_manager_writes_documents_and_two_of_the_board_approve(today: Site) -> None:
    for kind in ("release-notes", "known-issues", "characterisation-report"):
        file = today.root / "documents" / FINAL / f"{kind}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{kind} of {FINAL}\n")
        today.ok("evidence", "document", str(file), "--kind", kind, "--release", FINAL)
    for name in ("board-1", "board-2"):
        assert findings(today, FINAL, "--target", PRODUCTION)["board"]["outcome"] == "pending"
        today.ok("approve", FINAL, "--target", PRODUCTION, "--yes", "--key", key(today, name))
    found = findings(today, FINAL, "--target", PRODUCTION)
    assert {found[each]["outcome"] for each in ("documented", "board")} == {"satisfied"}


def test_recommended_moves_once_the_last_of_the_five_has_acknowledged_it(today: Site) -> None:
    waits = today.run(*MOVES)
    assert waits.exit_code == 4, waits.stdout
    assert "stakeholder-pipelines" in waits.stdout
    for name in STAKEHOLDERS:
        today.ok(
            "approve", WEEKLY, "--target", MENU, "--alias", "recommended", "--yes", "--key", key(today, name)
        )
    today.ok("resume", "--all")
    assert 'recommendedTag: "w_2023_16"' in today.committed(MENU)


def test_recommended_moved_without_them_before(last_year: Site) -> None:
    last_year.ok(*MOVES)
    assert 'recommendedTag: "w_2023_16"' in last_year.committed(MENU)


def adopted_by(site: Site, person: str | None) -> dict[str, Any]:
    """What is found of the board, where the account that adopted the RFC is this person's; None is nobody's."""
    if person is not None:
        site.edit(
            lambda text: text.partition("accounts:")[0] + f"accounts: {{'jira:grace': {person}}}\n",
            "trust.yaml",
        )
    found = findings(site, FINAL, "--target", PRODUCTION)["board"]["values"]
    return {"approved": found["approved"], "codes": [each["code"] for each in found.get("not_counted", ())]}


def test_who_adopted_an_rfc_is_a_person_by_the_trust_document_alone(today: Site) -> None:
    """Else one person by two names would take two seats, and whoever asks could approve by another name."""
    rfc = str(Path(__file__).parents[3] / "data/evidence/jira-rfc.json")
    today.ok("evidence", "import", "jira", rfc, "--subject", FINAL, "--target", "production")
    assert adopted_by(today, None) == {"approved": [], "codes": ["unknown-person"]}
    assert adopted_by(today, "board-1") == {"approved": ["board-1"], "codes": []}
    assert adopted_by(today, "release manager") == {"approved": [], "codes": ["requester"]}


def test_an_account_is_a_persons_whom_the_document_has(today: Site) -> None:
    file = today.root / "trust.yaml"
    file.write_text(f"{file.read_text()}accounts: {{'jira:grace': board-11, grace: board-1}}\n")
    told = today.run("workspace", "lint").stdout
    assert "write the system and the name there, such as jira:jdoe" in told
    file.write_text(file.read_text().replace(", grace: board-1}", "}"))
    assert (
        "accounts.jira:grace: no person 'board-11'; did you mean board-1?"
        in today.run("workspace", "lint").stdout
    )
