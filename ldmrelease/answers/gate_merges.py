"""`gate merge`: what a gate says of a change of a GitOps tree."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ldmrelease.answers.findings import refusal_findings
from ldmrelease.answers.gate import (
    GateAnswer,
    GateArrivalAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
    overall_verdict,
)
from ldmrelease.answers.releases import comparison_answer
from ldmrelease.answers.sentences.gates import gate_sentence
from ldmrelease.answers.spellings import plain_values, time_text
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.services.gate.arriving import ArrivingRelease
from ldmrelease.services.gate.changed_settings import ScalarAt
from ldmrelease.services.gate.image_verdict import GATE
from ldmrelease.services.gate.merge import MergedImage, MergeGate, UnreadPart


def merge_answer(
    gate: MergeGate, base: str, head: str, now: datetime, arriving: Iterable[ArrivingRelease] = ()
) -> GateAnswer:
    """What is said of every image of a change, and what comes in with it."""
    images = [*map(_image, gate.images), *map(_unread, gate.unread)]
    return GateAnswer(
        base=base,
        head=head,
        now=time_text(now) or "",
        verdict=overall_verdict(each.verdict for each in images),
        bundle=None,
        images=tuple(images),
        unreadable=(),
        arriving=tuple(
            GateArrivalAnswer(
                places=tuple(map(str, each.places)), comparison=comparison_answer(each.comparison)
            )
            for each in arriving
        ),
        conflicts=gate.merge.tree is None,
    )


def _image(image: MergedImage) -> GateImageAnswer:
    place, judged = image.application.place, image.judged
    parts = tuple(map(_location, image.parts))
    pinned = judged.pinned
    part = pinned.release.component(image.component) if pinned is not None else None
    digest = image.after.digest if image.after is not None else None
    return GateImageAnswer(
        environment=place.environment,
        application=place.application,
        place=str(place),
        kind=None,
        name=None,
        container=None,
        product=image.product,
        component=image.component,
        image=image.after.image if image.after is not None else None,
        digest=digest or (part.digest if part is not None and image.after is not None else None),
        previous=image.before.image if image.before is not None else None,
        release=pinned.release.name if pinned is not None else None,
        previous_release=image.previous_release,
        verdict=GateVerdict(judged.judgement),
        eligible_at=time_text(judged.eligible_at),
        parts=parts,
        findings=tuple(_findings(judged.findings, parts)),
        older=image.older,
    )


def _unread(unread: UnreadPart) -> GateImageAnswer:
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
            _before(each.code, each.values, each.sentence, Outcome.ERRORED)
            for each in refusal_findings(unread.why)
        ),
    )


def _before(code: str, values: dict[str, Any], told: str, outcome: Outcome) -> GateFindingAnswer:
    """A finding that stands before any decision."""
    location = None
    if "file" in values:
        line = values.get("line")
        location = SourceLocation(file=str(values["file"]), line=line or None, path=values.get("path"))
    return GateFindingAnswer(
        code=code,
        values=values,
        sentence=told,
        location=location,
        requirement=None,
        rule=None,
        outcome=outcome,
        who=(),
        next=(),
        eligible_at=None,
    )


def _findings(found: Iterable[Finding], parts: tuple[SourceLocation, ...]) -> Iterator[GateFindingAnswer]:
    for each in found:
        yield GateFindingAnswer(
            code=each.code,
            values=plain_values(each.values),
            sentence=gate_sentence(each),
            location=parts[-1] if parts else None,
            requirement=each.requirement or None,
            rule=None if each.rule == GATE else each.rule,
            outcome=each.outcome,
            who=each.who,
            next=each.next,
            eligible_at=time_text(each.when),
        )


def _location(part: ScalarAt) -> SourceLocation:
    return SourceLocation(file=part.file, line=part.line or None, path=part.path)
