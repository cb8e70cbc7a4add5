"""`compatible`: what a release needs of schemas and protocols, against what the environment has."""

from typing import Any

import pytest

from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.statement_facts import CompatibilityFact
from ldmrelease.domain.workspace_facts import InterfaceFact
from tests.unit.policy.policy_facts import CONTENT, HOUR, RELEASE, ago, facts, judge, statement


def needs(name: str, requires: dict[str, str], **changes: Any) -> StatementFact:
    given: dict[str, Any] = {"type": "compatibility", "subjects": (RELEASE,), "roles": ("author",)}
    return statement(name, **given | changes, compatibility=CompatibilityFact(requires))


def has(interface: str, version: str, **changes: Any) -> InterfaceFact:
    return InterfaceFact(**{"interface": interface, "version": version, "source": "workspace", **changes})


def provided(interface: str, version: str, *roles: str) -> InterfaceFact:
    return has(interface, version, source="alerts/1.0", place="summit/alerts", roles=roles)


def asked(*known: StatementFact | InterfaceFact, **parameters: Any) -> Finding:
    statements = tuple(each for each in known if isinstance(each, StatementFact))
    interfaces = tuple(each for each in known if isinstance(each, InterfaceFact))
    return judge(
        "compatible", facts(statements=statements, interfaces=interfaces), **{"by": ["author"], **parameters}
    )


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


@pytest.mark.parametrize(
    ("range_", "version", "expected"),
    [
        (">=3,<5", "4.1.0", ("satisfied", "compatible")),
        (">=3,<5", "5", ("failed", "incompatible")),
        (">=3, <5", "10", ("failed", "incompatible")),
        ("4", "4.0", ("satisfied", "compatible")),
        ("!=4", "4.0", ("failed", "incompatible")),
        (">29", "v30_0_2", ("satisfied", "compatible")),
        ("about 4", "4", ("errored", "unreadable-version")),
        (">=3", "main", ("errored", "unreadable-version")),
    ],
)
def test_a_version_is_in_the_range_or_not(range_: str, version: str, expected: tuple[str, str]) -> None:
    finding = asked(needs("n", {"apdb": range_}), has("apdb", version))
    assert both(finding) == expected
    assert "apdb" in sentence(finding)


def test_what_nobody_says_is_missing_on_either_side() -> None:
    assert both(asked(has("apdb", "4"))) == ("missing", "not-declared")
    assert both(asked(needs("n", {"apdb": "4"}))) == ("missing", "unknown-here")
    assert both(asked(needs("n", {}), has("apdb", "4"))) == ("missing", "not-declared")
    finding = asked(needs("n", {"apdb": "4"}), has("apdb", "4"), interfaces=["apdb", "alerts"])
    assert both(finding) == ("missing", "not-declared")
    assert [each["interface"] for each in finding.values["interfaces"]] == ["alerts"]


def test_the_interface_that_does_not_fit_is_named_with_who_has_it() -> None:
    known = needs("n", {"apdb": ">=3", "alerts": "<7"}), has("apdb", "4"), provided("alerts", "7.1", "author")
    finding = asked(*known)
    assert both(finding) == ("failed", "incompatible")
    assert sentence(finding) == "it needs alerts <7, and there is 7.1 (alerts/1.0 at summit/alerts)"


def test_all_that_is_said_of_an_interface_has_to_fit() -> None:
    two = has("apdb", "4"), provided("apdb", "6", "author")
    assert both(asked(needs("n", {"apdb": "<5"}), *two)) == ("failed", "incompatible")


def test_what_somebody_without_the_role_says_does_not_count() -> None:
    assert both(asked(needs("n", {"apdb": "4"}, roles=("ci",)), has("apdb", "4"))) == (
        "missing",
        "not-counted",
    )
    foreign = provided("apdb", "4", "ci")
    assert both(asked(needs("n", {"apdb": "4"}), foreign)) == ("missing", "unknown-here")


def test_the_newest_declaration_holds_also_about_the_content() -> None:
    early = needs("n", {"apdb": ">=5"}, received=ago(9 * HOUR))
    late = needs("m", {"apdb": ">=4"}, subjects=(CONTENT,))
    assert both(asked(early, late, has("apdb", "4"))) == ("satisfied", "compatible")
