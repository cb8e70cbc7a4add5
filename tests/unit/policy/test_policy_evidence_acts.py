"""Approvals and waivers on rules about others' evidence: what is new since is covered by neither."""

from msgspec.structs import replace

from ldmrelease.domain.decision import Decision, Finding
from ldmrelease.domain.facts import Facts, StatementFact
from ldmrelease.domain.level import Level
from ldmrelease.domain.statement_facts import CompatibilityFact, MetricFact
from ldmrelease.domain.workspace_facts import InterfaceFact
from ldmrelease.policy.basis import basis_of
from ldmrelease.policy.waivers import failing
from tests.unit.policy.policy_facts import (
    HOUR,
    RELEASE,
    ago,
    approval,
    decide,
    facts,
    judge,
    level,
    requirement,
    statement,
)
from tests.unit.policy.test_policy_vulnerabilities import CRITICAL, found, scan

ASKED: Level = level(
    requirement("vulnerabilities", name="scan", limits={"critical": 0}, by=["scanner"]),
    requirement("approval", name="board", by=["manager"], quorum=1),
)


def board(decision: Decision) -> Finding:
    return next(each for each in decision.findings if each.requirement == "board")


def test_new_critical_cve_after_approval_voids_it_and_a_newer_clean_scan_does_not() -> None:
    clean = scan("clean", received=ago(9 * HOUR))
    before = facts(statements=(clean,))
    given = approval("mia", basis=basis_of(decide(ASKED, before).findings))
    approved = replace(before, approvals=(given,))
    assert board(decide(ASKED, approved)).outcome.value == "satisfied"
    again = replace(approved, statements=(clean, scan("again")))
    assert board(decide(ASKED, again)).outcome.value == "satisfied"
    worse = replace(approved, statements=(clean, scan("worse", found("CVE-1", CRITICAL))))
    finding = board(decide(ASKED, worse))
    assert finding.outcome.value != "satisfied"
    assert [each["code"] for each in finding.values["not_counted"]] == ["worsened"]


def scanned(*ids: str) -> Finding:
    rows = [found(each, CRITICAL) for each in ids]
    return judge(
        "vulnerabilities", facts(statements=(scan("a", *rows),)), limits={"critical": 0}, by=["scanner"]
    )


def test_a_waiver_of_a_vulnerability_does_not_cover_another() -> None:
    known, more = failing(scanned("CVE-1")), failing(scanned("CVE-1", "CVE-2"))
    assert "finding:CVE-1" in known
    assert set(more) - set(known) == {"finding:CVE-2"}


def measured(value: str) -> Facts:
    said = statement("m", type="metric", subjects=(RELEASE,), metrics={"AM1": MetricFact(value)})
    return facts(statements=(said,))


def test_a_waiver_of_a_value_does_not_cover_a_worse_one() -> None:
    known, worse = (
        failing(judge("metric", measured(each), metric="AM1", at_most="1")) for each in ("2", "3")
    )
    assert set(worse) - set(known) == {"metric:AM1=3"}


def needs(**requires: str) -> StatementFact:
    return statement(
        "n", type="compatibility", subjects=(RELEASE,), compatibility=CompatibilityFact(requires)
    )


def test_a_waiver_of_an_interface_does_not_cover_another() -> None:
    there = tuple(InterfaceFact(each, "4", "workspace") for each in ("alerts", "apdb"))
    one = judge("compatible", facts(statements=(needs(apdb="5"),), interfaces=there))
    two = judge("compatible", facts(statements=(needs(apdb="5", alerts="5"),), interfaces=there))
    assert set(failing(two)) - set(failing(one))
    assert set(failing(one)) <= set(failing(two))
