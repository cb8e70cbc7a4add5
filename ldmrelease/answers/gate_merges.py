"""`gate merge`: what a gate says of a change of a GitOps tree."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ldmrelease.answers.decisions import NONE_BLOCKED
from ldmrelease.answers.findings import refusal_findings
from ldmrelease.answers.gate import (
    GateAnswer,
    GateArrivalAnswer,
    GateBundleAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
    before_decision,
    overall_verdict,
)
from ldmrelease.answers.releases import comparison_answer
from ldmrelease.answers.sentences.advice import not_advised_words
from ldmrelease.answers.sentences.gates import gate_sentence
from ldmrelease.answers.spellings import plain_values, time_text
from ldmrelease.domain.decision import Decision, Finding
from ldmrelease.services.gate.arriving import ArrivingRelease
from ldmrelease.services.gate.changed_settings import ScalarAt, UnreadSetting
from ldmrelease.services.gate.image_verdict import GATE, JudgedImage
from ldmrelease.services.gate.merge import MergedImage, MergeGate
from ldmrelease.services.gate.merge_trees import MergeQuestion
from ldmrelease.trees.interface import NotUnderstood

if TYPE_CHECKING:
    from ldmrelease.services.inventory.drift_report import Blocked


Advice = Mapping[str, tuple[Decision, "Mapping[str, Blocked]"]]
"""By the digest of a decision: the decision as it is to be told, and what is not advised, by requirement."""


def merge_answer(
    gate: MergeGate,
    question: MergeQuestion,
    now: datetime,
    advice: Advice,
    arriving: Iterable[ArrivingRelease],
    bundle: GateBundleAnswer | None = None,
) -> GateAnswer:
    """What is said of every image of a change, and what comes in with it. `bundle` is the one that was decided by."""
    images = [*(_image(each, advice) for each in gate.images), *map(_unread, gate.unread)]
    unreadable = tuple(map(_not_understood, gate.not_understood))
    return GateAnswer(
        base=question.base,
        head=question.head,
        now=time_text(now) or "",
        verdict=overall_verdict(images, unreadable),
        bundle=bundle,
        images=tuple(images),
        unreadable=unreadable,
        arriving=tuple(
            GateArrivalAnswer(
                places=tuple(map(str, each.places)), comparison=comparison_answer(each.comparison)
            )
            for each in arriving
        ),
        conflicts=gate.merge.tree is None,
    )


def _image(image: MergedImage, advice: Advice) -> GateImageAnswer:
    judged, after, container = image.judged, image.after, image.container
    parts = tuple(map(_location, image.parts))
    pinned = judged.pinned
    part = pinned.release.component(image.component) if pinned is not None else None
    digest = after.digest if after is not None else None
    return GateImageAnswer(
        environment=image.environment,
        application=image.name,
        place=str(image.application.place) if image.application is not None else None,
        kind=container.kind if container is not None else None,
        name=container.name if container is not None else None,
        container=container.container if container is not None else None,
        product=image.product,
        component=image.component or None,
        image=after.image if after is not None else None,
        digest=digest or (part.digest if part is not None and after is not None else None),
        previous=image.before.image if image.before is not None else None,
        release=pinned.release.name if pinned is not None else None,
        previous_release=image.previous_release,
        verdict=GateVerdict(judged.judgement),
        eligible_at=time_text(judged.eligible_at),
        parts=parts,
        findings=tuple(_findings(judged, parts, advice)),
        older=image.older,
        excuses=tuple(_excuse(each) for each in judged.excuses),
    )


def _unread(unread: UnreadSetting) -> GateImageAnswer:
    place = unread.application.place
    return GateImageAnswer(
        environment=place.environment,
        application=place.application,
        place=str(place),
        kind=None,
        name=None,
        container=None,
        product=None,
        component=unread.component,
        image=None,
        digest=None,
        previous=None,
        release=None,
        previous_release=None,
        verdict=GateVerdict.UNDECIDED,
        eligible_at=None,
        parts=(),
        findings=tuple(
            _before(each.code, each.values, each.sentence) for each in refusal_findings(unread.why)
        ),
    )


def _not_understood(found: NotUnderstood) -> GateFindingAnswer:
    values = {"file": found.where, "line": found.line, "reason": found.reason}
    values |= {"environment": found.environment, "application": found.application}
    given = {key: each for key, each in values.items() if each is not None}
    where = f"{found.where}:{found.line}" if found.line else found.where
    return _before("not-understood", given, f"{where}: {found.reason}")


def _before(code: str, values: dict[str, Any], told: str) -> GateFindingAnswer:
    """What could not be read, at the file that it is about."""
    location = None
    if "file" in values:
        line = values.get("line")
        location = SourceLocation(file=str(values["file"]), line=line or None, path=values.get("path"))
    return before_decision(code, values, told, location)


def _findings(
    judged: JudgedImage, parts: tuple[SourceLocation, ...], advice: Advice
) -> Iterator[GateFindingAnswer]:
    decided = judged.decided
    decision, blocked = advice.get(decided.digest, (None, NONE_BLOCKED)) if decided else (None, NONE_BLOCKED)
    told = {each.requirement: each for each in decision.findings} if decision is not None else {}
    for found in judged.findings:
        each = told.get(found.requirement, found)
        why = blocked.get(found.requirement)
        words = gate_sentence(found)
        yield GateFindingAnswer(
            code=found.code,
            values=plain_values(found.values),
            sentence=words if why is None else f"{words}; {not_advised_words(why)}",
            location=parts[-1] if parts else None,
            requirement=found.requirement or None,
            rule=None if found.rule == GATE else found.rule,
            outcome=found.outcome,
            who=each.who,
            next=each.next,
            eligible_at=time_text(found.when),
        )


def _excuse(found: Finding) -> GateFindingAnswer:
    return GateFindingAnswer(
        code=found.code,
        values=plain_values(found.values),
        sentence=gate_sentence(found),
        location=None,
        requirement=found.requirement,
        rule=found.rule,
        outcome=found.outcome,
        who=found.who,
        next=(),
        eligible_at=time_text(found.until),
    )


def _location(part: ScalarAt) -> SourceLocation:
    return SourceLocation(file=part.file, line=part.line or None, path=part.path)
