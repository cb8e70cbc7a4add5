"""`ldmrelease campaign`: from a file of test cases to signed results, a decision, and a control database and back."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.faces.cli.test_evidence_rules import asks, finding, signed
from tests.workspace import PLACE, WEEKLY, Site

CAMPAIGN = """\
apiVersion: ldmrelease/v1alpha1
kind: Campaign
title: Pipelines Release Spring 2022
milestone: LDM-503-15a
catalogue: 2023-04-22
requirements:
  DMS-REQ-0285: {title: Level 1 catalogs, features: [DM-AP-12]}
test-cases:
  LVV-T1: {title: PSF of the template, verifies: [DMS-REQ-0285], version: "1.0"}
  LVV-T2: {verifies: [DM-DRP-27]}
"""
PASSED = "Test Case Key,Status\nLVV-T1,Pass\nLVV-T2,Pass\n"


@pytest.fixture
def asked(ready: Site) -> Site:
    """Development asks for the campaign, and `me` may sign results."""
    (ready.root / "campaigns").mkdir()
    (ready.root / "campaigns/spring.yaml").write_text(CAMPAIGN)
    asks(
        ready,
        {
            "id": "milestone",
            "rule": "verified",
            "milestone": "LDM-503-15a",
            "by": ["evidence"],
            "waivable-by": ["release-manager"],
        },
        types=("verification",),
    )
    return ready


def told(site: Site, *words: str, code: int = 0) -> Any:
    done = site.run("campaign", *words, "--output", "json")
    assert done.exit_code == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def results(site: Site, text: str, name: str = "results.csv") -> str:
    (site.root / name).write_text(text)
    return str(site.root / name)


def states(site: Site, code: int) -> dict[str, str]:
    (found,) = told(site, "status", WEEKLY, code=code)
    return {each["code"]: each["outcome"] for each in found["claims"]}


def test_from_nothing_to_verified_and_there_and_back_through_a_control_database(
    asked: Site, tmp_path: Path
) -> None:
    (listed,) = told(asked, "list")
    assert (listed["name"], listed["milestone"], listed["test_cases"]) == ("spring", "LDM-503-15a", 2)
    assert listed == told(asked, "show", "spring")
    assert [(each["code"], each["incomplete"], each["test_cases"]) for each in listed["claims"]] == [
        ("DM-AP-12", True, ["LVV-T1"]),
        ("DM-DRP-27", True, ["LVV-T2"]),
        ("DMS-REQ-0285", False, ["LVV-T1"]),
    ]
    assert "marks LDM-503-15a complete, and DM-AP-12 and DM-DRP-27 not" in asked.ok("campaign", "list")
    assert finding(asked, "milestone") == ("missing", "not-verified")

    part = results(asked, "Test Case Key,Status\nLVV-T1,Pass\nLVV-T2,In Progress\nLVV-T9,Pass\n")
    imported = told(asked, "import", part, "--release", WEEKLY, code=1)
    assert (imported["results"], imported["unknown"]) == (2, ["LVV-T9"])
    assert states(asked, code=4) == {
        "DM-AP-12": "satisfied",
        "DM-DRP-27": "pending",
        "DMS-REQ-0285": "satisfied",
    }
    assert finding(asked, "milestone") == ("pending", "in-progress")

    asked.advance(minutes=5)
    imported = told(asked, "import", results(asked, PASSED), "--release", WEEKLY)
    assert imported["statement"]["new"]
    assert imported["statement"]["counted"]
    assert finding(asked, "milestone") == ("satisfied", "verified")
    assert set(states(asked, code=0).values()) == {"satisfied"}

    notes = asked.ok("release", "notes", WEEKLY)
    assert "DM-AP-12" in notes
    assert "(verified" in notes

    for name in ("results.csv", "run.json"):
        asked.ok("campaign", "export", WEEKLY, "--out", str(tmp_path / name))
        again = told(asked, "import", str(tmp_path / name), "--release", WEEKLY)
        assert (again["results"], again["problems"]) == (2, [])
        assert not again["statement"]["new"], "the same results are signed once"
    assert asked.ok("campaign", "export", WEEKLY) == (tmp_path / "results.csv").read_text()

    # What is verified is changed: earlier results are of something else.
    asked.edit(lambda text: text.replace("[DM-DRP-27]", "[DM-AP-12]"), "campaigns/spring.yaml")
    assert finding(asked, "milestone") == ("missing", "not-verified")
    assert "other-definition" in asked.run("campaign", "status", WEEKLY).stdout
    refused = asked.run("campaign", "import", str(tmp_path / "run.json"), "--release", WEEKLY)
    assert (refused.exit_code, "its definition is" in refused.stderr) == (2, True)


def test_a_signed_statement_is_added_as_any_other_and_a_failure_is_waived_by_name(asked: Site) -> None:
    (campaign,) = told(asked, "list")
    found = [{"testCase": "LVV-T1", "status": "passed"}, {"testCase": "LVV-T2", "status": "failed"}]
    predicate = {"campaign": "spring", "definition": campaign["definition"], "results": found}
    signed(asked, "verification", predicate)
    assert finding(asked, "milestone") == ("failed", "failed")
    assert states(asked, code=1)["DM-DRP-27"] == "failed"
    asked.ok(
        "waive", "milestone", "--release", WEEKLY, "--target", PLACE, "--reason", "not used here", "--yes"
    )
    assert finding(asked, "milestone")[0] == "waived"


def test_what_is_wrong_in_a_campaign_is_told_with_its_line_and_decides_nothing(asked: Site) -> None:
    bad = CAMPAIGN.replace("[DM-DRP-27]", "[DM-DRP-28]").replace(
        "features: [DM-AP-12]", "features: [DM-AP-21]"
    )
    (asked.root / "campaigns/spring.yaml").write_text(bad)
    done = asked.run("campaign", "list")
    assert done.exit_code == 2
    assert (
        "requirements.DMS-REQ-0285.features[0]: there is no feature or requirement 'DM-AP-21'" in done.stderr
    )
    assert "spring.yaml:10:23: test-cases.LVV-T2.verifies[0]: there is no" in done.stderr
    assert finding(asked, "milestone") == ("errored", "unreadable-campaign")


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (("LDM-503-15a", "LDM-503-15b"), "there is no milestone 'LDM-503-15b'"),
        (("2023-04-22", "2023-04-23"), "there is no catalogue of revision"),
        (("kind: Campaign", "kind: Campain"), "write Campaign"),
        (("verifies: [DM-DRP-27]", "verify: [DM-DRP-27]"), "unknown key"),
    ],
)
def test_each_fault_of_a_campaign_says_what_would_be_right(
    asked: Site, change: tuple[str, str], remedy: str
) -> None:
    (asked.root / "campaigns/spring.yaml").write_text(CAMPAIGN.replace(*change))
    done = asked.run("campaign", "list")
    assert (done.exit_code, remedy in done.stderr) == (2, True), done.stderr


def test_what_nobody_has_is_said(ready: Site) -> None:
    assert "there is no campaign in this workspace" in ready.run("campaign", "list").stderr
    assert ready.run("campaign", "status", WEEKLY).exit_code == 2
