"""Scans, bills of materials, VEX, measured values and reviews: what a fact says of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ldmrelease.domain.predicates import metric, review, sbom, scan, vex
from ldmrelease.domain.predicates.metric import read_metrics, write_metrics
from ldmrelease.domain.predicates.observed import read_observed, write_observed
from ldmrelease.domain.predicates.review import read_review, write_review
from ldmrelease.domain.predicates.scan import read_scan, severity_of, write_scan
from ldmrelease.domain.predicates.vex import read_vex
from ldmrelease.domain.statement_facts import (
    FindingFact,
    FindingSeverity,
    MetricFact,
    ObservedFact,
    OwnersFact,
    ReviewerFact,
    ReviewFact,
    SbomFact,
    ScanFact,
    VexFact,
    VexStatus,
)

AT = datetime(2023, 4, 21, 12, tzinfo=UTC)
SCAN = ScanFact(
    scanner="https://trivy.dev",
    version="0.50.1",
    database=AT,
    packages=412,
    findings=(
        FindingFact("CVE-2023-0464", FindingSeverity.HIGH, "openssl", "3.0.7", "3.0.8"),
        FindingFact("CVE-2023-2650", FindingSeverity.UNKNOWN),
    ),
)


def test_a_scan_is_read_as_it_was_written() -> None:
    assert read_scan(write_scan(SCAN, AT, AT)) == SCAN
    assert scan.TYPE.facts(write_scan(SCAN, AT, AT), {}) == {"scan": SCAN}
    assert scan.TYPE.claimed_time(write_scan(SCAN, AT, AT)) == AT


def test_the_example_of_the_specification() -> None:
    result = [{"id": "CVE-123", "severity": [{"method": "nvd", "score": "medium"}, {"score": "7.2"}]}]
    scanner = {
        "uri": "pkg:github/aquasecurity/trivy@244fd47e07d1004f0aed9",
        "version": "0.19.2",
        "db": {"lastUpdate": "2021-08-06T17:45:50.52Z"},
        "result": result,
    }
    read = read_scan({"scanner": scanner})
    assert isinstance(read, ScanFact)
    assert read.database == datetime(2021, 8, 6, 17, 45, 50, tzinfo=UTC)
    assert read.findings == (FindingFact("CVE-123", FindingSeverity.HIGH),)
    assert read.packages is None


def test_the_report_inside_of_cosigns_type() -> None:
    found = {
        "VulnerabilityID": "CVE-2023-0464",
        "PkgName": "openssl",
        "InstalledVersion": "3.0.7",
        "Severity": "LOW",
    }
    report = {"Results": [{"Target": "os", "Vulnerabilities": [found]}, {"Target": "none"}]}
    read = read_scan({"scanner": {"uri": "pkg:github/aquasecurity/trivy", "result": report}})
    assert isinstance(read, ScanFact)
    assert read.findings == (FindingFact("CVE-2023-0464", FindingSeverity.LOW, "openssl", "3.0.7"),)
    assert read.database is None


@pytest.mark.parametrize(
    "predicate",
    [
        {},
        {"scanner": 7},
        {"scanner": {"uri": "u", "result": {"matches": []}}},
        {"scanner": {"uri": "u", "result": [{"id": 7}]}},
        {"scanner": {"uri": "u", "result": [], "db": {"lastUpdate": "yesterday"}}},
        {"scanner": {"uri": "u", "result": []}, "ldmreleasePackages": -1},
    ],
    ids=["nothing", "no object", "another scanner", "an id", "a time", "packages"],
)
def test_a_scan_that_cannot_be_read_has_found_nothing_and_not_passed(predicate: dict[str, Any]) -> None:
    assert scan.TYPE.facts(predicate, {}) == {"code": "bad-scan"}


def test_more_findings_than_anybody_reads() -> None:
    result = [{"id": f"CVE-{number}"} for number in range(scan.MOST_FINDINGS + 1)]
    assert read_scan({"scanner": {"uri": "u", "result": result}}) == "too-many-findings"


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("CRITICAL", FindingSeverity.CRITICAL),
        ("Moderate", FindingSeverity.MEDIUM),
        ("9.0", FindingSeverity.CRITICAL),
        ("8.9", FindingSeverity.HIGH),
        ("4", FindingSeverity.MEDIUM),
        ("0.1", FindingSeverity.LOW),
        ("0.0", FindingSeverity.NEGLIGIBLE),
        ("11", FindingSeverity.UNKNOWN),
        ("NaN", FindingSeverity.UNKNOWN),
        ("grave", FindingSeverity.UNKNOWN),
    ],
)
def test_severities_are_the_scanners_words_and_the_ratings_of_cvss(
    word: str, severity: FindingSeverity
) -> None:
    assert severity_of(word) is severity


@pytest.mark.parametrize(
    ("predicate", "fact"),
    [
        ({"bomFormat": "CycloneDX", "components": [{}, {}]}, {"sbom": SbomFact("CycloneDX", 2)}),
        ({"bomFormat": "CycloneDX"}, {"sbom": SbomFact("CycloneDX", 0)}),
        ({"spdxVersion": "SPDX-2.3", "packages": [{}]}, {"sbom": SbomFact("SPDX", 1)}),
        ({"bomFormat": "CycloneDX", "components": 7}, {}),
        ({}, {}),
    ],
    ids=["cyclonedx", "empty", "spdx", "no list", "nothing"],
)
def test_bills_of_materials_tell_how_many_packages(predicate: dict[str, Any], fact: dict[str, Any]) -> None:
    assert sbom.TYPE.facts(predicate, {}) == fact


def test_vex_says_of_which_products_and_packages() -> None:
    said = {
        "vulnerability": {"name": "CVE-2023-0464", "aliases": ["GHSA-1"]},
        "products": [
            {
                "@id": "pkg:oci/lab",
                "hashes": {"sha-256": "a" * 64},
                "subcomponents": [{"@id": "pkg:rpm/openssl@3.0.7"}],
            }
        ],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    document = {"timestamp": "2023-04-21T12:00:00Z", "statements": [said]}
    (fact,) = vex.TYPE.facts(document, {})["vex"]
    assert fact == VexFact(
        names=("CVE-2023-0464", "GHSA-1"),
        status=VexStatus.NOT_AFFECTED,
        products=("pkg:oci/lab", f"sha256:{'a' * 64}"),
        packages=("pkg:rpm/openssl@3.0.7",),
        justification="vulnerable_code_not_in_execute_path",
        time=AT,
    )


@pytest.mark.parametrize(
    "statement",
    [
        {"vulnerability": {}, "status": "fixed"},
        {"vulnerability": {"name": "CVE-1"}, "status": "fine"},
        {"vulnerability": {"name": "CVE-1"}, "status": "fixed", "timestamp": "soon"},
    ],
    ids=["no name", "no status", "no time"],
)
def test_vex_that_cannot_be_read(statement: dict[str, Any]) -> None:
    assert read_vex({"statements": [statement]}) == "bad-vex"
    assert vex.TYPE.facts({"statements": [statement]}, {}) == {"code": "bad-vex"}


def test_metrics_are_read_as_they_were_written() -> None:
    values = {"validate_drp.AM1": MetricFact("4.38", "mmag"), "ap.count": MetricFact("-1e3")}
    written = write_metrics(values, "summit", AT)
    assert read_metrics(written) == values
    assert metric.TYPE.facts(written, {}) == {"metrics": values}
    assert metric.TYPE.environment(written) == "summit"
    assert metric.TYPE.claimed_time(written) == AT


def _attribute(name: str, **conditions: str) -> dict[str, Any]:
    return {"attribute": name, "conditions": conditions}


def test_an_attribute_without_a_value_is_no_metric() -> None:
    assert read_metrics({"attributes": [{"attribute": "REPRODUCIBLE"}, _attribute("a", flags="x")]}) == {}


@pytest.mark.parametrize(
    "attributes",
    [
        7,
        [_attribute("a", value="NaN")],
        [_attribute("a", value="1e9999")],
        [_attribute("a", value="1\n")],
        [_attribute("ä", value="1")],
        [_attribute("a", value="1"), _attribute("a", value="2")],
    ],
    ids=["no list", "NaN", "huge", "new line", "not ASCII", "twice"],
)
def test_metrics_that_cannot_be_read(attributes: object) -> None:
    assert metric.TYPE.facts({"attributes": attributes}, {}) == {"code": "bad-metric"}


def test_reviews_are_read_as_they_were_written() -> None:
    fact = ReviewFact(
        system="github",
        reference="lsst/phalanx#4711",
        commit="c" * 40,
        author="ada",
        reviewers=(ReviewerFact("grace", True, "c" * 40, AT), ReviewerFact("joan", False)),
        owners=(OwnersFact("/applications/nublado/", ("@lsst/data",)),),
    )
    assert read_review(write_review(fact)) == fact
    assert review.TYPE.facts(write_review(fact), {}) == {"review": fact}


def test_a_reviewer_says_one_thing() -> None:
    twice = (ReviewerFact("grace", True), ReviewerFact("grace", False))
    said = write_review(ReviewFact("github", "a/b#1", None, None, twice))
    assert review.TYPE.facts(said, {}) == {"code": "bad-review"}
    assert read_review({}) == "bad-review"


def test_where_it_was_observed() -> None:
    digest = f"sha256:{'d' * 64}"
    written = write_observed("jenkins", "junit.xml", digest, AT)
    assert read_observed(written) == ObservedFact("jenkins", "junit.xml", digest, AT)
    assert read_observed({}) is None
    assert read_observed(write_observed("jenkins", "junit.xml", "sha256:short", AT)) is None
