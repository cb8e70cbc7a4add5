"""Rules about others' evidence in a whole workspace: from a statement or a file to a decision."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workspace import BEFORE, PLACE, WEEKLY, Site, agree_workspace

NOTES = f"documents/{WEEKLY}/release-notes.md"
MANAGER = ("document", "compatibility", "metric", "vulnerabilities", "vex", "code-review", "sbom")


def asks(site: Site, *requirements: dict[str, Any], types: tuple[str, ...] = MANAGER) -> None:
    """Development asks for this, beside images; the key `me` may sign what it takes."""

    def with_requirements(text: str) -> str:
        policy = yaml.safe_load(text)
        policy["spec"]["enter"] = [policy["spec"]["enter"][0], *requirements]
        return yaml.safe_dump(policy, sort_keys=False)

    def with_types(text: str) -> str:
        trust = yaml.safe_load(text)
        trust["roles"]["evidence"] = {"types": [*types], "environments": ["*"], "repositories": ["*"]}
        for key in trust["keys"].values():
            if "person" in key and "release-manager" in key["roles"]:
                key["roles"].append("evidence")
        return yaml.safe_dump(trust, sort_keys=False)

    site.edit(with_requirements, "policies/development.yaml")
    site.edit(with_types, "trust.yaml")
    site.ok("trust", "agree", "--yes")
    site.ok("release", "pin", WEEKLY)


def signed(site: Site, type: str, predicate: dict[str, Any], *words: str, release: str = WEEKLY) -> None:
    """Sign a statement with the key `me`, and take it in."""
    (site.root / "predicate.json").write_text(json.dumps(predicate))
    out = str(site.root / f"{type}.json")
    site.ok(
        "evidence", "sign", release, "--type", type, "--predicate", str(site.root / "predicate.json"),
        "--key", str(site.root / "keys/me.pem"), "--out", out, *words,
    )  # fmt: skip
    site.ok("evidence", "add", out)


def finding(site: Site, requirement: str) -> tuple[str, str]:
    done = site.run("check", WEEKLY, "--target", PLACE, "--output", "json")
    (decision,) = json.loads(done.stdout)["decisions"]
    (found,) = [each for each in decision["findings"] if each["requirement"] == requirement]
    return found["outcome"], found["code"]


def metric(value: str) -> dict[str, Any]:
    return {"attributes": [{"attribute": "AM1", "conditions": {"value": value, "unit": "marcsec"}}]}


class TestDocuments:
    """From a file to a signed document, and what becomes of it when the file changes."""

    @pytest.fixture
    def asked(self, ready: Site) -> Site:
        asks(ready, {"id": "notes", "rule": "documents", "kinds": ["release-notes"], "by": ["evidence"]})
        return ready

    def write(self, site: Site, text: str, name: str = NOTES) -> str:
        file = site.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    def test_missing_unsigned_signed_and_changed_after_it_was_signed(self, asked: Site) -> None:
        assert finding(asked, "notes") == ("missing", "no-file")
        file = self.write(asked, "Nothing new.\n")
        assert finding(asked, "notes") == ("missing", "unsigned")
        told = asked.ok("evidence", "document", file, "--kind", "release-notes", "--release", WEEKLY)
        assert "document" in told
        assert finding(asked, "notes") == ("satisfied", "signed")
        self.write(asked, "Something else.\n")
        assert finding(asked, "notes") == ("failed", "changed")
        Path(file).unlink()
        assert finding(asked, "notes") == ("missing", "file-gone")

    def test_the_same_again_changes_nothing(self, asked: Site) -> None:
        words = (
            "evidence",
            "document",
            self.write(asked, "x"),
            "--kind",
            "release-notes",
            "--release",
            WEEKLY,
        )
        asked.ok(*words)
        before = asked.head()
        asked.ok(*words)
        assert asked.head() == before

    def test_a_file_elsewhere_is_refused_and_where_it_belongs_is_said(self, asked: Site) -> None:
        file = self.write(asked, "x", "notes.md")
        done = asked.run("evidence", "document", file, "--kind", "release-notes", "--release", WEEKLY)
        assert done.exit_code == 2
        assert NOTES in done.stderr

    @pytest.mark.parametrize("kind", ["../secret", "Notes", ""], ids=["path", "capital", "empty"])
    def test_a_kind_is_a_name(self, asked: Site, kind: str) -> None:
        file = self.write(asked, "x")
        assert asked.run("evidence", "document", file, "--kind", kind, "--release", WEEKLY).exit_code == 2

    def test_a_link_out_of_the_workspace_is_not_read(self, asked: Site, tmp_path: Path) -> None:
        outside = tmp_path / "outside.md"
        outside.write_text("x")
        file = asked.root / NOTES
        file.parent.mkdir(parents=True)
        file.symlink_to(outside)
        assert finding(asked, "notes") == ("errored", "unreadable-file")
        done = asked.run("evidence", "document", str(file), "--kind", "release-notes", "--release", WEEKLY)
        assert done.exit_code == 2

    def test_the_workspace_says_where_they_are(self, asked: Site) -> None:
        asked.edit(lambda text: text + "documents: docs/{product}/{tag}-{kind}.md\n")
        file = self.write(asked, "x", f"docs/stack/{WEEKLY}-release-notes.md")
        asked.ok("evidence", "document", file, "--kind", "release-notes", "--release", WEEKLY)
        assert finding(asked, "notes") == ("satisfied", "signed")

    def test_a_decision_that_rests_on_it_is_replayed_to_the_same_bytes(self, asked: Site) -> None:
        file = self.write(asked, "x")
        asked.ok("evidence", "document", file, "--kind", "release-notes", "--release", WEEKLY)
        asked.ok("promote", WEEKLY, "--target", PLACE, "--yes")
        self.write(asked, "changed later")
        assert "same" in asked.ok("audit", "replay", "--all")


@pytest.mark.parametrize(
    "name", ["documents/{kind}.md", "/etc/{tag}/{kind}", "../{tag}/{kind}", "{tag}/{kind}/{x}"]
)
def test_where_documents_are_is_within_the_workspace_and_one_file_each(ready: Site, name: str) -> None:
    file = ready.root / "ldmrelease.yaml"
    file.write_text(file.read_text() + f'documents: "{name}"\n')
    done = ready.run("workspace", "lint")
    assert done.exit_code != 0
    assert "documents" in done.stdout + done.stderr


class TestCompatible:
    """What the environment has is agreed to with its targets, or provided by what runs there."""

    @pytest.fixture
    def asked(self, ready: Site) -> Site:
        asks(ready, {"id": "schemas", "rule": "compatible", "by": ["evidence"]})
        return ready

    def provides(self, site: Site, version: str) -> None:
        def change(text: str) -> str:
            file = yaml.safe_load(text)
            file["environments"]["usdfdev"]["provides"] = {"apdb": version}
            return yaml.safe_dump(file, sort_keys=False)

        (site.root / "ldmrelease.yaml").write_text(change((site.root / "ldmrelease.yaml").read_text()))

    def test_a_range_is_held_against_what_the_workspace_says(self, asked: Site) -> None:
        assert finding(asked, "schemas") == ("missing", "not-declared")
        signed(asked, "compatibility", {"requires": {"apdb": ">=3,<5"}})
        assert finding(asked, "schemas") == ("missing", "unknown-here")
        self.provides(asked, "4.1.0")
        agree_workspace(asked.root)
        assert finding(asked, "schemas") == ("satisfied", "compatible")
        self.provides(asked, "5.0")
        agree_workspace(asked.root)
        assert finding(asked, "schemas") == ("failed", "incompatible")

    def test_who_changes_it_without_agreement_decides_nothing(self, asked: Site) -> None:
        signed(asked, "compatibility", {"requires": {"apdb": ">=3,<5"}})
        self.provides(asked, "4.1.0")
        done = asked.run("promote", WEEKLY, "--target", PLACE, "--yes")
        assert done.exit_code != 0
        assert "trust" in done.stdout + done.stderr


class TestMetric:
    """No worse than what was observed to run there."""

    def test_it_is_compared_with_the_release_that_runs_there(self, ready: Site) -> None:
        asks(
            ready,
            {
                "id": "astrometry", "rule": "metric", "metric": "AM1", "no-worse-than": "running",
                "better": "lower", "tolerance": "5%", "by": ["evidence"],
            },
        )  # fmt: skip
        assert finding(ready, "astrometry") == ("missing", "no-evidence")
        signed(ready, "metric", metric("10.6"))
        assert finding(ready, "astrometry") == ("missing", "not-measured-there")
        signed(ready, "metric", metric("10"), release=BEFORE)
        assert finding(ready, "astrometry") == ("failed", "worse-than-running")
        ready.advance(hours=1)
        signed(ready, "metric", metric("10.5"))
        assert finding(ready, "astrometry") == ("satisfied", "no-worse")


class TestVulnerabilities:
    """From a signed scan to a decision, with what the supplier says of it."""

    def scan(self, *found: tuple[str, str]) -> dict[str, Any]:
        result = [{"id": id, "severity": [{"method": "nvd", "score": each}]} for id, each in found]
        return {
            "scanner": {"uri": "trivy", "db": {"lastUpdate": "2023-04-20T06:00:00Z"}, "result": result},
            "metadata": {
                "scanStartedOn": "2023-04-20T11:00:00Z",
                "scanFinishedOn": "2023-04-20T11:05:00Z",
            },
        }

    def test_a_scan_a_critical_one_and_vex(self, ready: Site) -> None:
        asks(
            ready,
            {
                "id": "scan", "rule": "vulnerabilities", "limits": {"critical": 0}, "max-age": "7d",
                "database-max-age": "1d", "by": ["evidence"], "vex-by": ["evidence"],
            },
        )  # fmt: skip
        image = ("--component", "scipipe", "--platform", "linux/amd64")
        assert finding(ready, "scan") == ("missing", "no-evidence")
        for component in ("scipipe", "sciplat-lab"):
            if component in ready.ok("release", "show", WEEKLY):
                words = ("--component", component, "--platform", "linux/amd64")
                signed(ready, "vulnerabilities", self.scan(), *words)
        assert finding(ready, "scan") == ("satisfied", "within-limits")
        ready.advance(hours=1)
        signed(ready, "vulnerabilities", self.scan(("CVE-2023-1", "critical")), *image)
        assert finding(ready, "scan") == ("failed", "too-many")
        vex = {"statements": [{"vulnerability": {"name": "CVE-2023-1"}, "status": "not_affected"}]}
        signed(ready, "vex", vex, *image)
        assert finding(ready, "scan") == ("satisfied", "within-limits")


def test_a_review_of_the_commit_that_is_pinned(ready: Site) -> None:
    asks(ready, {"id": "seen", "rule": "reviewed", "by": ["evidence"]})
    assert finding(ready, "seen") == ("missing", "no-evidence")
    review = {
        "system": "github", "reference": "lsst/phalanx#1", "commit": "d" * 40, "author": "bob",
        "reviewers": [{"person": "ada", "approved": True, "commit": "a" * 40}],
    }  # fmt: skip
    signed(ready, "code-review", {"review": review}, "--about", "configuration")
    assert finding(ready, "seen") == ("missing", "new-commits")
    ready.advance(minutes=1)
    review["reviewers"] = [{"person": "ada", "approved": True, "commit": "d" * 40}]
    signed(ready, "code-review", {"review": review}, "--about", "configuration")
    assert finding(ready, "seen") == ("satisfied", "reviewed")
