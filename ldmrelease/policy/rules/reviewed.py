"""`reviewed`: people approved the change that the release was made of, at its last commit (CODEOWNERS, quorum).

An approval of an earlier commit is void: nobody has looked at what came after it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.statement_facts import ReviewFact
from ldmrelease.policy.counted import JudgedPart, counted_statements, earliest, made, worst
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.subjects import PolicySubject

GIT = "gitCommit:"


class Parameters(Struct, frozen=True):
    """What was reviewed: each `configuration`, by its commit, the `release` or its `content`. `quorum`: how many
    persons have to have approved, apart from the author; `owners`: one of the owners of every part that it changes has
    to be among them. `by`: roles of the bridges that saw the review. `max_age` in seconds.
    """

    about: Literal["configuration", "release", "content"] = "configuration"
    quorum: int = 1
    owners: bool = False
    by: tuple[str, ...] = ()
    max_age: int | None = None


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Each subject needs a review of its own; the worst part speaks for all."""
    values: dict[str, Any] = {"about": parameters.about, "quorum": parameters.quorum}
    if parameters.quorum < 1:
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    required = _subjects(parameters, context)
    if not required:
        code = "no-content" if parameters.about == "content" else "no-configuration"
        return context.finding(requirement, Outcome.MISSING, code, values)
    parts = [_part(each, parameters, context) for each in required]
    speaking = worst(parts)
    return context.finding(
        requirement,
        speaking.outcome,
        speaking.code,
        values | speaking.values,
        evidence=tuple(sorted({each for part in parts for each in part.evidence})),
        who=parameters.by if speaking.outcome is Outcome.MISSING else (),
        until=earliest(each.until for each in parts),
    )


def _subjects(parameters: Parameters, context: RuleContext) -> tuple[PolicySubject, ...]:
    release = context.facts.release
    if parameters.about == "release":
        return (PolicySubject(release.digest),)
    if parameters.about == "content":
        return (PolicySubject(release.content),) if release.content else ()
    commits = sorted({each.commit for each in release.configurations})
    return tuple(PolicySubject(GIT + each) for each in commits)


def _part(subject: PolicySubject, parameters: Parameters, context: RuleContext) -> JudgedPart:
    told = {"commit": subject.digest.removeprefix(GIT)} if subject.digest.startswith(GIT) else {}
    found = counted_statements("code-review", (subject,), parameters.by, context)
    if not found.found:
        return JudgedPart(*found.absent(), told | {"seen": found.seen})
    # What was seen last is what the review is now: an approval may have been taken back.
    latest = _latest_of_each(found.found)
    return min(
        (_judged(each, parameters, context, told) for each in latest),
        key=lambda part: (part.outcome is not Outcome.SATISFIED, part.evidence),
    )


def _latest_of_each(found: Iterable[StatementFact]) -> tuple[StatementFact, ...]:
    """The newest statement about each change: another change with the same commit is a review of its own."""
    latest: dict[tuple[str, str], StatementFact] = {}
    for each in found:
        name = ("", each.evidence) if each.review is None else (each.review.system, each.review.reference)
        latest[name] = each
    return tuple(latest.values())


def _judged(
    statement: StatementFact, parameters: Parameters, context: RuleContext, told: dict[str, str]
) -> JudgedPart:
    evidence, review = (statement.evidence,), statement.review
    if review is None:
        return JudgedPart(Outcome.MISSING, "not-counted", {**told, "seen": {"unreadable": 1}}, evidence)
    persons = _persons(review, context.facts.requester)
    values: dict[str, Any] = {**told, "review": review.reference, "approved": sorted(persons)}
    void = sorted(each.person for each in review.reviewers if each.approved and each.commit != review.commit)
    if void:
        values["void"] = void
    until = None
    if parameters.max_age is not None:
        until = made(statement) + timedelta(seconds=parameters.max_age)
        if until < context.now:
            old = {"since": times.spell(until), "max_age": parameters.max_age}
            return JudgedPart(Outcome.MISSING, "too-old", values | old, evidence)
    if len(persons) < parameters.quorum:
        code = "new-commits" if len(persons | set(void)) >= parameters.quorum else "too-few"
        return JudgedPart(Outcome.MISSING, code, values, evidence)
    unowned = _without_owner(review, persons) if parameters.owners else []
    if unowned:
        return JudgedPart(Outcome.MISSING, "owner-missing", values | {"owners": unowned}, evidence)
    return JudgedPart(Outcome.SATISFIED, "reviewed", values, evidence, until)


def _persons(review: ReviewFact, requester: str) -> set[str]:
    """Who approved the last commit: neither who wrote it nor who asks for it. Case makes nobody somebody else."""
    approved = {
        each.person.casefold(): each.person
        for each in review.reviewers
        if each.approved and review.commit is not None and each.commit == review.commit
    }
    excluded = {(review.author or "").casefold(), requester.casefold()}
    return {person for name, person in approved.items() if name not in excluded}


def _without_owner(review: ReviewFact, persons: set[str]) -> list[dict[str, Any]]:
    """The parts that need an owner's approval and have none."""
    names = {each.lstrip("@").lower() for each in persons}
    return [
        {"pattern": each.pattern, "owners": sorted(each.owners)}
        for each in sorted(review.owners, key=lambda each: (each.pattern, each.owners))
        if each.owners and names.isdisjoint(one.lstrip("@").lower() for one in each.owners)
    ]
