"""Withdraw: say on a proposal that it is not allowed any more, and close it; unless somebody has merged it already."""

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.plan import StepKind
from ldmrelease.forges.branch import BranchProposals
from ldmrelease.forges.interface import PullRequestFacts, PullRequests, PullRequestState
from ldmrelease.promotion.machine import blocking_decision
from ldmrelease.services.deployments.desired import access
from ldmrelease.services.promotions import proposals
from ldmrelease.services.promotions.proposal_text import withdrawal_text
from ldmrelease.services.promotions.proposals import ProposedChange
from ldmrelease.services.promotions.work import StepDone, StepFailed, StepResult, Work, step_failure
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.stores import git_proposals


def act(work: Work) -> StepResult:
    """Comment, close, delete the branch if it has nothing of others; then look whether it was merged before that."""
    change = proposals.change_of(work)
    if not isinstance(change, ProposedChange):
        return step_failure(change)
    where = registry.where(work.application.target)
    forge = proposals.asked(lambda: proposals.forge_of(work.context, work.application), where)
    if isinstance(forge, Unavailable):
        return forge
    closed = proposals.asked(lambda: _closed(work, forge, change), where)
    if isinstance(closed, Unavailable):
        return closed
    deleted = git_proposals.withdraw(change.where, access(work.context), change.branch, work.promotion)
    if isinstance(deleted, Refusal | Unavailable):
        return step_failure(deleted)
    after = proposals.change_of(work)
    if not isinstance(after, ProposedChange):
        return step_failure(after)
    wave = proposals.members(work)
    known = [work.journal.step(each.here.step(StepKind.PROPOSE).id).done and each.before for each in wave]
    if any(known) and proposals.has_it(after) and after.edits.wanted:
        return StepFailed("merged-before", {"branch": change.branch})
    places = {"wave": [str(each.here.place) for each in wave]} if len(wave) > 1 else {}
    return StepDone({"branch": change.branch, **places} | ({"address": closed.address} if closed else {}))


def _closed(work: Work, forge: PullRequests, change: ProposedChange) -> PullRequestFacts | None:
    facts = forge.newest_of(change.branch, change.where.branch)
    if facts is None or facts.state is not PullRequestState.OPEN:
        return facts
    forge.comment(facts.number, proposals.MARKER, withdrawal_text(work.promotion, *_why(work)))
    if not isinstance(forge, BranchProposals):
        # To close what is a branch alone is to delete it, and others may have put something there.
        forge.close(facts.number)
    return facts


def _why(work: Work) -> tuple[str, dict[str, object]]:
    halt = work.journal.halt
    if halt is not None:
        return halt.cause, {"place": str(work.step.place)}
    for each in proposals.members(work):
        barred = blocking_decision(each.here.place, work.journal)
        if barred is not None:
            _, ruling = barred
            return str(ruling.verdict), {"place": str(each.here.place), "decision": ruling.decision}
    return "stopped", {}
