"""`attested`: who signed what about which thing, and why what was seen does not count."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import StatementFact
from tests.unit.policy.policy_facts import (
    AMD,
    ARM,
    CONTENT,
    HOUR,
    IMAGE,
    INDEX,
    NOW,
    RELEASE,
    ago,
    decide,
    facts,
    image,
    judge,
    level,
    requirement,
    result,
    sha,
    statement,
    weekly,
)


def look(*statements: StatementFact, **parameters: Any) -> Finding:
    return judge("attested", facts(statements=statements), **{"type": "provenance"} | parameters)


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_a_counted_statement_of_a_wanted_role_satisfies() -> None:
    finding = look(statement("p"), by=["ci"])
    assert both(finding) == ("satisfied", "attested")
    assert finding.evidence == (sha("p"),)
    assert finding.who == ()


def test_none_is_missing_and_says_who_could_sign() -> None:
    finding = look(by=["ci", "builder"])
    assert both(finding) == ("missing", "no-evidence")
    assert finding.who == ("ci", "builder")


@pytest.mark.parametrize(
    "code", ["unsigned", "unknown-key", "wrong-role", "wrong-subject", "not-yet-valid", "expired", "revoked"]
)
def test_seen_and_not_counted_is_missing_with_the_reason(code: str) -> None:
    finding = look(statement("p", counted=False, code=code))
    assert both(finding) == ("missing", "not-counted")
    assert finding.values["seen"] == {code: 1}


def test_a_signer_of_another_role_is_seen_not_counted() -> None:
    finding = look(statement("p", roles=("tester",)), statement("q", counted=False, code=None), by=["ci"])
    assert both(finding) == ("missing", "not-counted")
    assert finding.values["seen"] == {"not-counted": 1, "wrong-role": 1}


def test_evidence_from_the_future_is_errored() -> None:
    assert both(look(statement("p", counted=False, code="future"))) == ("errored", "future")


def test_age_counts_from_the_intake_and_its_last_second_is_still_good() -> None:
    old = statement("p", received=ago(4 * HOUR), claimed=NOW)
    finding = look(old, max_age=4 * HOUR)
    assert both(finding) == ("satisfied", "attested")
    assert finding.until == NOW
    finding = look(old, max_age=4 * HOUR - 1)
    assert both(finding) == ("missing", "too-old")
    assert finding.values["since"] == "2023-04-21T17:59:59Z"


def test_the_newest_counts() -> None:
    finding = look(statement("old", received=ago(9 * HOUR)), statement("new"), max_age=2 * HOUR)
    assert finding.evidence == (sha("new"),)
    assert finding.until == NOW + timedelta(hours=1)


def test_a_minimum_counts_statements_each_once_however_often_wrapped() -> None:
    again = statement("a", blob=sha("other envelope"), signer="eve")
    finding = look(statement("a"), again, minimum=2)
    assert both(finding) == ("missing", "too-few")
    assert finding.values["found"] == 1
    assert both(look(statement("a"), again, statement("b"), minimum=2)) == ("satisfied", "attested")


def test_a_minimum_lapses_with_the_oldest_that_it_needs() -> None:
    finding = look(
        statement("a", received=ago(3 * HOUR)),
        statement("b", signer="eve", received=ago(2 * HOUR)),
        statement("c", signer="bob", received=ago(HOUR)),
        minimum=2,
        max_age=4 * HOUR,
    )
    assert finding.until == NOW + timedelta(hours=2)
    assert finding.evidence == tuple(sorted((sha("b"), sha("c"))))


def test_provenance_of_an_index_covers_its_children() -> None:
    assert look(statement("p", subjects=(INDEX,))).outcome is Outcome.SATISFIED


@pytest.mark.parametrize("kind", ["sbom", "vulnerabilities", "https://example.org/audit/v1"])
def test_anything_else_about_the_index_does_not(kind: str) -> None:
    assert both(look(statement("s", type=kind), type=kind)) == ("missing", "no-evidence")


def test_each_platform_needs_its_own() -> None:
    amd = statement("s", type="sbom", subjects=(AMD,))
    arm = statement("t", type="sbom", subjects=(ARM,))
    finding = look(amd, type="sbom")
    assert both(finding) == ("missing", "no-evidence")
    assert finding.values["lacking"] == [
        {"component": "lab", "platform": "linux/arm64", "digest": ARM, "code": "no-evidence"}
    ]
    assert look(amd, arm, type="sbom").outcome is Outcome.SATISFIED


def test_only_the_platforms_that_the_level_requires_are_owed() -> None:
    asked = level(
        requirement("images", name="images", platforms=["linux/amd64"]),
        requirement("attested", name="sbom", type="sbom"),
    )
    amd = statement("s", type="sbom", subjects=(AMD,))
    arm = statement("t", type="sbom", subjects=(ARM,))
    assert decide(asked, facts(statements=(amd,))).findings[-1].outcome is Outcome.SATISFIED
    assert decide(asked, facts(statements=(arm,))).findings[-1].outcome is Outcome.MISSING


def test_a_required_platform_that_the_image_lacks_is_missing() -> None:
    asked = level(
        requirement("images", name="images", platforms=["linux/riscv64"]),
        requirement("attested", name="p", type="provenance"),
    )
    finding = decide(asked, facts(statements=(statement("p"),))).findings[-1]
    assert both(finding) == ("missing", "platform-absent")
    assert finding.values["platform"] == "linux/riscv64"


def test_a_result_of_one_platform_says_nothing_about_the_other_even_if_it_names_both() -> None:
    claims = statement("s", type="sbom", subjects=(INDEX, AMD, ARM), platform="linux/amd64")
    assert [each["platform"] for each in look(claims, type="sbom").values["lacking"]] == ["linux/arm64"]


def test_no_images_is_missing() -> None:
    finding = judge("attested", facts(release=weekly(images=())), type="provenance")
    assert both(finding) == ("missing", "no-images")


def test_an_image_without_platforms_is_taken_by_its_own_digest() -> None:
    known = facts(release=weekly(images=(image(platforms=()),)), statements=(statement("p"),))
    assert judge("attested", known, type="provenance").outcome is Outcome.SATISFIED


def test_every_image_needs_it() -> None:
    second = replace(IMAGE, component="two", digest=sha("second"), platforms=())
    known = facts(release=weekly(images=(IMAGE, second)), statements=(statement("p"),))
    finding = judge("attested", known, type="provenance")
    assert [each["component"] for each in finding.values["lacking"]] == ["two"]


def test_about_the_release_and_about_the_content() -> None:
    assert look(statement("p", subjects=(RELEASE,)), about="release").outcome is Outcome.SATISFIED
    assert look(statement("p", subjects=(CONTENT,)), about="content").outcome is Outcome.SATISFIED
    assert look(statement("p", subjects=(CONTENT,)), about="release").outcome is Outcome.MISSING
    assert look(statement("p"), about="release").outcome is Outcome.MISSING


def test_without_a_content_what_is_about_the_content_is_missing() -> None:
    known = facts(release=weekly(content=None))
    finding = judge("attested", known, type="provenance", about="content")
    assert both(finding) == ("missing", "no-content")


def test_a_test_result_attests_nothing_as_it_may_say_failed() -> None:
    tested = result("t", result="FAILED")
    assert both(look(tested, type="check", about="release")) == ("errored", "bad-parameters")
