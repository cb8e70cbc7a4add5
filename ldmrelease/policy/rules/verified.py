"""`verified`: what a milestone claims is verified in the release's content, by a campaign's signed results.

LDM-564 says of its features that they become "a list of requirements to be tested for that release". A campaign that
claims nothing has verified nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.workspace_facts import CampaignFact
from ldmrelease.policy.campaign_results import CaseState, ClaimState, claim_states, worst_of
from ldmrelease.policy.counted import counted_statements
from ldmrelease.policy.rule_context import RuleContext, command
from ldmrelease.policy.subjects import PolicySubject


class Parameters(Struct, frozen=True):
    """The `campaign` by name, or the `milestone` that campaigns bind: exactly one of them. Roles `by` of whoever signs
    results (empty: any). `milestone_complete`: what it is that the catalogue marks the milestone complete while
    features of it are not: reported, a refusal, or ignored. Whatever is marked, all has to be verified.
    """

    campaign: str | None = None
    milestone: str | None = None
    by: tuple[str, ...] = ()
    milestone_complete: Literal["report", "refuse", "ignore"] = "report"


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Every feature and requirement is verified by all of its test cases; the worst one speaks for all."""
    values: dict[str, Any] = _asked(parameters)
    if len(values) != 1:
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    campaigns = [each for each in context.facts.campaigns if _is_asked(each, parameters)]
    if not campaigns:
        return context.finding(requirement, Outcome.MISSING, "no-campaign", values)
    unreadable = next((each for each in campaigns if each.problem is not None), None)
    if unreadable is not None:
        values |= {"campaign": unreadable.name, "problem": unreadable.problem}
        return context.finding(requirement, Outcome.ERRORED, "unreadable-campaign", values)
    values["milestone"] = campaigns[0].milestone
    claims = _claims(campaigns, parameters, context)
    if not claims:
        return context.finding(requirement, Outcome.MISSING, "nothing-claimed", values)
    return _finding(requirement, parameters, context, campaigns, claims, values)


def _finding(
    requirement: Requirement,
    parameters: Parameters,
    context: RuleContext,
    campaigns: Iterable[CampaignFact],
    claims: tuple[ClaimState, ...],
    values: dict[str, Any],
) -> Finding:
    contradiction = _incomplete(campaigns, claims) if parameters.milestone_complete != "ignore" else []
    refused = contradiction if parameters.milestone_complete == "refuse" else []
    unmet = [*_unmet(claims), *({"feature": each, "state": "incomplete"} for each in refused)]
    outcome = worst_of([*(each.outcome for each in claims), *([Outcome.FAILED] if refused else [])])
    values |= {"verified": sum(each.outcome is Outcome.SATISFIED for each in claims), "claims": len(claims)}
    values |= {"features": unmet} if unmet else {}
    values |= {"incomplete": contradiction} if contradiction else {}
    evidence = {one.evidence for each in claims for one in each.cases if one.evidence is not None}
    return context.finding(
        requirement,
        outcome,
        _CODES[outcome] if _unmet_any(claims) or not refused else "milestone-incomplete",
        values,
        evidence=tuple(sorted(evidence)),
        who=parameters.by if unmet else (),
        next=command("campaign", "status", context.facts.release.tag) if unmet else (),
    )


_CODES = {
    Outcome.SATISFIED: "verified",
    Outcome.PENDING: "in-progress",
    Outcome.ERRORED: "blocked",
    Outcome.MISSING: "not-verified",
    Outcome.FAILED: "failed",
}


def _asked(parameters: Parameters) -> dict[str, Any]:
    named = {"campaign": parameters.campaign, "milestone": parameters.milestone}
    return {name: each for name, each in named.items() if each is not None}


def _is_asked(campaign: CampaignFact, parameters: Parameters) -> bool:
    if parameters.campaign is not None:
        return campaign.name == parameters.campaign
    # Of one that cannot be read nobody knows which milestone it binds.
    return campaign.problem is not None or campaign.milestone == parameters.milestone


def _claims(
    campaigns: Iterable[CampaignFact], parameters: Parameters, context: RuleContext
) -> tuple[ClaimState, ...]:
    release = context.facts.release
    subjects = [PolicySubject(each) for each in (release.digest, release.content) if each is not None]
    counted = counted_statements("verification", subjects, parameters.by, context).found
    known = {each.blob for each in counted}
    others = (each for each in _every(subjects, context) if each.blob not in known)
    return claim_states(campaigns, counted, others)


def _every(subjects: Iterable[PolicySubject], context: RuleContext) -> Iterator[StatementFact]:
    groups = context.index.statements.get("verification", {})
    for subject in subjects:
        yield from subject.found_in(groups)


def _incomplete(campaigns: Iterable[CampaignFact], claims: Iterable[ClaimState]) -> list[str]:
    marked = any(each.complete for each in campaigns)
    return [each.code for each in claims if each.incomplete] if marked else []


def _unmet_any(claims: Iterable[ClaimState]) -> bool:
    return any(each.outcome is not Outcome.SATISFIED for each in claims)


def _unmet(claims: Iterable[ClaimState]) -> Iterator[dict[str, Any]]:
    """A line for each test case that has not passed: a waiver names them one by one."""
    for claim in claims:
        for case in claim.cases:
            if case.outcome is not Outcome.SATISFIED:
                yield {"feature": claim.code, **_told(case)}


def _told(case: CaseState) -> dict[str, Any]:
    named = {"campaign": case.campaign, "test_case": case.case}
    return {"state": case.state, **{name: each for name, each in named.items() if each is not None}}
