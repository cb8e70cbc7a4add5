"""Laws of overlays: nothing is lost, nothing that nobody can tell passes, and asking for less never refuses more."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain.decision import Decision, Finding, Outcome, Verdict
from ldmrelease.domain.facts import DebtFact, Facts, HoldFact, Intent
from ldmrelease.domain.level import Level, LevelOverlay
from ldmrelease.domain.overlays import OverlayFact, OverlayKind, UnaskedSource
from tests.unit.policy.policy_facts import (
    BASE,
    HOUR,
    NOW,
    SUMMIT,
    ago,
    decide,
    facts,
    level,
    requirement,
    stay,
)
from tests.unit.policy.test_policy_laws import ASKED, anything

IDS = tuple(each.id for each in ASKED.enter)
ROLES = ("operator",)
COMPRESSED, EMERGENCY = OverlayKind.COMPRESSED, OverlayKind.EMERGENCY


def asked_as(kind: OverlayKind, *unasked: UnaskedSource, roles: tuple[str, ...] = ROLES) -> OverlayFact:
    name = "emergency" if kind is EMERGENCY else "night"
    return OverlayFact(kind, name, roles, ago(60), unasked)


def with_overlay(base: Level, kind: OverlayKind, *drop: str, **shorten: dict[str, int]) -> Level:
    lasts = 4 * HOUR if kind is EMERGENCY else None
    own = LevelOverlay(kind, "night", ROLES, 7 * 24 * HOUR, drop=drop, shorten=shorten, lasts=lasts)
    if kind is EMERGENCY:
        return replace(base, emergency=replace(own, name="emergency"))
    return replace(base, compressions={"night": own})


def by_id(decision: Decision) -> dict[str, Finding]:
    return {each.requirement: each for each in decision.findings}


some_ids = st.sets(st.sampled_from(IDS)).map(sorted)
kinds = st.sampled_from([COMPRESSED, EMERGENCY])


@given(anything, kinds, some_ids)
def test_nothing_is_lost_and_nothing_else_changes(about: Facts, kind: OverlayKind, drop: list[str]) -> None:
    plain = by_id(decide(ASKED, about))
    less = by_id(decide(with_overlay(ASKED, kind, *drop), replace(about, overlay=asked_as(kind))))
    assert plain.keys() <= less.keys()
    for name in IDS:
        before, after = plain[name], less[name]
        if before != after:
            assert (name in drop, name != "images", after.outcome) == (True, True, Outcome.WAIVED)
            assert (after.code, after.unmet, after.values["was"]) == (str(kind), before.outcome, before.code)


@given(anything, kinds, some_ids)
def test_an_overlay_never_makes_an_errored_requirement_pass(
    about: Facts, kind: OverlayKind, drop: list[str]
) -> None:
    plain = by_id(decide(ASKED, about))
    less = by_id(decide(with_overlay(ASKED, kind, *drop), replace(about, overlay=asked_as(kind))))
    for name, finding in plain.items():
        if finding.outcome is Outcome.ERRORED:
            assert less[name].outcome is Outcome.ERRORED


RANK = {Verdict.ALLOWED: 0, Verdict.WAITING: 1, Verdict.UNDECIDED: 2, Verdict.REFUSED: 3}


@given(anything, kinds, some_ids, some_ids)
def test_more_dropped_never_turns_allowed_into_refused(
    about: Facts, kind: OverlayKind, some: list[str], others: list[str]
) -> None:
    asking = replace(about, overlay=asked_as(kind))
    less = decide(with_overlay(ASKED, kind, *some), asking)
    least = decide(with_overlay(ASKED, kind, *{*some, *others}), asking)
    assert RANK[least.verdict] <= RANK[less.verdict]


def test_a_shortened_requirement_is_told_with_what_it_would_have_been() -> None:
    base = level(requirement("after", name="soak", environment="base", for_=4 * HOUR))
    ran = facts(
        residences=(stay(BASE, first=ago(2 * HOUR), observed=2 * HOUR),), overlay=asked_as(COMPRESSED)
    )
    shorter = with_overlay(base, COMPRESSED, soak={"for_": HOUR})
    found = by_id(decide(shorter, ran))["soak"]
    assert (found.outcome, found.unmet, found.values["shortened"]) == (
        Outcome.WAIVED,
        Outcome.PENDING,
        {"for_": [4 * HOUR, HOUR]},
    )
    long = with_overlay(base, COMPRESSED, soak={"for_": 3 * HOUR})
    assert by_id(decide(long, ran))["soak"].outcome is Outcome.PENDING


@pytest.mark.parametrize("kind", [COMPRESSED, EMERGENCY], ids=str)
def test_what_is_held_unreadable_or_not_there_is_refused_under_any_overlay(kind: OverlayKind) -> None:
    base = with_overlay(level(requirement("images", name="images")), kind, "images")
    asking = facts(overlay=asked_as(kind))
    assert decide(base, asking).verdict is Verdict.ALLOWED
    hold = HoldFact("H-1", "recall", "bob", ago(60), "it corrupts")
    assert decide(base, replace(asking, holds=(hold,))).verdict is Verdict.REFUSED
    unreadable = replace(asking, release=replace(asking.release, readable=False))
    assert decide(base, unreadable).verdict is Verdict.REFUSED
    gone = tuple(replace(each, present=False) for each in asking.release.images)
    absent = replace(asking, release=replace(asking.release, images=gone))
    assert decide(base, absent).verdict is Verdict.REFUSED


def test_what_could_not_be_asked_is_named_where_it_is_dropped_in_an_emergency() -> None:
    base = level(
        requirement("images", name="images"), requirement("attested", name="built", type="provenance")
    )
    cut = UnaskedSource("statements", "registry.example", "refused")
    asking = facts(overlay=asked_as(EMERGENCY, cut))
    found = by_id(decide(with_overlay(base, EMERGENCY, "built"), asking))["built"]
    assert (found.outcome, found.unmet, found.values) == (
        Outcome.WAIVED,
        None,
        {"overlay": "emergency", "unasked": ["registry.example"]},
    )


def test_an_emergency_is_over_after_its_hours_and_is_valid_until_then() -> None:
    base = with_overlay(level(requirement("images", name="images")), EMERGENCY)
    asking = facts(overlay=asked_as(EMERGENCY))
    end = ago(60) + timedelta(hours=4)
    assert decide(base, asking).valid_until == end
    late = facts(overlay=replace(asked_as(EMERGENCY), since=NOW - timedelta(hours=4)))
    assert decide(base, late).verdict is Verdict.REFUSED


@pytest.mark.parametrize("roles", [(), ("observer",)], ids=["none", "another"])
def test_without_the_role_it_is_refused(roles: tuple[str, ...]) -> None:
    base = with_overlay(level(requirement("images", name="images")), COMPRESSED, "images")
    found = decide(base, facts(overlay=asked_as(COMPRESSED, roles=roles)))
    assert (found.verdict, by_id(found)["overlay"].code) == (Verdict.REFUSED, "without-role")


def test_an_overdue_review_refuses_all_but_a_rollback_and_a_retirement() -> None:
    base = with_overlay(level(requirement("images", name="images")), EMERGENCY)
    owed = facts(
        debts=(DebtFact("P-7", "emergency", "ana", NOW),), residences=(stay(SUMMIT, first=ago(HOUR)),)
    )
    verdicts = {each: decide(base, replace(owed, intent=each)).verdict for each in Intent}
    assert [each for each in Intent if verdicts[each] is not Verdict.REFUSED] == [
        Intent.ROLLBACK,
        Intent.RETIRE,
    ]
    again = decide(base, replace(owed, overlay=asked_as(EMERGENCY)))
    assert again.verdict is Verdict.REFUSED
    later = replace(owed, debts=(DebtFact("P-7", "emergency", "ana", NOW + timedelta(hours=1)),))
    assert decide(base, later).valid_until == NOW + timedelta(hours=1)
