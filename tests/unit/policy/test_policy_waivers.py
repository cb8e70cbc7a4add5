"""Waivers in the engine: bound to the definition and to what failed, capped, and never a passing check."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Finding, Outcome, Phase, Verdict
from ldmrelease.domain.facts import Facts, WaiverFact
from ldmrelease.domain.level import Requirement, WaiverLimits
from tests.unit.policy.policy_facts import (
    BASE,
    HOUR,
    NOW,
    ago,
    decide,
    facts,
    image,
    level,
    requirement,
    result,
    run,
    stay,
    waiver,
    weekly,
)

SMOKE = replace(requirement("check", name="smoke", check="smoke"), waivable_by=("manager", "board"))


def failing(*tests: str) -> Facts:
    return facts(statements=(result("bad", result="FAILED", failed_tests=tests),), runs=(run("bad"),))


def found(known: Facts, *waivers: WaiverFact, asked: Requirement = SMOKE, **changes: Any) -> Finding:
    decision = decide(replace(level(asked), **changes), replace(known, waivers=waivers))
    return decision.findings[-1]


def test_a_failing_test_is_waived_and_kept() -> None:
    finding = found(failing("plot"), waiver("W-1", SMOKE, "failed", "test:plot"))
    assert (finding.outcome, finding.unmet, finding.code) == (Outcome.WAIVED, Outcome.FAILED, "failed")
    assert finding.values["waivers"] == [
        {"waiver": "W-1", "person": "wim", "reason": "known", "until": "2023-04-28T17:00:00Z"}
    ]
    assert finding.evidence
    assert finding.until == ago(HOUR) + timedelta(days=7)


def test_what_nobody_waived_is_refused() -> None:
    assert decide(level(SMOKE), failing("plot")).verdict is Verdict.REFUSED
    assert decide(
        level(SMOKE), replace(failing("plot"), waivers=(waiver("W-1", SMOKE, "failed", "test:plot"),))
    ).verdict is (Verdict.ALLOWED)


def test_what_is_missing_is_waived_by_its_code() -> None:
    finding = found(facts(), waiver("W-1", SMOKE, "missing"))
    assert (finding.outcome, finding.unmet) == (Outcome.WAIVED, Outcome.MISSING)


def test_a_confirmation_is_waived_too() -> None:
    asked = replace(level(), confirm=(SMOKE,))
    known = replace(failing("plot"), waivers=(waiver("W-1", SMOKE, "failed", "test:plot"),))
    assert decide(asked, known, phase=Phase.CONFIRM).findings[-1].outcome is Outcome.WAIVED


def test_a_new_failing_test_is_refused() -> None:
    finding = found(failing("plot", "import"), waiver("W-1", SMOKE, "failed", "test:plot"))
    assert (finding.outcome, finding.unmet) == (Outcome.FAILED, None)


def test_two_waivers_cover_two_failures() -> None:
    given = (
        waiver("W-1", SMOKE, "failed", "test:plot"),
        waiver("W-2", SMOKE, "failed", "test:import", person="eva"),
    )
    finding = found(failing("plot", "import"), *given)
    assert [each["waiver"] for each in finding.values["waivers"]] == ["W-1", "W-2"]


def test_same_id_redefined_is_refused() -> None:
    redefined = replace(SMOKE, parameters={"check": "smoke", "max_age": 99 * HOUR})
    assert (
        found(failing("plot"), waiver("W-1", SMOKE, "failed", "test:plot"), asked=redefined).outcome
        is Outcome.FAILED
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"counted": False, "code": "unsigned"},
        {"roles": ("operator",)},
        {"expires": NOW},
        {"received": ago(15 * 24 * HOUR), "expires": NOW + timedelta(days=9)},
        {"requirement": "another"},
    ],
    ids=str,
)
def test_what_does_not_count_waives_nothing(changes: dict[str, Any]) -> None:
    assert (
        found(failing("plot"), waiver("W-1", SMOKE, "failed", "test:plot", **changes)).outcome
        is Outcome.FAILED
    )


def test_waiver_for_images_is_refused_whatever_the_file_says() -> None:
    images = replace(requirement("images", name="images"), waivable_by=("manager",))
    gone = facts(release=weekly(images=(image(present=False),)))
    finding = found(gone, waiver("W-1", images, "missing"), asked=images)
    assert finding.outcome is Outcome.MISSING


def test_waiver_for_provenance_is_refused_whatever_the_file_says() -> None:
    asked = replace(requirement("attested", type="provenance"), waivable_by=("manager",))
    bare = found(facts(), asked=asked)
    covering = waiver("W-1", asked, "missing", *(f"part:{each}" for each in ("lab",)))
    assert bare.outcome is found(facts(), covering, asked=asked).outcome is Outcome.MISSING


def test_nobody_waives_an_approval() -> None:
    asked = replace(requirement("approval", by=["manager"], about="content"), waivable_by=("manager",))
    known = facts(release=weekly(content=None))
    assert found(known, waiver("W-1", asked, "missing"), asked=asked).outcome is Outcome.MISSING


def test_the_level_may_want_shorter_waivers() -> None:
    given = waiver("W-1", SMOKE, "failed", "test:plot")
    assert found(failing("plot"), given, waivers=WaiverLimits(life=2 * HOUR)).until == NOW + timedelta(
        hours=1
    )
    assert found(failing("plot"), given, waivers=WaiverLimits(life=HOUR)).outcome is Outcome.FAILED


def test_no_more_waivers_count_than_a_place_may_have() -> None:
    others = [
        waiver(f"W-{n}", replace(SMOKE, id=f"other-{n}"), "code:x", received=ago(2 * HOUR)) for n in range(5)
    ]
    mine = waiver("W-9", SMOKE, "failed", "test:plot")
    assert found(failing("plot"), mine, *others[1:]).outcome is Outcome.WAIVED
    assert found(failing("plot"), mine, *others).outcome is Outcome.FAILED


def test_a_waived_finding_never_feeds_after() -> None:
    soak = requirement("after", name="soak", environment="base", for_=HOUR)
    known = replace(
        failing("plot"), residences=(stay(BASE),), waivers=(waiver("W-1", SMOKE, "failed", "test:plot"),)
    )
    decision = decide(level(SMOKE, soak), known)
    outcomes = {each.requirement: each.outcome for each in decision.findings}
    assert outcomes["smoke"] is Outcome.WAIVED
    assert outcomes["soak"] is not Outcome.SATISFIED


def test_what_waits_is_waited_for() -> None:
    waits = facts(runs=(run("slow", evidence=None, deadline=NOW + timedelta(hours=1)),))
    assert found(waits, waiver("W-1", SMOKE, "pending")).outcome is Outcome.PENDING
