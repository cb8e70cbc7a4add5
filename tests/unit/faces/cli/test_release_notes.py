"""`ldmrelease release notes`: from data of the workspace, signed statements and the repositories of a release."""

import json
import shutil

from tests.unit.faces.cli.test_evidence_rules import asks, signed
from tests.workspace import BEFORE, WEEKLY, Site

NOTES = f"documents/{WEEKLY}/notes.yaml"


def write(site: Site, text: str) -> None:
    file = site.root / NOTES
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def notes(site: Site, *words: str, code: int = 0):
    done = site.run("release", "notes", WEEKLY, *words, "--output", "json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_features_are_those_of_its_milestones_and_its_own(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    write(ready, "milestones: [LDM-503-15a]\nfeatures: [DM-SUIT-3]\n")
    found = notes(ready)
    assert found["previous"] == f"stack/{BEFORE}", "the last of its kind"
    first = found["features"][0]
    assert (first["code"], first["milestone"], first["state"]) == ("DM-SUIT-3", "LDM-503-01", "stated")
    assert {"DM-AP-12", "DM-DRP-27"} <= {each["code"] for each in found["features"]}
    assert {each["component"] for each in found["changes"]["components"] if each["differs"]} >= {"scipipe"}
    assert found["changes"]["products"]


def test_what_people_write_is_said_and_what_is_signed_counts_first(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    write(
        ready,
        "compatibility:\n  requires: {apdb: '>=4,<5'}\n  provides: {alert: '6.9'}\n"
        "known-issues: [{text: It is slow, ticket: DM-38712, workaround: Wait}]\n"
        "deprecations: [{name: old, instead: new, removal: w.2023.40}]\n"
        "tickets: [{ticket: DM-38000, text: A new calibration}]\n",
    )
    asks(ready, {"id": "schemas", "rule": "compatible", "by": ["evidence"]})
    signed(ready, "compatibility", {"requires": {}, "provides": {"alert": "7.1"}})
    found = notes(ready)
    by_name = {each["name"]: each for each in found["compatibility"]}
    assert (by_name["apdb"]["requires"], by_name["apdb"]["signed"]) == (">=4,<5", False)
    assert (by_name["alert"]["provides"], by_name["alert"]["signed"]) == ("7.1", True)
    text = ready.ok("release", "notes", WEEKLY)
    assert "- DM-38712: It is slow (workaround: Wait)" in text
    assert "- old; use new; goes with w.2023.40" in text
    assert "- DM-38000: A new calibration" in text
    assert "Known issues\n------------" in ready.ok("release", "notes", WEEKLY, "--format", "rst")


def test_what_is_wrong_in_the_file_is_said_with_its_line(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    write(ready, "features:\n  - DM-SUIT-3\n  - DM-SIUT-3\ncompatibility: {requires: {apdb: 'four or so'}}\n")
    done = ready.run("release", "notes", WEEKLY)
    assert done.exit_code == 2
    assert "notes.yaml:3" in done.stderr
    assert "did you mean DM-SUIT-3?" in done.stderr
    assert "not a range of versions" in done.stderr


def test_tickets_are_those_of_the_commits_between(ready: Site) -> None:
    for subject in ("DM-38001: a new calibration", "tidy up"):
        ready.git("commit", "--allow-empty", "-q", "-m", subject, repository="git/puppet")
    ready.git("tag", "-f", WEEKLY, repository="git/puppet")
    ready.ok("release", "pin", WEEKLY)
    told = [(each["ticket"], each["text"], each["component"]) for each in notes(ready)["tickets"]]
    assert told[:2] == [
        (None, "tidy up", "puppet"),
        ("DM-38001", "DM-38001: a new calibration", "puppet"),
    ]
    shutil.rmtree(ready.root / "git/puppet")
    found = notes(ready, code=3)
    assert found["tickets"] == []
    assert [each["component"] for each in found["unread"]] == ["puppet"]
