"""What is assumed changes the facts of now, and nothing else of them."""

from datetime import timedelta

from msgspec.structs import replace

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.facts import ChangeFact, Intent
from ldmrelease.policy.cases.assumptions import SAME, Assumptions, assume
from ldmrelease.policy.cases.facts import hold_facts
from ldmrelease.policy.cases.scenario import (
    ScenarioCandidate,
    ScenarioImage,
    ScenarioResidence,
    ScenarioRun,
    ScenarioStatement,
    ScenarioSubject,
    TagState,
)
from tests.unit.policy.policy_facts import (
    BASE,
    CONTENT,
    FACTS,
    HOUR,
    NOW,
    PROMPT,
    ago,
    decide,
    facts,
    level,
    requirement,
    statement,
    stay,
)

NOT_MOVED = timedelta()


def test_with_nothing_assumed_the_facts_are_the_same() -> None:
    known = facts(statements=(statement("one"),), residences=(stay(),))
    assert assume(known, Assumptions(), "rubin", NOT_MOVED) == known


def test_what_runs_now_runs_on_till_then_and_what_has_ended_does_not() -> None:
    known = facts(residences=(stay(), stay(PROMPT, current=False, ended="replaced"), stay(admitted=None)))
    later = assume(known, Assumptions(), "rubin", timedelta(hours=3))
    runs, ended, unadmitted = later.residences
    assert (runs.observed, runs.admitted, runs.last) == (7 * HOUR, 7 * HOUR, NOW + timedelta(hours=3))
    assert ended == known.residences[1]
    assert (unadmitted.observed, unadmitted.admitted) == (7 * HOUR, None)


def test_a_run_that_is_assumed_is_of_the_agreed_check() -> None:
    ran = ScenarioRun("x", "smoke", ScenarioSubject(), ago(60), NOW, NOW, "PASSED", "base")
    asks = level(requirement("check", check="smoke", where="base"))
    assert decide(asks).verdict is Verdict.REFUSED
    assert (
        decide(asks, assume(FACTS, Assumptions(runs=(ran,)), "rubin", NOT_MOVED)).verdict is Verdict.ALLOWED
    )
    other = replace(ran, definition="another")
    assert (
        decide(asks, assume(FACTS, Assumptions(runs=(other,)), "rubin", NOT_MOVED)).verdict is Verdict.REFUSED
    )


def test_residences_statements_holds_images_and_candidates_are_added() -> None:
    assumed = Assumptions(
        intent=Intent.ALIAS,
        images=(ScenarioImage("lab", tag=TagState.MOVED), ScenarioImage("unknown")),
        missing=("other",),
        residences=(ScenarioResidence(BASE, ago(HOUR), NOW, HOUR),),
        statements=(ScenarioStatement("s", "sbom", ScenarioSubject("image"), NOW, ("ci",)),),
        candidates=(ScenarioCandidate("v24.0.0.rc1", SAME), ScenarioCandidate("v24.0.0.rc2")),
        holds=("freeze",),
        earlier=(PROMPT,),
    )
    found = assume(FACTS, assumed, "rubin", NOT_MOVED)
    assert found.intent is Intent.ALIAS
    assert found.release.missing == ("other",)
    (image,) = found.release.images
    assert image.tag_now not in (None, image.digest)
    (residence,) = found.residences
    assert (residence.level, residence.component, residence.digest) == ("commissioning", "lab", image.digest)
    assert found.statements[0].subjects == (image.digest,)
    assert [(each.content, each.kind) for each in found.candidate_pins] == [
        (CONTENT, "candidate"),
        (None, "candidate"),
    ]
    assert ([each.hold for each in found.holds], found.earlier) == (["freeze"], (PROMPT,))
    assert found.place == FACTS.place


def test_holds_that_stand_stay_beside_those_that_are_assumed() -> None:
    found = assume(facts(holds=hold_facts(("recall",))), Assumptions(holds=("freeze",)), "rubin", NOT_MOVED)
    assert [each.hold for each in found.holds] == ["recall", "freeze"]


def test_an_image_that_lacks_something_is_not_there() -> None:
    lacking = Assumptions(images=(ScenarioImage("lab", lacking=("linux/arm64",)),))
    (image,) = assume(FACTS, lacking, "rubin", NOT_MOVED).release.images
    assert (image.present, image.lacking) == (False, ("linux/arm64",))


def test_a_change_that_is_assumed_takes_the_place_of_the_one_there_is() -> None:
    stale = ChangeFact(True, ("batch", "nublado"), 2)
    asks = level(requirement("not-stale"))
    assumed = assume(FACTS, Assumptions(change=stale), "rubin", NOT_MOVED)
    assert (decide(asks).verdict, decide(asks, assumed).verdict) == (Verdict.ALLOWED, Verdict.REFUSED)
    assert assume(assumed, Assumptions(), "rubin", NOT_MOVED).change == stale
