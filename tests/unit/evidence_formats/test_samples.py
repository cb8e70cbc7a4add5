"""Files as their tools write them: what each says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.predicates.sbom import CYCLONEDX, SPDX
from ldmrelease.domain.statement_facts import (
    FindingFact,
    FindingSeverity,
    MetricFact,
    OwnersFact,
    ReviewerFact,
)
from ldmrelease.evidence_formats.codeowners import matches, owners_of
from ldmrelease.evidence_formats.found import (
    ApprovalFound,
    MetricsFound,
    OwnersFound,
    ReviewFound,
    SbomFound,
    ScanFound,
    TestsFound,
    VexFound,
)
from ldmrelease.evidence_formats.registry import FORMATS

DATA = Path(__file__).parents[2] / "data" / "evidence"
COMMIT = "ecdd80bb57125d7ba9641ffaa4d7d2c19d3f3091"


def read(format: str, name: str) -> Any:
    """What a sample says."""
    found = FORMATS[format].read((DATA / name).read_bytes())
    assert not isinstance(found, DocumentFaults), found
    return found


def test_every_format_has_a_name_of_its_own_and_makes_something() -> None:
    assert all(name == each.name and each.title and each.makes for name, each in FORMATS.items())


@pytest.mark.parametrize(
    ("format", "name", "passed", "warned", "failed"),
    [
        (
            "junit", "junit-nested.xml",
            ["test.db.DatabaseTest.testTable", "test.fs.FileSystemTest.testPrefix"], [], ["test.3rdlevel"],
        ),
        ("junit", "junit-flaky.xml", [], ["io.olamy.FlakyTest.testApp"], []),
        ("sarif", "simple-example.sarif", ["ESLint"], [], ["no-unused-vars"]),
        ("sarif", "suppressions.sarif", ["SarifSamples"], ["TUT1001"], []),
        ("sarif", "execution-error.sarif", [], [], ["CodeScanner"]),
        (
            "mobu", "mobu-flock.json",
            ["basic/bot-mobu-testuser01"], ["basic/bot-mobu-testuser03"], ["basic/bot-mobu-testuser02"],
        ),
        ("github-checks", "github-checks.json", ["build"], ["mighty_readme"], []),
    ],
    ids=["junit", "surefire", "error", "suppressed", "crashed", "flock", "checks"],
)  # fmt: skip
def test_tests_by_what_became_of_them(
    format: str, name: str, passed: list[str], warned: list[str], failed: list[str]
) -> None:
    found = read(format, name)
    assert isinstance(found, TestsFound)
    assert (list(found.passed), list(found.warned), list(found.failed)) == (passed, warned, failed)


def test_checks_are_of_a_commit_and_end() -> None:
    found = read("github-checks", "github-checks.json")
    assert found.commit == "ce587453ced02b1526dfb4cb910479d431683101"
    assert found.finished == datetime(2018, 5, 4, 1, 15, 52, tzinfo=UTC)


def test_measured_values_are_as_they_are_spelled() -> None:
    found = read("lsst-verify", "lsst-verify.json")
    assert isinstance(found, MetricsFound)
    assert found.metrics == {
        "ip_diffim.numSciSources": MetricFact("1326.0", "ct"),
        "ip_diffim.fracDiaSourcesToSciSources": MetricFact("0.0385"),
        "ap_pipe.ApPipeTime": MetricFact("63.1475", "s"),
    }


def test_a_scan_of_trivy() -> None:
    found = read("trivy", "trivy.json")
    assert isinstance(found, ScanFound)
    assert found.scan.findings == (
        FindingFact("CVE-2021-38561", FindingSeverity.UNKNOWN, "golang.org/x/text", "v0.3.5", "0.3.7"),
        FindingFact("CVE-2022-24765", FindingSeverity.MEDIUM, "git", "2.35.1-r2", "2.35.2-r0"),
    )
    assert (found.scan.database, found.scan.packages, found.images) == (None, None, ())


@pytest.mark.parametrize(
    ("format", "name", "uri", "count", "key"),
    [
        ("cyclonedx", "cyclonedx.json", CYCLONEDX, 43, "components"),
        ("spdx", "spdx.json", SPDX, 1, "packages"),
    ],
    ids=["cyclonedx", "spdx"],
)
def test_bills_of_materials_keep_what_names_packages(
    format: str, name: str, uri: str, count: int, key: str
) -> None:
    found = read(format, name)
    assert isinstance(found, SbomFound)
    assert found.uri == uri
    assert len(found.predicate[key]) == count
    again = FORMATS[format].read(json.dumps(found.predicate).encode())
    assert again == found


def test_vex_is_the_document() -> None:
    found = read("openvex", "openvex.json")
    assert isinstance(found, VexFound)
    assert found.predicate["author"] == "Wolfi J Inkinson"


def test_a_review_is_what_each_said_last() -> None:
    found = read("github-reviews", "github-reviews.json")
    assert isinstance(found, ReviewFound)
    at = datetime(2023, 4, 19, 12, tzinfo=UTC)
    assert found.review.reviewers == (ReviewerFact("grace", True, COMMIT, at),)
    assert (found.review.reference, found.review.author) == ("lsst-sqre/phalanx#4711", "ada")
    assert found.review.commit == COMMIT


def test_the_reviews_of_the_api_do_not_say_which_commit_is_the_newest() -> None:
    found = read("github-reviews", "github-reviews-api.json")
    assert (found.review.reference, found.review.commit) == ("octocat/Hello-World#12", None)
    assert [each.person for each in found.review.reviewers] == ["octocat"]


def test_of_each_path_the_last_rule_decides() -> None:
    rules = read("codeowners", "CODEOWNERS")
    assert isinstance(rules, OwnersFound)
    found = owners_of(rules, ["applications/nublado/values-summit.yaml", "docs/a/b.rst", "README.md"])
    assert found == (
        OwnersFact("*", ("@lsst-sqre/square",)),
        OwnersFact("/applications/*/values-summit.yaml", ("@lsst-ts/summit",)),
        OwnersFact("/docs/", ()),
    )


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("*", "a/b/c", True),
        ("*.js", "a/b.js", True),
        ("*.js", "a/b.ts", False),
        ("/build/logs/", "build/logs/a/b", True),
        ("/build/logs/", "x/build/logs/a", False),
        ("docs/*", "docs/a", True),
        ("docs/*", "docs/a/b", False),
        ("apps/", "x/apps/y/z", True),
        ("/docs", "docs/a/b", True),
        ("**/logs", "a/b/logs/c", True),
        ("/a/**/z", "a/z", True),
        ("/a/**/z", "a/b/c/z", True),
        ("/a/**/z", "b/z", False),
        ("[a]", "a", False),
    ],
)
def test_patterns_are_those_of_the_documentation(pattern: str, path: str, matched: bool) -> None:
    assert matches(pattern, path) is matched


def test_an_rfc_was_adopted_by_whoever_moved_it() -> None:
    found = read("jira", "jira-rfc.json")
    at = datetime(2023, 4, 12, 18, 23, 17, tzinfo=UTC)
    url = "https://jira.example/rest/api/2/issue/1"
    assert found == ApprovalFound("jira", "RFC-1012", "adopted", ("grace",), at, url)


def test_a_backport_was_approved_by_whoever_set_the_label() -> None:
    found = read("jira", "jira-backport.json")
    assert (found.reference, found.decision, found.persons) == ("DM-38724", "backport-approved", ("joan",))
