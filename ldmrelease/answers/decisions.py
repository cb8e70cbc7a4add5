"""Decisions: the verdict and each finding with its sentence."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import VERDICT_CODES, WORST_FIRST, ExitCode
from ldmrelease.answers.findings import FindingAnswer, PlaceRefusalAnswer
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, plain_values, time_text
from ldmrelease.domain.decision import Decision, Finding, Outcome, Phase, Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.services.decisions.decide import Decided, Unagreed
from ldmrelease.services.decisions.replay import Replayed


class RequirementFindingAnswer(FindingAnswer, frozen=True, kw_only=True):
    """What became of one requirement. `who` can change it, `next` is a command to try; `when` it can become true
    by itself, `until` when it holds; `unmet` is the outcome that it would have had if it were enforced.
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


class DecisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """May the release enter the place, as of `now`? `policy` and `facts` are what it was decided by; `digest` is
    that of the decision's own canonical bytes, which the ledger keeps.
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


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion would decide, place by place; or `refusals`: what its places would not take.

    `verdict` is the worst of the places, apart from those that only wait for an earlier one.
    `hypothetical` are levels whose policy nobody has agreed to, and
    `unagreed_targets` environments whose targets nobody has, `unagreed_products` and `unagreed_checks` products and
    checks that nobody has: nothing acts on what is decided.
    """

    verdict: Verdict
    decisions: tuple[DecisionAnswer, ...]
    refusals: tuple[PlaceRefusalAnswer, ...]
    hypothetical: tuple[str, ...]
    unagreed_targets: tuple[str, ...]
    unagreed_products: tuple[str, ...]
    unagreed_checks: tuple[str, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The worst place's verdict speaks."""
        return VERDICT_CODES[self.verdict]


class ReplayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded decision, and what its facts and policy give `again`."""

    stage: str
    place: PlaceName
    verdict: Verdict
    decision: DigestText
    again: DigestText
    same: bool


Replays = list[ReplayAnswer]


def decision_answer(decision: Decision, digest: str) -> DecisionAnswer:
    """A decision; `digest` is that of its canonical bytes."""
    return DecisionAnswer(
        intent=decision.intent,
        place=str(decision.place),
        level=decision.level,
        release=decision.name,
        release_digest=decision.release,
        verdict=decision.verdict,
        now=time_text(decision.now) or "",
        valid_until=time_text(decision.valid_until),
        findings=tuple(map(_finding, decision.findings)),
        policy=decision.policy,
        facts=decision.facts,
        engine=decision.engine,
        digest=digest,
    )


def _finding(found: Finding) -> RequirementFindingAnswer:
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
    )


def check_answer(decided: Iterable[Decided], local: Unagreed) -> CheckAnswer:
    """The decisions of a preview, in the order of the plan."""
    decisions = tuple(decision_answer(each.decision, each.digest) for each in decided)
    return CheckAnswer(
        verdict=_worst(decisions),
        decisions=decisions,
        refusals=(),
        hypothetical=local.levels,
        unagreed_targets=local.environments,
        unagreed_products=local.products,
        unagreed_checks=local.checks,
    )


def _worst(decisions: tuple[DecisionAnswer, ...]) -> Verdict:
    """What waits for nothing but the places before it says what they say."""
    asked = [each for each in decisions if not _follows(each)]
    worst = min(asked or decisions, key=lambda each: WORST_FIRST.index(VERDICT_CODES[each.verdict]))
    return worst.verdict


def _follows(decision: DecisionAnswer) -> bool:
    unmet = [each for each in decision.findings if each.unmet]
    return decision.verdict == "waiting" and all(each.code == "earlier-in-plan" for each in unmet)


def replay_answers(found: Iterable[Replayed]) -> Replays:
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
