"""Propose: a branch and a pull request with exactly the edits, for others to merge."""

from collections.abc import Iterator
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
from ldmrelease.services.promotions.proposal_arrivals import arrivals
from ldmrelease.services.promotions.proposal_text import (
    ProposalFacts,
    ProposalSetting,
    ProposalText,
    proposal_text,
)
from ldmrelease.services.promotions.proposals import ProposedChange
from ldmrelease.services.promotions.work import StepDone, StepResult, Work, step_failure
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Values
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
    there = after(change.of(work).there, _before(work, change, found.proposal.before or {}))
    before = work.before or registry.values_to_plain(there.values)
    result: dict[str, Any] = {"before": before, **described(found)}
    images = said_images(work.application.target, there)
    return StepDone(result | ({"images": images} if images else {}))


def _before(work: Work, change: ProposedChange, known: Values) -> Values:
    """Of what was there before the whole of a proposal, what belongs to the place."""
    if not change.parts:
        return known
    own = change.of(work)
    at = {path: next(iter(proposals.in_files(own, {path: ""}))) for path in own.edits.wanted}
    return {path: known[each] for path, each in at.items() if each in known}


def described(found: proposals.OpenedProposal) -> dict[str, Any]:
    """What is recorded of a proposal."""
    told = {"branch": found.proposal.branch, "commit": found.proposal.commit, "base": found.proposal.base}
    facts = found.facts
    return told | ({"number": facts.number, "address": facts.address} if facts is not None else {})


def text_of(work: Work, change: ProposedChange, made: PushedProposal) -> ProposalText:
    """What the pull request says."""
    release, works = work.pinned.release, [each for each, _ in change.parts] or [work]
    settings = []
    for path, value in change.edits.wanted.items():
        at = ValueAddress.of(path)
        lines = (at.file or change.where.file, made.lines.get(path), at.path)
        settings.append(ProposalSetting(*lines, str(change.edits.expect[path]), str(value)))
    return proposal_text(
        ProposalFacts(
            verb="put back what was before" if change.restores else writes.verb_of(work),
            release=release.name,
            digest=work.pinned.digest,
            places=tuple((str(each.step.place), _ruling(each)) for each in works),
            promotion=work.promotion,
            requester=work.context.person,
            reason=work.request.reason,
            settings=tuple(settings),
            images={} if change.restores else {name: each for one in works for name, each in _images(one)},
            excuses=tuple(dict.fromkeys(each for one in works for each in _excuses(one))),
            arriving=() if change.restores else tuple(arrivals(works)),
            durations=tuple(dict.fromkeys(each for one in works for each in _durations(one))),
        )
    )


def _ruling(work: Work) -> str:
    ruling = work.journal.ruling(work.step.place, DecisionStage.ASK)
    return ruling.decision if ruling is not None else ""


def _images(work: Work) -> Iterator[tuple[str, str]]:
    wanted = work.here.step(StepKind.APPLY).parameters["wanted"]
    return ((name, str(each["digest"])) for name, each in wanted.get("images", {}).items())


def _excuses(work: Work) -> tuple[str, ...]:
    ruling = _ruling(work)
    decision = canonical.decode(work.context.ledger.blob(ruling), Decision) if ruling else None
    overlay = work.request.overlay
    asked = [f"{overlay.kind}: {work.request.reason or ''}"] if overlay is not None else []
    waived = waivers_in_use(decision.findings) if decision is not None else ()
    return (
        *asked,
        *(f"waiver {each.waiver} of {each.person} until {each.until}: {each.reason}" for each in waived),
    )


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
