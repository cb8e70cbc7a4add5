"""Findings that no policy file asks for: what every decision, or every decision of an intent, rests on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import FOUND, Finding, Outcome, Phase
from ldmrelease.domain.facts import Facts, HoldFact, Intent
from ldmrelease.domain.level import Level
from ldmrelease.policy.asked_images import asked_images
from ldmrelease.policy.index import index_of
from ldmrelease.policy.residences import ReleaseResidence, release_residences
from ldmrelease.policy.rule_context import command

BuiltInId = Literal[
    "accepts", "complete", "held", "empty", "ran-here", "present", "live", "overlay", "review-owed"
]
IDS: frozenset[str] = frozenset(get_args(BuiltInId))
"""Ids that no requirement of a policy may have: findings would have two meanings."""

FREEZE = "freeze"
"""The kind of hold that lets nothing in somewhere, whatever it is."""

NEEDS: Mapping[Intent, frozenset[str]] = {
    Intent.PROMOTE: frozenset({"holds", "debts"}),
    Intent.ROLLBACK: frozenset({"residences", "place_components", "images", "holds"}),
    Intent.ALIAS: frozenset({"residences", "place_components", "holds", "debts"}),
    Intent.RETIRE: frozenset({"residences", "place_components"}),
}
"""The sources of facts that the findings of each intent rest on (`Rule.needs`)."""


def accepts(level: Level, facts: Facts) -> Finding:
    """The tag can be read in its grammar, and is of a kind that the level accepts there."""
    release, level = facts.release, level.at(facts.place.environment)
    values = {"tag": release.tag, "kind": release.kind, "accepts": list(level.accepts)}
    if not release.readable:
        return _finding("accepts", Outcome.FAILED, "unreadable-tag", values)
    if release.kind in level.excludes:
        return _finding("accepts", Outcome.FAILED, "kind-excluded", values)
    if release.kind not in level.accepts:
        return _finding("accepts", Outcome.FAILED, "kind-not-accepted", values)
    return _finding("accepts", Outcome.SATISFIED, "kind-accepted", values)


def complete(facts: Facts) -> Finding:
    """Every component is pinned; images of one weekly appear hours apart, so what is open is pending."""
    release = facts.release
    if release.problem is not None:
        return _finding("complete", Outcome.FAILED, release.problem, {"tag": release.tag})
    if release.missing:
        values = {"missing": sorted(release.missing)}
        # A promotion is bound to what was pinned for it: one that is asked for again pins what is there by then.
        pins: tuple[str, ...] = ("promote", release.tag, "--target", str(facts.place))
        if facts.intent is not Intent.PROMOTE:
            pins = ("release", "pin", release.tag)
        return _finding("complete", Outcome.PENDING, "open", values, next=command(*pins))
    return _finding("complete", Outcome.SATISFIED, "complete")


def held(facts: Facts, now: datetime, phase: Phase) -> Finding:
    """No hold lies on the release, its images or the environment. One whose condition asks for what is not known of the
    release is `errored`: a recall that may be meant is not passed over.

    A freeze is about what comes in: what had come before it is confirmed, since to put it back would be a change, too.
    """
    asked = [each for each in facts.holds if phase is not Phase.CONFIRM or each.kind != FREEZE]
    standing = [each for each in asked if _stands(each, now)]
    applying = sorted((each for each in standing if each.applies), key=lambda each: each.hold)
    if applying:
        values = {"holds": [_told(each) for each in applying]}
        ends = [each.until for each in applying]
        known = [each for each in ends if each is not None]
        return _finding(
            "held",
            Outcome.FAILED,
            "held",
            values,
            next=command("lift", applying[0].hold, "--reason", "WHY"),
            when=max(known) if len(known) == len(ends) else None,
        )
    unknown = sorted((each for each in standing if each.applies is None), key=lambda each: each.hold)
    if unknown:
        return _finding("held", Outcome.ERRORED, "unknown", {"holds": [_told(each) for each in unknown]})
    coming = [each.start for each in asked if each.start is not None and now < each.start]
    return _finding("held", Outcome.SATISFIED, "not-held", until=min(coming, default=None))


def _stands(hold: HoldFact, now: datetime) -> bool:
    return (hold.start is None or hold.start <= now) and (hold.until is None or now < hold.until)


def _told(hold: HoldFact) -> dict[str, Any]:
    told: dict[str, Any] = {
        "hold": hold.hold,
        "kind": hold.kind,
        "person": hold.person,
        "reason": hold.reason,
    }
    told["since"] = times.spell(hold.since)
    if hold.until is not None:
        told["until"] = times.spell(hold.until)
    if hold.unknown is not None:
        told["unknown"] = hold.unknown
    return told


def empty() -> Finding:
    """There is no requirement: empty is never satisfied."""
    return _finding("empty", Outcome.FAILED, "no-requirements")


def ran_here(facts: Facts) -> Finding:
    """A rollback goes back to what ran here before; what a restore took away never settled.

    What no decision had ever let in is `found`: it may come back, and stays what nobody has decided about.
    """
    residences = [each for each in _residences(facts) if each.ended != "restored"]
    if not residences:
        return _finding("ran-here", Outcome.MISSING, "never-ran", {"place": str(facts.place)})
    last = max(residences, key=lambda each: (each.last, each.first))
    values = {"place": str(facts.place), "first": times.spell(last.first), "last": times.spell(last.last)}
    code = "ran" if any(each.admitted for each in residences) else FOUND
    return _finding("ran-here", Outcome.SATISFIED, code, values)


def present(facts: Facts) -> Finding:
    """Every image can still be pulled by its digest."""
    images = asked_images(facts)
    if not images:
        return _finding("present", Outcome.MISSING, "no-images")
    absent = sorted(each.component for each in images if not each.present)
    if absent:
        return _finding("present", Outcome.MISSING, "absent", {"components": absent})
    return _finding("present", Outcome.SATISFIED, "present")


def live(facts: Facts) -> Finding:
    """An alias names what runs at the place."""
    if any(each.current for each in _residences(facts)):
        return _finding("live", Outcome.SATISFIED, "live", {"place": str(facts.place)})
    next_words = command("promote", facts.release.tag, "--target", str(facts.place))
    return _finding("live", Outcome.MISSING, "not-live", {"place": str(facts.place)}, next=next_words)


def leaves(facts: Facts) -> Finding:
    """What is to go is written at the place, known or not: whoever reads the target has looked. It need not run."""
    code = "live" if any(each.current for each in _residences(facts)) else "written"
    return _finding("live", Outcome.SATISFIED, code, {"place": str(facts.place)})


def review_owed(facts: Facts, now: datetime) -> Finding:
    """No review is overdue that a compressed or an emergency promotion of the place owes: until somebody has looked at
    it, nothing but what ran there before may come.
    """
    due = sorted(
        (each for each in facts.debts if each.due <= now), key=lambda each: (each.due, each.promotion)
    )
    if due:
        told = [
            {
                "promotion": each.promotion,
                "kind": each.kind,
                "person": each.person,
                "due": times.spell(each.due),
            }
            for each in due
        ]
        next_words = command("review", due[0].promotion, "--accept", "--reason", "WHAT-WAS-FOUND")
        return _finding("review-owed", Outcome.FAILED, "review-overdue", {"debts": told}, next=next_words)
    until = min((each.due for each in facts.debts), default=None)
    owed = [each.promotion for each in facts.debts]
    found = _finding("review-owed", Outcome.SATISFIED, "not-overdue", {"owed": sorted(owed)} if owed else {})
    return replace(found, until=until)


def _residences(facts: Facts) -> tuple[ReleaseResidence, ...]:
    return release_residences(index_of(facts), facts.place)


def _finding(
    name: BuiltInId,
    outcome: Outcome,
    code: str,
    values: dict[str, Any] | None = None,
    next: tuple[str, ...] = (),
    when: datetime | None = None,
    until: datetime | None = None,
) -> Finding:
    return Finding(name, name, Phase.BUILT_IN, outcome, code, values or {}, next=next, when=when, until=until)
