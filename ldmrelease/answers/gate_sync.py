"""`gate sync`: what a gate says of each image of manifests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.gate import (
    GateAnswer,
    GateBundleAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
    before_decision,
    overall_verdict,
)
from ldmrelease.answers.sentences.advice import not_advised_words
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.sentences.manifests import manifest_words
from ldmrelease.answers.spellings import plain_values, time_text
from ldmrelease.domain.decision import IN_THE_WAY, Decision, Finding, Outcome, Verdict

if TYPE_CHECKING:
    from ldmrelease.services.gate.sync import SyncImage, SyncResult
    from ldmrelease.services.gate.sync_problems import SyncProblem
    from ldmrelease.services.inventory.drift_report import Blocked
    from ldmrelease.trees.manifests.manifest_images import UnreadableManifest

_TOLD = {*IN_THE_WAY, Outcome.REPORTED, Outcome.WAIVED}
"""What of a decision is told: what stands in the way, and what would if nobody had excused it."""
_NOT_YET = {Outcome.ERRORED: GateVerdict.UNDECIDED, Outcome.PENDING: GateVerdict.WAITING}
_VERDICTS = {
    Verdict.ALLOWED: GateVerdict.ALLOWED,
    Verdict.WAITING: GateVerdict.WAITING,
    Verdict.REFUSED: GateVerdict.REFUSED,
    Verdict.UNDECIDED: GateVerdict.UNDECIDED,
}
_WORST_FIRST = (GateVerdict.REFUSED, GateVerdict.UNDECIDED, GateVerdict.WAITING)
_Blocked = Mapping[str, "Blocked"]


def sync_answer(
    result: "SyncResult",
    decisions: Sequence[Decision],
    blocked: "Sequence[_Blocked]",
    now: datetime,
    bundle: GateBundleAnswer | None = None,
) -> GateAnswer:
    """The answer. `decisions` are those of the result, as they are to be told; `blocked` what is not advised in each,
    by requirement; `bundle` the one that was decided by."""
    made = _Images(decisions, blocked)
    images = tuple(made.of(each) for each in result.images)
    unreadable = tuple(_unreadable(each) for each in result.unreadable)
    return GateAnswer(
        base=None,
        head=None,
        now=time_text(now) or "",
        verdict=overall_verdict(images, unreadable),
        bundle=bundle,
        images=images,
        unreadable=unreadable,
    )


class _Images:
    """Makes the answers of images; what is found of a decision is worded once."""

    def __init__(self, decisions: Sequence[Decision], blocked: "Sequence[_Blocked]") -> None:
        self._decisions = decisions
        self._findings = [
            tuple(
                _of_decision(each, told.get(each.requirement))
                for each in decision.findings
                if each.outcome in _TOLD
            )
            for decision, told in zip(decisions, blocked, strict=True)
        ]

    def of(self, image: "SyncImage") -> GateImageAnswer:
        manifest = image.manifest
        location = SourceLocation(file=manifest.file, line=manifest.line, path=manifest.path)
        decision = self._decisions[image.decided] if image.decided is not None else None
        told = self._findings[image.decided] if image.decided is not None else ()
        findings = (*(_of_problem(each) for each in image.problems), *told)
        placed = tuple(msgspec.structs.replace(each, location=location) for each in findings)
        return GateImageAnswer(
            environment=image.place.environment if image.place is not None else None,
            application=image.place.application if image.place is not None else None,
            place=str(image.place) if image.place is not None else None,
            kind=manifest.kind or None,
            name=manifest.name or None,
            container=manifest.container,
            product=image.product,
            component=image.component,
            image=manifest.image,
            digest=image.digest,
            previous=None,
            release=image.release,
            previous_release=None,
            verdict=_verdict(image, decision),
            eligible_at=_eligible(placed),
            parts=(location,),
            findings=placed,
        )


def _verdict(image: "SyncImage", decision: Decision | None) -> GateVerdict:
    found = {_NOT_YET.get(each.outcome, GateVerdict.REFUSED) for each in image.problems}
    if decision is not None:
        found.add(_VERDICTS[decision.verdict])
    worst = next((each for each in _WORST_FIRST if each in found), None)
    if worst is not None:
        return worst
    return GateVerdict.UNMANAGED if image.unmanaged else GateVerdict.ALLOWED


def _eligible(findings: tuple[GateFindingAnswer, ...]) -> str | None:
    """When all that stands in the way can be over by itself; None if one of them waits for somebody."""
    unmet = [each for each in findings if each.outcome in IN_THE_WAY]
    times = [each.eligible_at for each in unmet]
    known = [each for each in times if each is not None]
    return max(known) if known and len(known) == len(unmet) else None


def _of_decision(found: Finding, blocked: "Blocked | None") -> GateFindingAnswer:
    told = sentence(found)
    return GateFindingAnswer(
        code=found.code,
        values=plain_values(found.values),
        sentence=told if blocked is None else f"{told}; {not_advised_words(blocked)}",
        location=None,
        requirement=found.requirement,
        rule=found.rule,
        outcome=found.outcome,
        who=found.who,
        next=found.next,
        eligible_at=time_text(found.when),
    )


def _of_problem(problem: "SyncProblem") -> GateFindingAnswer:
    values, words = plain_values(problem.values), manifest_words(problem.code, problem.values)
    return before_decision(
        problem.code, values, words, None, outcome=problem.outcome, next_command=problem.next
    )


def _unreadable(found: "UnreadableManifest") -> GateFindingAnswer:
    location = SourceLocation(file=found.file, line=found.line, path=found.values.get("path"))
    words = manifest_words(found.code, found.values)
    return before_decision(found.code, plain_values(found.values), words, location)
