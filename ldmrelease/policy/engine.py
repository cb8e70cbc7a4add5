"""The one decision function: level, facts and time in, a decision out; nothing else is looked at.

The first decision on facts goes through them once, those that follow not at all; each requirement costs a
bounded number of look-ups, and a glance at each of the statements and runs that it asks for.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import IN_THE_WAY, Decision, Finding, Outcome, Phase, verdict_of
from ldmrelease.domain.facts import Facts, Intent
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.overlays import OverlayFact, OverlayKind, OverlayRequest, is_emergency
from ldmrelease.domain.topology import Place
from ldmrelease.policy import builtin
from ldmrelease.policy.index import index_of
from ldmrelease.policy.overlays import overlaid, overlay_finding, overlay_of
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.policy.waivers import waived


def evaluate(
    level: Level, facts: Facts, now: datetime, *, facts_digest: str, phase: Phase = Phase.ENTER
) -> Decision:
    """May this release enter this place (or, in phase `confirm`, stay there), as of `now`?

    `facts_digest` is the digest of the stored bytes of the facts. `now` needs a zone and is cut to seconds.
    A promotion is asked what the level asks on entering; a rollback, an alias and a retirement are asked what
    their intent asks (`policy/builtin.py`), and the requirements alone that name it (`Rule.asked_of`, `intents`). To
    confirm, every intent is asked the same. A phase without requirements is refused: whoever has nothing to
    confirm does not ask. Facts that make no sense give findings that are `errored`, with a code.
    """
    now = times.whole(now)
    asked = asked_requirements(level, facts.place, facts.intent, phase)
    judged = _judged(level, asked, facts, now, phase)
    findings = (*_built_in(level, facts, phase, now, bool(asked)), *judged)
    return Decision(
        intent=facts.intent,
        place=facts.place,
        level=level.name,
        policy=level.digest,
        release=facts.release.digest,
        name=f"{facts.release.product}/{facts.release.tag}",
        facts=facts_digest,
        now=now,
        verdict=verdict_of(findings),
        findings=findings,
        valid_until=min((each.until for each in findings if each.until), default=None),
    )


def asked_requirements(level: Level, place: Place, intent: Intent, phase: Phase) -> tuple[Requirement, ...]:
    """What a level asks of a release at a place, for an intent and in a phase."""
    here = level.at(place.environment)
    if phase is Phase.CONFIRM:
        return here.confirm
    return tuple(each for each in here.enter if intent in _asked_of(each))


def _asked_of(requirement: Requirement) -> frozenset[Intent]:
    rule = RULES.get(requirement.rule)
    if rule is None:
        # A rule that nobody knows is asked of what comes in.
        return frozenset({Intent.PROMOTE})
    named = requirement.parameters.get("intents")
    # What is no list is judged, which says so.
    return rule.asked_of.intersection(named) if named and isinstance(named, (list, tuple)) else rule.asked_of


def fact_sources(
    asked: Iterable[Requirement], intent: Intent, overlay: OverlayFact | OverlayRequest | None = None
) -> frozenset[str]:
    """The sources of facts that these requirements, and what is asked of every decision, need."""
    # Whatever an emergency drops, what is let in is there.
    own = {"images", "place_components"} if is_emergency(overlay) else set()
    return builtin.NEEDS[intent].union(own, *map(needs_of, asked))


def needs_of(requirement: Requirement) -> frozenset[str]:
    """The sources of facts that one requirement needs."""
    rule = RULES.get(requirement.rule)
    waivable = frozenset({"waivers"} if requirement.waivable_by else ())
    return waivable | (rule.needs if rule is not None else frozenset())


def spared_sources(
    level: Level,
    intent: Intent,
    asked: OverlayFact | OverlayRequest | None,
    requirements: Iterable[Requirement],
) -> frozenset[str]:
    """The sources that an emergency goes on without: those that only what it drops needs."""
    overlay = overlay_of(level, asked)
    if overlay is None or overlay.kind is not OverlayKind.EMERGENCY:
        return frozenset()
    needed = fact_sources([each for each in requirements if not overlay.drops(each)], intent, asked)
    return frozenset[str]().union(*map(needs_of, requirements)) - needed


def residence_places(
    asked: Iterable[Requirement], intent: Intent, here: Place, places: Collection[tuple[Place, str | None]]
) -> frozenset[Place]:
    """Those of the places, each with its level, whose residences these requirements look at, and what is asked of
    every decision.
    """
    own = {here} if "residences" in builtin.NEEDS[intent] else set()
    rules = ((RULES.get(each.rule), each) for each in asked)
    return frozenset(own).union(
        *(rule.residences(requirement, here, places) for rule, requirement in rules if rule is not None)
    )


def _built_in(level: Level, facts: Facts, phase: Phase, now: datetime, asks: bool) -> Iterable[Finding]:
    match facts.intent:
        case Intent.PROMOTE:
            yield from (
                builtin.accepts(level, facts),
                builtin.complete(facts),
                builtin.held(facts, now, phase),
            )
            yield from _owed(facts, now)
        case Intent.ROLLBACK:
            yield from (builtin.ran_here(facts), builtin.present(facts), builtin.held(facts, now, phase))
        case Intent.ALIAS:
            yield from (
                builtin.accepts(level, facts),
                builtin.complete(facts),
                builtin.held(facts, now, phase),
            )
            yield builtin.live(facts)
            yield from _owed(facts, now)
        case Intent.RETIRE:
            # Taking away what was recalled is what a hold is for.
            yield builtin.leaves(facts)
    if facts.overlay is not None:
        yield overlay_finding(level, facts, now, phase)
        if facts.overlay.kind is OverlayKind.EMERGENCY:
            yield builtin.present(facts)
    if not asks and (facts.intent is Intent.PROMOTE or phase is Phase.CONFIRM):
        yield builtin.empty()


def _owed(facts: Facts, now: datetime) -> Iterable[Finding]:
    # Most places owe nothing, and are spared a line that says so.
    return (builtin.review_owed(facts, now),) if facts.debts else ()


def _judged(
    level: Level, asked: tuple[Requirement, ...], facts: Facts, now: datetime, phase: Phase
) -> tuple[Finding, ...]:
    if not asked:
        return ()
    context = RuleContext(facts, index_of(facts), now, phase, _platforms(asked))
    others = {each.id: _settled(level, each, context) for each in asked if not _judges_last(each)}
    context = replace(context, findings=tuple(others.values()))
    return tuple(others.get(each.id) or _settled(level, each, context) for each in asked)


def _settled(level: Level, requirement: Requirement, context: RuleContext) -> Finding:
    """What became of a requirement: judged, enforced from its day on, left away by what is asked for,
    and waived where somebody let it pass.
    """

    def judged(requirement: Requirement) -> Finding:
        return _enforced(requirement, _judge(requirement, context), context.now)

    asked = context.facts.overlay
    finding = overlaid(
        overlay_of(level, asked), asked, requirement, judged(requirement), needs_of(requirement), judged
    )
    return waived(requirement, finding, context.facts, level.waivers, context.now)


def _judges_last(requirement: Requirement) -> bool:
    rule = RULES.get(requirement.rule)
    return rule is not None and rule.judges_last


def _platforms(asked: tuple[Requirement, ...]) -> tuple[str, ...]:
    named = [each.parameters.get("platforms") for each in asked if each.rule == "images"]
    lists = [each for each in named if isinstance(each, (list, tuple))]
    return tuple(sorted({str(platform) for platforms in lists for platform in platforms}))


def _judge(requirement: Requirement, context: RuleContext) -> Finding:
    rule = RULES.get(requirement.rule)
    if rule is None:
        return context.finding(requirement, Outcome.ERRORED, "unknown-rule", {"rule": requirement.rule})
    return rule(requirement, context)


def _enforced(requirement: Requirement, finding: Finding, now: datetime) -> Finding:
    """Before its day an unmet requirement is only reported, and what was unmet is kept."""
    since = requirement.enforce_from
    if since is None or now >= since or finding.outcome not in IN_THE_WAY:
        return finding
    return replace(finding, outcome=Outcome.REPORTED, unmet=finding.outcome, until=since)
