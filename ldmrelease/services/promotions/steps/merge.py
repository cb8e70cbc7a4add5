"""Merge: wait until others have merged what was proposed, and see that it is that."""

from typing import Any

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.targets import Target
from ldmrelease.forges.interface import PullRequestFacts, PullRequests, PullRequestState
from ldmrelease.promotion.state import NOT_MERGED
from ldmrelease.services.deployments.desired import access
from ldmrelease.services.promotions import proposals
from ldmrelease.services.promotions.merge_evidence import record_merge_reviews
from ldmrelease.services.promotions.proposals import ProposedChange
from ldmrelease.services.promotions.steps.propose import described, text_of
from ldmrelease.services.promotions.work import (
    StepDone,
    StepFailed,
    StepPending,
    StepResult,
    Work,
    step_failure,
)
from ldmrelease.targets import registry
from ldmrelease.targets.results import Change, Refusal


def act(work: Work) -> StepResult:
    """Done as soon as the branch that is read says what was proposed, whatever way it came there."""
    change = proposals.change_of(work)
    if not isinstance(change, ProposedChange):
        return step_failure(change)
    proposed = work.journal.step(work.here.step(StepKind.PROPOSE).id).result
    return awaited(work, change, proposed)


def awaited(work: Work, change: ProposedChange, proposed: dict[str, Any]) -> StepResult:
    """What became of a proposal; it is made again where it conflicts with what came into the base."""
    where = registry.where(work.application.target)
    forge = proposals.asked(lambda: proposals.forge_of(work.context, work.application), where)
    facts = _looked(forge, str(proposed.get("number", "")), where)
    if isinstance(facts, PullRequestFacts) and facts.base != change.where.branch:
        # Somebody has turned it to another base: there it is not merged into what is read.
        facts = None
    # Read after the forge was asked: what it calls merged is there.
    again = proposals.restore_of(work) if change.restores else proposals.change_of(work)
    if not isinstance(again, ProposedChange):
        return step_failure(again)
    about: dict[str, Any] = {key: proposed[key] for key in ("branch", "address") if key in proposed}
    if proposals.has_it(again):
        # In git, whether or not the forge can be asked.
        base = str(proposed.get("base", ""))
        told = {} if change.restores else record_merge_reviews(work, forge, facts, base)
        return _merged(again, None if isinstance(facts, Unavailable) else facts, {**about, **told})
    if isinstance(facts, Unavailable):
        return facts
    if facts is not None and facts.state is PullRequestState.MERGED:
        return _otherwise(work, again, about)
    if facts is None or facts.state is PullRequestState.CLOSED:
        return StepFailed("proposal-closed", about)
    # As long as it is open the branch has to be ours; where it conflicts it is made anew.
    found = proposals.opened(work, again, lambda made: text_of(work, again, made))
    if isinstance(found, Refusal | Unavailable):
        return step_failure(found)
    values = {
        **described(found),
        "number": facts.number,
        "address": facts.address,
        "queued": facts.queued,
        "blob": again.there.blob,
    }
    return StepPending(NOT_MERGED, values, proposals.REVIEWERS)


def _looked(
    forge: PullRequests | Unavailable, number: str, where: str
) -> PullRequestFacts | Unavailable | None:
    if isinstance(forge, Unavailable):
        return forge
    return proposals.asked(lambda: forge.look(number), where) if number else None


def _merged(change: ProposedChange, facts: PullRequestFacts | None, about: dict[str, Any]) -> StepDone:
    result: dict[str, Any] = {**about, "revision": change.there.revision}
    if facts is not None:
        result |= {"state": str(facts.state)} | ({"by": facts.merged_by} if facts.merged_by else {})
        result |= {"merge": facts.merge_commit} if facts.merge_commit else {}
    return StepDone(result)


def _otherwise(work: Work, change: ProposedChange, about: dict[str, Any]) -> StepFailed | Unavailable:
    """Something else was merged than was proposed, or it was changed since."""
    there = proposals.values_there(change)
    path = next(each for each, value in change.edits.wanted.items() if there.get(each) != value)
    target, own = _setting_of(work, change, path)
    who = registry.changed_by(target, [own], access(work.context))
    found = who.get(own) if isinstance(who, dict) else None
    by = {"author": found.author, "time": found.time} if isinstance(found, Change) else {}
    values = {"path": path, "found": str(there.get(path)), "proposed": str(change.edits.wanted[path])}
    return StepFailed("merged-otherwise", {**about, **values, **by, "merged": True})


def _setting_of(work: Work, change: ProposedChange, path: str) -> tuple[Target, str]:
    """The target that has a setting of a proposal, and the setting as it has it."""
    for other, part in change.parts:
        for own in part.edits.wanted:
            if path in proposals.in_files(part, {own: ""}):
                return other.application.target, own
    return work.application.target, path
