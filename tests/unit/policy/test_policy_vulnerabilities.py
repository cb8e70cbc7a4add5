"""`vulnerabilities`: scans that have shown something, what they found within limits, grace, VEX."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Finding, Verdict
from ldmrelease.domain.facts import Facts, StatementFact
from ldmrelease.domain.statement_facts import (
    FindingFact,
    FindingSeverity,
    SbomFact,
    ScanFact,
    VexFact,
    VexStatus,
)
from tests.unit.policy.policy_facts import (
    AMD,
    ARM,
    HOUR,
    INDEX,
    NOW,
    ago,
    decide,
    facts,
    judge,
    level,
    requirement,
    statement,
)

CRITICAL, HIGH, LOW, UNKNOWN = (FindingSeverity(each) for each in ("critical", "high", "low", "unknown"))
LIMITS = {"critical": 0, "high": 2}


def found(id: str, severity: FindingSeverity = HIGH, **given: Any) -> FindingFact:
    return FindingFact(id, severity, **given)


def scan(name: str, *findings: FindingFact, **changes: Any) -> StatementFact:
    """A counted scan of both platforms an hour ago, by a database of an hour before."""
    received = changes.get("received", ago(HOUR))
    said = {"scanner": "trivy", "version": None, "database": received - timedelta(hours=1), "packages": 90}
    said |= {key: changes.pop(key) for key in list(changes) if key in said}
    given: dict[str, Any] = {
        "type": "vulnerabilities",
        "subjects": (AMD, ARM),
        "roles": ("scanner",),
        "scan": ScanFact(findings=findings, **said),
    }
    return statement(name, **given | changes)


def vex(name: str, *said: VexFact, **changes: Any) -> StatementFact:
    given: dict[str, Any] = {
        "type": "vex",
        "subjects": (INDEX, AMD, ARM),
        "roles": ("security",),
        "vex": said,
    }
    return statement(name, **given | changes)


def says(id: str, status: str = "not_affected", **given: Any) -> VexFact:
    return VexFact((id,), VexStatus(status), **given)


def asked(*statements: StatementFact, now: datetime = NOW, **parameters: Any) -> Finding:
    return judge(
        "vulnerabilities",
        facts(statements=statements),
        now,
        **{"limits": LIMITS, "by": ["scanner"], **parameters},
    )


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_what_is_within_the_limits_is_satisfied_and_counted() -> None:
    finding = asked(scan("a", found("CVE-1"), found("CVE-2"), found("CVE-3", LOW)))
    assert both(finding) == ("satisfied", "within-limits")
    assert finding.values["found"] == {"high": 2, "low": 1}


def test_what_is_over_a_limit_fails_and_every_one_is_named() -> None:
    finding = asked(scan("a", found("CVE-1"), found("CVE-2"), found("CVE-3")))
    assert both(finding) == ("failed", "too-many")
    assert finding.values["over"] == {"high": ["CVE-1", "CVE-2", "CVE-3"]}


def test_what_is_worse_counts_against_the_limit_too() -> None:
    """Else whoever finds something worse than before gets it past a limit."""
    worse = asked(scan("a", found("CVE-1", CRITICAL), found("CVE-2"), found("CVE-3")), limits={"high": 2})
    assert both(worse) == ("failed", "too-many")


def test_what_is_of_unknown_severity_has_the_strictest_limit() -> None:
    assert both(asked(scan("a", found("CVE-1", UNKNOWN)))) == ("failed", "too-many")
    allowed = asked(scan("a", found("CVE-1", UNKNOWN)), limits={**LIMITS, "unknown": 1})
    assert both(allowed) == ("satisfied", "within-limits")


def test_one_vulnerability_in_several_packages_is_one() -> None:
    rows = [found("CVE-1", package=each) for each in "abcd"]
    assert asked(scan("a", *rows)).values["found"] == {"high": 1}


class TestScans:
    """A scan that has shown nothing is no scan."""

    def test_none_is_missing(self) -> None:
        assert both(asked()) == ("missing", "no-evidence")

    def test_each_platform_needs_its_own(self) -> None:
        finding = asked(scan("a", subjects=(AMD,)))
        assert both(finding) == ("missing", "no-evidence")
        assert [each["platform"] for each in finding.values["lacking"]] == ["linux/arm64"]

    def test_one_about_the_index_alone_says_nothing_of_its_platforms(self) -> None:
        assert both(asked(scan("a", subjects=(INDEX,)))) == ("missing", "no-evidence")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"database": ago(72 * HOUR)}, "stale-database"),
            ({"database": None}, "no-database-date"),
            ({"packages": 0}, "no-packages"),
        ],
        ids=["stale", "undated", "empty"],
    )
    def test_scan_with_stale_database_or_without_packages_is_missing(
        self, changes: dict[str, Any], code: str
    ) -> None:
        finding = asked(scan("a", **changes), database_max_age=24 * HOUR)
        assert both(finding) == ("missing", code)
        assert finding.values["seen"] == {code: 1}

    def test_a_database_from_the_future_is_errored(self) -> None:
        assert both(asked(scan("a", database=NOW + timedelta(days=1)))) == ("errored", "future")

    def test_a_scan_that_cannot_be_read_is_missing(self) -> None:
        assert both(asked(replace(scan("a"), scan=None))) == ("missing", "unreadable")

    def test_an_empty_one_does_not_replace_what_was_found_before(self) -> None:
        bad = scan("a", found("CVE-1", CRITICAL), received=ago(3 * HOUR))
        assert both(asked(bad, scan("b", packages=0))) == ("failed", "too-many")

    def test_the_latest_of_a_scanner_decides(self) -> None:
        bad = scan("a", found("CVE-1", CRITICAL), received=ago(3 * HOUR))
        assert both(asked(bad, scan("b"))) == ("satisfied", "within-limits")

    def test_what_several_scanners_find_counts_together(self) -> None:
        grype = scan("b", found("CVE-1", CRITICAL), scanner="grype", received=ago(9 * HOUR))
        assert both(asked(grype, scan("a"))) == ("failed", "too-many")

    def test_an_old_one_is_missing_from_then_on(self) -> None:
        fresh = asked(scan("a"), max_age=2 * HOUR)
        assert (both(fresh), fresh.until) == (("satisfied", "within-limits"), NOW + timedelta(hours=1))
        assert both(asked(scan("a"), max_age=HOUR // 2)) == ("missing", "too-old")

    def test_a_late_intake_makes_an_old_one_no_younger(self) -> None:
        assert both(asked(scan("a", claimed=ago(48 * HOUR)), max_age=24 * HOUR)) == ("missing", "too-old")

    def test_an_old_one_that_is_signed_again_stays_old(self) -> None:
        old = scan("a", received=ago(48 * HOUR))
        again = replace(old, blob=statement("again").blob, received=ago(1))
        assert both(asked(old, again, max_age=24 * HOUR)) == ("missing", "too-old")

    def test_one_by_somebody_else_does_not_count(self) -> None:
        finding = asked(scan("a", roles=("ci",)))
        assert (both(finding), finding.values["seen"]) == (("missing", "not-counted"), {"wrong-role": 1})


class TestSbom:
    """`sbom: required`."""

    def listed(self, packages: int, **changes: Any) -> StatementFact:
        given = {"type": "sbom", "subjects": (AMD, ARM), "roles": ("scanner",)}
        return statement("sbom", **given | changes, sbom=SbomFact("SPDX", packages))

    def test_one_that_lists_something_is_enough(self) -> None:
        assert both(asked(scan("a"), self.listed(3), sbom="required")) == ("satisfied", "within-limits")

    def test_scan_with_empty_sbom_is_missing(self) -> None:
        assert both(asked(scan("a"), self.listed(0), sbom="required")) == ("missing", "empty-sbom")

    def test_none_and_one_by_somebody_else_are_told_apart(self) -> None:
        assert both(asked(scan("a"), sbom="required")) == ("missing", "no-sbom")
        other = self.listed(3, roles=("ci",))
        assert both(asked(scan("a"), other, sbom="required")) == ("missing", "sbom-not-counted")


class TestGrace:
    """From the first sight by the ledger, never from a claim."""

    BAD = found("CVE-1", CRITICAL)

    def test_what_is_new_may_stay_for_a_while_and_is_shown(self) -> None:
        finding = asked(scan("a", self.BAD), grace=24 * HOUR)
        end = ago(HOUR) + timedelta(hours=24)
        assert both(finding) == ("satisfied", "within-limits")
        assert (finding.until, finding.values["in_grace"]) == (end, {"CVE-1": "2023-04-22T17:00:00Z"})
        assert both(asked(scan("a", self.BAD), now=end, grace=24 * HOUR)) == ("failed", "too-many")

    def test_a_later_scan_gives_no_new_grace(self) -> None:
        first = scan("a", self.BAD, received=ago(48 * HOUR))
        assert both(asked(first, scan("b", self.BAD), grace=24 * HOUR)) == ("failed", "too-many")

    def test_another_claim_of_when_it_was_found_changes_nothing(self) -> None:
        old = scan("a", self.BAD, claimed=ago(480 * HOUR))
        assert both(asked(old, grace=24 * HOUR)) == ("satisfied", "within-limits")

    def test_a_scan_of_another_platform_gives_none(self) -> None:
        """The first sight is that of the vulnerability in this very image."""
        old = scan("a", self.BAD, subjects=(AMD,), received=ago(48 * HOUR))
        finding = asked(old, scan("b", self.BAD), grace=24 * HOUR)
        assert both(finding) == ("failed", "too-many")
        assert [each["platform"] for each in finding.values["lacking"]] == ["linux/amd64"]

    def test_the_finding_lapses_when_one_too_many_is_out_of_grace(self) -> None:
        early = scan("a", found("CVE-1"), received=ago(5 * HOUR))
        late = scan("b", found("CVE-1"), found("CVE-2"), found("CVE-3"))
        finding = asked(early, late, grace=24 * HOUR)
        assert finding.until == ago(HOUR) + timedelta(hours=24)


def test_what_nobody_can_fix_may_be_left_out_and_is_counted() -> None:
    rows = found("CVE-1", CRITICAL), found("CVE-2", CRITICAL, fixed="2.0")
    assert both(asked(scan("a", rows[0]), ignore_unfixed=True)) == ("satisfied", "within-limits")
    finding = asked(scan("a", *rows), ignore_unfixed=True)
    assert finding.values["over"] == {"critical": ["CVE-2"]}
    assert finding.values["unfixed"] == 1


class TestVex:
    """What the supplier says takes a finding out, by whoever may say it, and is shown."""

    BAD = scan("a", found("CVE-1", CRITICAL, package="openssl", installed="3.0.1"))

    def said(self, *statements: StatementFact, **parameters: Any) -> Finding:
        return asked(self.BAD, *statements, **{"vex_by": ["security"], **parameters})

    @pytest.mark.parametrize("status", ["not_affected", "fixed"])
    def test_what_does_not_affect_it_or_is_fixed_is_taken_out_and_shown(self, status: str) -> None:
        finding = self.said(vex("v", says("CVE-1", status)))
        assert both(finding) == ("satisfied", "within-limits")
        assert finding.values["exempt"] == {"CVE-1": status}
        assert vex("v").evidence in finding.evidence

    @pytest.mark.parametrize("status", ["affected", "under_investigation"])
    def test_what_affects_it_or_may_is_not(self, status: str) -> None:
        assert both(self.said(vex("v", says("CVE-1", status)))) == ("failed", "too-many")

    def test_a_vex_by_the_wrong_role_changes_nothing(self) -> None:
        other = vex("v", says("CVE-1"), roles=("ci",))
        assert self.said(other) == self.said()

    def test_without_roles_nobody_s_counts(self) -> None:
        assert both(asked(self.BAD, vex("v", says("CVE-1")))) == ("failed", "too-many")

    def test_the_newest_decides(self) -> None:
        early = vex("v", says("CVE-1"), received=ago(9 * HOUR))
        doubt = vex("w", says("CVE-1", "under_investigation"))
        assert both(self.said(early, doubt)) == ("failed", "too-many")

    @pytest.mark.parametrize(
        ("given", "counts"),
        [
            ({"products": (INDEX,)}, True),
            ({"products": (f"pkg:oci/scipipe@sha256%3A{INDEX[7:]}?repository_url=ghcr.io/lsst",)}, True),
            ({"products": ("pkg:oci/scipipe",)}, True),
            ({"products": ("pkg:deb/debian/openssl@3.0.1?arch=amd64",)}, True),
            ({"packages": ("pkg:deb/debian/openssl@3.0.1",)}, True),
            ({"packages": ("openssl",)}, True),
            ({"products": (f"sha256:{'0' * 64}",)}, False),
            ({"products": (f"pkg:oci/scipipe@sha256%3A{'0' * 64}",)}, False),
            ({"products": ("pkg:oci/other",)}, False),
            ({"packages": ("pkg:deb/debian/openssl@3.0.2",)}, False),
            ({"packages": ("pkg:deb/debian/curl@3.0.1",)}, False),
        ],
        ids=lambda each: str(each) if isinstance(each, bool) else next(iter(each.values()))[0][:40],
    )
    def test_it_is_about_the_product_and_the_packages_that_it_names(
        self, given: dict[str, Any], counts: bool
    ) -> None:
        outcome = "satisfied" if counts else "failed"
        assert self.said(vex("v", says("CVE-1", **given))).outcome.value == outcome

    def test_one_that_is_out_in_one_package_counts_in_another(self) -> None:
        rows = found("CVE-1", CRITICAL, package="openssl"), found("CVE-1", CRITICAL, package="curl")
        finding = asked(scan("a", *rows), vex("v", says("CVE-1", packages=("curl",))), vex_by=["security"])
        assert both(finding) == ("failed", "too-many")


@pytest.mark.parametrize(
    "limits", [{}, {"critical": -1}, {"dreadful": 1}], ids=["none", "negative", "unknown"]
)
def test_limits_that_make_no_sense_are_errored(limits: dict[str, int]) -> None:
    assert both(asked(scan("a"), limits=limits)) == ("errored", "bad-parameters")


SEVERITIES = tuple(FindingSeverity)[:4]
some_findings = st.lists(
    st.builds(
        lambda id, severity, fixed: found(id, severity, package="p", fixed=fixed),
        st.sampled_from([f"CVE-{n}" for n in range(6)]),
        st.sampled_from(FindingSeverity),
        st.sampled_from([None, "2"]),
    ),
    max_size=6,
)
hours = st.integers(0, 60)
some_scans = st.builds(
    lambda name, rows, age, scanner, roles, packages: scan(
        name, *rows, received=ago(age * HOUR), scanner=scanner, roles=(roles,), packages=packages
    ),
    st.sampled_from("abcdefgh"),
    some_findings,
    hours,
    st.sampled_from(["trivy", "grype"]),
    st.sampled_from(["scanner", "scanner", "ci"]),
    st.sampled_from([90, None, 0]),
)
some_vex = st.builds(
    lambda name, id, status, age, role: vex(name, says(id, status), received=ago(age * HOUR), roles=(role,)),
    st.sampled_from("stuvw"),
    st.sampled_from([f"CVE-{n}" for n in range(6)]),
    st.sampled_from(VexStatus),
    hours,
    st.sampled_from(["security", "ci"]),
)
anything = st.lists(st.one_of(some_scans, some_vex), max_size=6, unique_by=lambda each: each.evidence)
ASKED = level(
    requirement(
        "vulnerabilities",
        limits=LIMITS,
        by=["scanner"],
        max_age=48 * HOUR,
        database_max_age=24 * HOUR,
        grace=12 * HOUR,
        ignore_unfixed=True,
        vex_by=["security"],
    )
)


def verdict(statements: list[StatementFact]) -> Verdict:
    return decide(ASKED, facts(statements=tuple(statements))).verdict


@given(anything, st.data())
def test_a_worse_scan_never_turns_refused_into_allowed(statements: list[StatementFact], data: Any) -> None:
    scans = [index for index, each in enumerate(statements) if each.scan is not None]
    if not scans or verdict(statements) is Verdict.ALLOWED:
        return
    at = data.draw(st.sampled_from(scans))
    statements[at] = worse(statements[at], data)
    assert verdict(statements) is not Verdict.ALLOWED


def worse(statement: StatementFact, data: Any) -> StatementFact:
    """The same scan that found more, or something worse."""
    said = statement.scan
    assert said is not None
    rows = [
        replace(each, severity=data.draw(st.sampled_from(SEVERITIES[: SEVERITIES.index(each.severity) + 1])))
        if each.severity in SEVERITIES
        else each
        for each in said.findings
    ]
    more = data.draw(some_findings)
    return replace(statement, scan=replace(said, findings=(*rows, *more)))


@given(anything, some_vex)
def test_a_vex_by_somebody_without_the_role_changes_nothing(
    statements: list[StatementFact], other: StatementFact
) -> None:
    other = replace(other, roles=("ci",), evidence=statement("other").evidence, blob=statement("other").blob)
    before, after = facts(statements=tuple(statements)), facts(statements=(*statements, other))
    assert decide(ASKED, before) == decide(ASKED, after)


@given(anything, st.randoms(use_true_random=False))
def test_the_order_leaves_no_trace_and_a_replay_gives_the_same_bytes(
    statements: list[StatementFact], random: Any
) -> None:
    known = facts(statements=tuple(statements))
    other = facts(statements=tuple(random.sample(statements, len(statements))))
    again = canonical.decode(canonical.encode(known), Facts)
    decided = canonical.encode(decide(ASKED, known))
    assert canonical.encode(decide(ASKED, other)) == decided == canonical.encode(decide(ASKED, again))
