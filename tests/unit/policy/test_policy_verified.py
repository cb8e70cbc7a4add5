"""`verified`: every feature by all of its test cases; what of that is not so is told apart."""

from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.statement_facts import CaseStatus, VerificationFact
from ldmrelease.domain.workspace_facts import CampaignFact, ClaimFact
from ldmrelease.policy.campaign_results import claim_states
from ldmrelease.policy.waivers import failing
from tests.unit.policy.policy_facts import CONTENT, HOUR, RELEASE, ago, facts, judge, sha, statement

MILESTONE = "LDM-503-15a"
ONE = CampaignFact("spring", MILESTONE, sha("spring"), (ClaimFact("DM-AP-12", ("T1", "T2")),))


def results(
    by: str = "tester", campaign: str = "spring", definition: str = "spring", **rest: Any
) -> StatementFact:
    statuses = {
        key: CaseStatus(each) for key, each in rest.pop("found", {"T1": "passed", "T2": "passed"}).items()
    }
    given: dict[str, Any] = {"type": "verification", "subjects": (CONTENT,), "roles": (by,)}
    said = VerificationFact(campaign, sha(definition), statuses)
    return statement(f"{campaign} {statuses} {rest}", **given | rest, verification=said)


def asked(*known: CampaignFact | StatementFact, **parameters: Any) -> Finding:
    statements = tuple(each for each in known if isinstance(each, StatementFact))
    campaigns = tuple(each for each in known if isinstance(each, CampaignFact))
    given = {"campaign": "spring", "by": ["tester"], **parameters}
    return judge("verified", facts(statements=statements, campaigns=campaigns), **given)


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_all_test_cases_passed_in_the_content_is_verified() -> None:
    finding = asked(ONE, results())
    assert both(finding) == ("satisfied", "verified")
    assert sentence(finding) == "all that LDM-503-15a claims is verified (1 of 1)"
    assert both(asked(ONE, results(subjects=(RELEASE,)))) == ("satisfied", "verified")
    assert both(asked(ONE, results(subjects=(sha("other content"),)))) == ("missing", "not-verified")


@pytest.mark.parametrize(
    ("known", "expected", "state"),
    [
        ((), ("missing", "no-campaign"), None),
        ((replace(ONE, claims=()),), ("missing", "nothing-claimed"), None),
        (
            (replace(ONE, claims=(ClaimFact("DM-AP-12"),)), results()),
            ("missing", "not-verified"),
            "no-test-case",
        ),
        ((replace(ONE, problem="bad-file"), results()), ("errored", "unreadable-campaign"), None),
        ((ONE,), ("missing", "not-verified"), "no-result"),
        ((ONE, results(found={"T1": "passed"})), ("missing", "not-verified"), "no-result"),
        ((ONE, results(by="ci")), ("missing", "not-verified"), "not-counted"),
        ((ONE, results(counted=False, code="future")), ("errored", "blocked"), "future"),
        ((ONE, results(definition="before")), ("missing", "not-verified"), "other-definition"),
        ((ONE, results(campaign="other")), ("missing", "not-verified"), "no-result"),
        ((ONE, results(found={"T1": "failed", "T2": "passed"})), ("failed", "failed"), "failed"),
        (
            (ONE, results(found={"T1": "in-progress", "T2": "passed"})),
            ("pending", "in-progress"),
            "in-progress",
        ),
        ((ONE, results(found={"T1": "blocked", "T2": "in-progress"})), ("errored", "blocked"), "blocked"),
        ((ONE, results(found={"T1": "blocked", "T2": "failed"})), ("failed", "failed"), "failed"),
    ],
)
def test_missing_pending_failed_and_errored_differ(
    known: tuple[CampaignFact | StatementFact, ...], expected: tuple[str, str], state: str | None
) -> None:
    finding = asked(*known)
    assert both(finding) == expected
    assert (state is None) == ("features" not in finding.values)
    assert state in {None, *(each["state"] for each in finding.values.get("features", ()))}
    assert sentence(finding) not in {"", "?"}


def test_the_result_that_was_taken_in_last_counts_and_of_one_second_the_worst() -> None:
    failed, passed = {"T1": "failed"}, {"T1": "passed", "T2": "passed"}
    early, late = {"received": ago(2 * HOUR)}, {"received": ago(HOUR)}
    assert both(asked(ONE, results(found=failed, **early), results(found=passed, **late)))[0] == "satisfied"
    assert both(asked(ONE, results(found=passed, **early), results(found=failed, **late)))[0] == "failed"
    assert both(asked(ONE, results(found=passed, **late), results(found=failed, **late)))[0] == "failed"


def test_old_results_that_are_signed_again_are_no_newer() -> None:
    old = results(found={"T1": "passed", "T2": "passed"}, received=ago(3 * HOUR))
    failed = results(found={"T1": "failed", "T2": "passed"}, received=ago(2 * HOUR))
    again = replace(old, blob=sha("signed again"), received=ago(HOUR))
    assert both(asked(ONE, old, failed, again)) == ("failed", "failed")
    assert [each.outcome.value for each in claim_states([ONE], [old, failed, again])] == ["failed"]


def test_results_about_the_release_and_about_its_content_are_one_row_in_time() -> None:
    passed = results(received=ago(2 * HOUR))
    failed = results(found={"T1": "failed"}, subjects=(RELEASE,), received=ago(HOUR))
    assert both(asked(ONE, passed, failed)) == ("failed", "failed")
    assert both(asked(ONE, replace(passed, received=ago(0)), failed)) == ("satisfied", "verified")


def test_who_has_not_the_role_neither_verifies_nor_refuses() -> None:
    passed, other = results(received=ago(2 * HOUR)), {"T1": "failed", "T2": "failed"}
    assert both(asked(ONE, passed, results(by="ci", found=other, received=ago(HOUR))))[0] == "satisfied"
    failed = results(found=other, received=ago(2 * HOUR))
    assert both(asked(ONE, failed, results(by="ci", received=ago(HOUR)))) == ("failed", "failed")


def test_results_of_another_definition_neither_verify_nor_refuse_those_of_this() -> None:
    other = results(definition="before", found={"T1": "failed", "T2": "failed"}, received=ago(HOUR))
    assert both(asked(ONE, results(received=ago(2 * HOUR)), other))[0] == "satisfied"
    failed = results(found={"T1": "failed", "T2": "passed"}, received=ago(2 * HOUR))
    assert both(asked(ONE, failed, results(definition="before", received=ago(HOUR))))[0] == "failed"


def test_a_campaign_without_features_does_not_stand_for_one_with_them() -> None:
    bare = CampaignFact("bare", MILESTONE, sha("bare"), (ClaimFact("DM-AP-12"),))
    asked_for: dict[str, Any] = {"campaign": None, "milestone": MILESTONE}
    assert both(asked(bare, results(campaign="bare"), **asked_for)) == ("missing", "not-verified")
    assert both(asked(replace(bare, claims=()), ONE, **asked_for)) == ("missing", "not-verified")
    assert both(asked(replace(bare, claims=()), **asked_for)) == ("missing", "nothing-claimed")


def test_campaigns_of_one_milestone_verify_together_and_one_that_cannot_be_read_hides_nothing() -> None:
    other = CampaignFact("night", MILESTONE, sha("night"), (ClaimFact("DM-AP-12", ("T9",)),))
    asked_for: dict[str, Any] = {"campaign": None, "milestone": MILESTONE}
    own, both_passed = results(), results(campaign="night", definition="night", found={"T9": "passed"})
    assert both(asked(ONE, other, own, **asked_for)) == ("missing", "not-verified")
    assert both(asked(ONE, other, own, both_passed, **asked_for)) == ("satisfied", "verified")
    broken = CampaignFact("dusk", "", "", problem="bad-file")
    assert both(asked(ONE, broken, own, **asked_for)) == ("errored", "unreadable-campaign")
    assert both(asked(ONE, broken, own)) == ("satisfied", "verified")


def test_the_policy_says_what_it_is_that_a_milestone_is_marked_complete_too_early() -> None:
    early = replace(ONE, complete=True, claims=(ClaimFact("DM-AP-12", ("T1", "T2"), incomplete=True),))
    told = asked(early, results())
    assert both(told) == ("satisfied", "verified")
    assert sentence(told).endswith("(the catalogue marks LDM-503-15a complete, and DM-AP-12 not)")
    assert "incomplete" not in asked(early, results(), milestone_complete="ignore").values
    refused = asked(early, results(), milestone_complete="refuse")
    assert both(refused) == ("failed", "milestone-incomplete")
    assert failing(refused) == ("failed", "feature:DM-AP-12/incomplete")
    assert (
        both(asked(replace(early, complete=False), results(), milestone_complete="refuse"))[0] == "satisfied"
    )


def test_a_waiver_names_what_it_lets_pass() -> None:
    finding = asked(ONE, results(found={"T1": "failed"}))
    assert failing(finding) == (
        "failed",
        "feature:spring/DM-AP-12/failed/T1",
        "feature:spring/DM-AP-12/no-result/T2",
    )


def test_a_campaign_or_a_milestone_and_not_both() -> None:
    assert both(asked(ONE, milestone=MILESTONE)) == ("errored", "bad-parameters")
    assert both(asked(ONE, campaign=None)) == ("errored", "bad-parameters")
