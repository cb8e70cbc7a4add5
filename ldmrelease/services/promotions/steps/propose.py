"""Propose: a branch and a pull request with exactly the edits, for others to merge."""

from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.policy.waivers import waivers_in_use
from ldmrelease.services.deployments.desired import after, said_images
from ldmrelease.services.promotions import proposals, writes
from ldmrelease.services.promotions.proposal_text import (
    ProposalFacts,
    ProposalSetting,
    ProposalText,
    proposal_text,
)
from ldmrelease.services.promotions.proposals import ProposedChange
from ldmrelease.services.promotions.work import StepDone, StepResult, Work, step_failure
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.stores.git_proposals import PushedProposal


def act(work: Work) -> StepResult:
    """Make both or find them; what stood there before is kept for a restore."""
    change = proposals.change_of(work)
    if not isinstance(change, ProposedChange):
        return step_failure(change)
    found = proposals.opened(work, change, lambda made: text_of(work, change, made))
    if isinstance(found, Refusal | Unavailable):
        return step_failure(found)
    # Merged before we could record it, the tree says what is wanted: our commit's parent says what was there.
    there = after(change.there, found.proposal.before or {})
    before = work.before or registry.values_to_plain(there.values)
    result: dict[str, Any] = {"before": before, **described(found)}
    images = said_images(work.application.target, there)
    return StepDone(result | ({"images": images} if images else {}))


def described(found: proposals.OpenedProposal) -> dict[str, Any]:
    """What is recorded of a proposal."""
    told = {"branch": found.proposal.branch, "commit": found.proposal.commit, "base": found.proposal.base}
    facts = found.facts
    return told | ({"number": facts.number, "address": facts.address} if facts is not None else {})


def text_of(work: Work, change: ProposedChange, made: PushedProposal) -> ProposalText:
    """What the pull request says."""
    release = work.pinned.release
    ruling = work.journal.ruling(work.step.place, DecisionStage.ASK)
    decision = canonical.decode(work.context.ledger.blob(ruling.decision), Decision) if ruling else None
    settings = []
    for path, value in change.edits.wanted.items():
        at = ValueAddress.of(path)
        lines = (at.file or change.where.file, made.lines.get(path), at.path)
        settings.append(ProposalSetting(*lines, str(change.edits.expect[path]), str(value)))
    wanted = work.here.step(StepKind.APPLY).parameters["wanted"]
    images = {name: str(each["digest"]) for name, each in wanted.get("images", {}).items()}
    return proposal_text(
        ProposalFacts(
            verb="put back what was before" if change.restores else writes.verb_of(work),
            release=release.name,
            digest=work.pinned.digest,
            place=str(work.step.place),
            promotion=work.promotion,
            decision=ruling.decision if ruling else "",
            requester=work.context.person,
            reason=work.request.reason,
            settings=tuple(settings),
            images={} if change.restores else images,
            excuses=_excuses(work, decision),
            durations=tuple(_durations(work)),
        )
    )


def _excuses(work: Work, decision: Decision | None) -> tuple[str, ...]:
    overlay = work.request.overlay
    asked = [f"{overlay.kind}: {work.request.reason or ''}"] if overlay is not None else []
    waived = waivers_in_use(decision.findings) if decision is not None else ()
    return (*asked, *(f"waiver {each.waiver}" for each in waived))


def _durations(work: Work) -> list[str]:
    found = []
    workloads = work.application.workloads
    if workloads is not None:
        found.append(f"rollout: at most {workloads.deadline} s")
    for step in work.here.steps:
        check = work.context.topology.check(str(step.parameters.get("check", "")))
        if check is not None:
            found.append(f"check {check.name}: at most {check.deadline} s")
    return found
