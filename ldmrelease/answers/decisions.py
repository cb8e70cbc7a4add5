"""Decisions: the verdict and each finding with its sentence."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.sentences.advice import not_advised_words
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, plain_values, time_text
from ldmrelease.domain.decision import Decision, Finding, Outcome, Phase, Verdict
from ldmrelease.domain.facts import Intent

if TYPE_CHECKING:
    from ldmrelease.services.decisions.replay import Replayed
    from ldmrelease.services.inventory.drift_report import Blocked


class RequirementFindingAnswer(FindingAnswer, frozen=True, kw_only=True):
    """What became of one requirement. `who` can change it, a role with its people, `next` is a command to try; `when`
    it can become true by itself, `until` when it holds; `unmet` is the outcome that it would have had if it were
    enforced. `blocked` says which command is not advised, and what stands in its way.
    """

    requirement: str
    rule: str
    phase: Phase
    outcome: Outcome
    definition: DigestText | None
    evidence: tuple[str, ...]
    who: tuple[str, ...]
    next: tuple[str, ...]
    when: TimeText | None
    until: TimeText | None
    unmet: Outcome | None
    source: str | None
    blocked: str | None = None


class DecisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """May the release enter the place, as of `now`? `policy` and `facts` are what it was decided by; `digest` is
    that of the decision's own canonical bytes, which the ledger keeps. `overlay` is what it was asked for as, null for
    a request like any other.
    """

    intent: Intent
    place: PlaceName
    level: str
    release: ReleaseName
    release_digest: DigestText
    verdict: Verdict
    now: TimeText
    valid_until: TimeText | None
    findings: tuple[RequirementFindingAnswer, ...]
    policy: DigestText
    facts: DigestText
    engine: str
    digest: DigestText
    overlay: OverlayAnswer | None = None


class ReplayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded decision, and what its facts and policy give `again`."""

    stage: str
    place: PlaceName
    verdict: Verdict
    decision: DigestText
    again: DigestText
    same: bool


Replays = list[ReplayAnswer]


NONE_BLOCKED: "Mapping[str, Blocked]" = {}


def decision_answer(
    decision: Decision, digest: str, blocked: "Mapping[str, Blocked]" = NONE_BLOCKED
) -> DecisionAnswer:
    """A decision; `digest` is that of its canonical bytes, `blocked` what is not advised, by requirement."""
    return DecisionAnswer(
        intent=decision.intent,
        place=str(decision.place),
        level=decision.level,
        release=decision.name,
        release_digest=decision.release,
        verdict=decision.verdict,
        now=time_text(decision.now) or "",
        valid_until=time_text(decision.valid_until),
        findings=tuple(_finding(each, blocked.get(each.requirement)) for each in decision.findings),
        policy=decision.policy,
        facts=decision.facts,
        engine=decision.engine,
        digest=digest,
        overlay=overlay_answer(decision.overlay),
    )


def _finding(found: Finding, blocked: "Blocked | None") -> RequirementFindingAnswer:
    return RequirementFindingAnswer(
        requirement=found.requirement,
        rule=found.rule,
        phase=found.phase,
        outcome=found.outcome,
        code=found.code,
        sentence=sentence(found),
        values=plain_values(found.values),
        definition=found.definition,
        evidence=found.evidence,
        who=found.who,
        next=found.next,
        when=time_text(found.when),
        until=time_text(found.until),
        unmet=found.unmet,
        source=found.source,
        blocked=not_advised_words(blocked) if blocked is not None else None,
    )


def replay_answers(found: "Iterable[Replayed]") -> Replays:
    """What came of making decisions again."""
    return [
        ReplayAnswer(
            stage=each.stage,
            place=str(each.decision.place),
            verdict=each.decision.verdict,
            decision=each.digest,
            again=each.again,
            same=each.same,
        )
        for each in found
    ]
