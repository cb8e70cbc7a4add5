"""Cases: what is given becomes facts, the engine decides, and what differs from what is expected is told."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Outcome, Phase, Verdict
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.level import Ask, Level, Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.cases.acts import ScenarioActs, ScenarioApproval, ScenarioWaiver
from ldmrelease.policy.cases.facts import facts_of
from ldmrelease.policy.cases.scenario import (
    Scenario,
    ScenarioImage,
    ScenarioPlace,
    ScenarioRelease,
    ScenarioResidence,
    ScenarioRun,
    ScenarioStatement,
    ScenarioSubject,
    TagState,
)
from ldmrelease.policy.cases.verdicts import (
    Difference,
    ExpectedDecision,
    ExpectedFinding,
    PolicyCase,
    run_case,
)

NOW = datetime(2024, 4, 21, 18, tzinfo=UTC)
HERE, BEFORE = Place("summit", "app"), Place("base", "app")
LEVEL = Level(
    "commissioning",
    1,
    "sha256:" + "1" * 64,
    ("weekly",),
    (
        Requirement("images", "images", {"platforms": ["linux/amd64"]}),
        Requirement("soak", "after", {"environment": "base", "for_": 3600}, waivable_by=("manager",)),
    ),
    availability=3600,
    ask=Ask.ALWAYS,
)


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


RAN = ScenarioResidence(BEFORE, ago(3600), NOW, 3600)
GIVEN = Scenario(
    at=NOW,
    place=HERE,
    release=ScenarioRelease("w.2024.16"),
    places=(ScenarioPlace(BEFORE, "commissioning"),),
    residences=(RAN,),
)


def differences(expected: ExpectedDecision, given: Scenario = GIVEN) -> tuple[Difference, ...]:
    return run_case(PolicyCase("it", given, expected), LEVEL).differences


def test_what_is_not_named_has_to_be_satisfied() -> None:
    assert differences(ExpectedDecision(Verdict.ALLOWED)) == ()
    never = replace(GIVEN, residences=())
    assert differences(ExpectedDecision(Verdict.REFUSED), never) == (
        Difference("soak", "satisfied", "missing/never-ran"),
    )
    wanted = ExpectedDecision(Verdict.REFUSED, {"soak": ExpectedFinding(Outcome.MISSING)})
    assert differences(wanted, never) == ()


def test_what_differs_is_told_with_both() -> None:
    wanted = ExpectedDecision(
        Verdict.WAITING,
        {
            "soak": ExpectedFinding(Outcome.PENDING, "soaking", "2024-04-21T18:00:01Z", ()),
            "gone": ExpectedFinding(Outcome.FAILED),
        },
    )
    soaking = replace(GIVEN, residences=(replace(RAN, observed=3599),))
    assert differences(wanted, soaking) == (Difference("gone", "failed", "nothing"),)
    assert differences(wanted) == (
        Difference("verdict", "waiting", "allowed"),
        Difference(
            "soak", "pending/soaking, when 2024-04-21T18:00:01Z, who ", "satisfied/ran, when nothing, who "
        ),
        Difference("gone", "failed", "nothing"),
    )


def test_what_a_level_says_beside_its_requirements_may_be_expected() -> None:
    right = ExpectedDecision(
        Verdict.ALLOWED, waivable_by={"soak": ("manager",)}, ask=Ask.ALWAYS, availability=3600
    )
    assert differences(right) == ()
    wrong = ExpectedDecision(Verdict.ALLOWED, waivable_by={"images": ("me",)}, ask=Ask.NEVER, availability=60)
    assert differences(wrong) == (
        Difference("waivable-by of images", "me", "nothing"),
        Difference("waivable-by of soak", "nothing", "manager"),
        Difference("ask", "never", "always"),
        Difference("availability", "1m", "1h"),
    )


def test_an_image_that_lacks_something_is_not_there() -> None:
    release = ScenarioRelease("w.2024.16", (ScenarioImage("app", lacking=("linux/amd64",)),))
    (image,) = facts_of(replace(GIVEN, release=release), LEVEL).release.images
    assert not image.present


def test_a_run_has_evidence_where_its_result_counts() -> None:
    ran = ScenarioRun("x", "smoke", ScenarioSubject(), ago(60), NOW, NOW, "PASSED", "summit")

    def is_evident(run: ScenarioRun) -> bool:
        (found,) = facts_of(replace(GIVEN, runs=(run,)), LEVEL).runs
        return found.evidence is not None

    assert is_evident(ran)
    assert not is_evident(replace(ran, rejected="wrong-role"))
    assert not is_evident(replace(ran, result=None))


def test_the_same_scenario_gives_the_same_facts_and_they_can_be_stored() -> None:
    given = replace(
        GIVEN,
        release=ScenarioRelease(
            "w.2024.16",
            (
                ScenarioImage("app", ("linux/amd64", "linux/arm64"), tag=TagState.GONE),
                ScenarioImage("worker"),
            ),
            content="one",
            configurations={"https://git.example/a": "1" * 40},
        ),
        runs=(ScenarioRun("r", "smoke", ScenarioSubject("content"), ago(60), ago(-60), ago(30), "FAILED"),),
        statements=(
            ScenarioStatement("s", "provenance", ScenarioSubject("image", "worker"), ago(10), ("ci",)),
        ),
    )
    facts = facts_of(given, LEVEL)
    assert canonical.encode(facts) == canonical.encode(facts_of(given, LEVEL))
    assert canonical.decode(canonical.encode(facts), Facts) == facts
    app, worker = facts.release.images
    assert app.tag_now is None
    assert worker.tag_now == worker.digest
    assert {each.type: each.subjects for each in facts.statements} == {
        "check": (facts.release.content,),
        "provenance": (worker.digest,),
    }
    assert facts.runs[0].evidence == next(each.evidence for each in facts.statements if each.type == "check")


@pytest.mark.parametrize(
    ("subject", "platforms"),
    [
        (ScenarioSubject("image", "app", "linux/arm64"), {"linux/arm64"}),
        (ScenarioSubject("image", "app"), set()),
        (ScenarioSubject("image", "app", "linux/s390x"), set()),
    ],
)
def test_evidence_about_a_platform_is_about_its_manifest(
    subject: ScenarioSubject, platforms: set[str]
) -> None:
    release = ScenarioRelease("w.2024.16", (ScenarioImage("app", ("linux/amd64", "linux/arm64")),))
    statement = ScenarioStatement("s", "sbom", subject, NOW)
    facts = facts_of(replace(GIVEN, release=release, statements=(statement,)), LEVEL)
    image = facts.release.images[0]
    manifests = {each.manifest: each.platform for each in image.platforms}
    found = facts.statements[0].subjects
    assert {manifests[each] for each in found if each in manifests} == platforms
    assert (image.digest in found) == (subject.platform is None)


def test_the_checks_that_a_phase_asks_for_are_there_unless_a_case_says_which_are() -> None:
    smoke = Requirement("smoke", "check", {"check": "smoke", "where": "here"})
    level = replace(LEVEL, confirm=(smoke,))
    confirm = replace(GIVEN, phase=Phase.CONFIRM)
    assert [each.name for each in facts_of(confirm, level).checks] == ["smoke"]
    assert facts_of(replace(confirm, checks=()), level).checks == ()
    none = PolicyCase("it", replace(confirm, checks=()), ExpectedDecision(Verdict.UNDECIDED))
    assert run_case(none, level).decision.verdict is Verdict.UNDECIDED


BOARD = replace(
    LEVEL,
    enter=(
        *LEVEL.enter,
        Requirement("smoke", "check", {"check": "smoke"}, waivable_by=("manager",)),
        Requirement("board", "approval", {"by": ["manager"]}),
    ),
)
MIA = ScenarioApproval("mia", "Mia", ("manager",), ago(60))
WAIVED = ScenarioWaiver("w", "smoke", "Wim", ("manager",), ago(60))


@pytest.mark.parametrize(
    ("acts", "verdict"),
    [
        (ScenarioActs(), Verdict.REFUSED),
        (ScenarioActs(waivers=(WAIVED,)), Verdict.WAITING),
        (ScenarioActs((MIA,), (WAIVED,)), Verdict.ALLOWED),
        (ScenarioActs((replace(MIA, was={"smoke": "satisfied"}),), (WAIVED,)), Verdict.WAITING),
        (ScenarioActs((replace(MIA, roles=("operator",)),), (WAIVED,)), Verdict.WAITING),
        (ScenarioActs((replace(MIA, person="author"),), (WAIVED,)), Verdict.WAITING),
        (ScenarioActs((replace(MIA, person="Wim"),), (WAIVED,)), Verdict.WAITING),
        (ScenarioActs((replace(MIA, rejected="unsigned"),), (WAIVED,)), Verdict.WAITING),
        (ScenarioActs((MIA,), (replace(WAIVED, covers=("failed", "test:plot")),)), Verdict.REFUSED),
    ],
    ids=["none", "waived", "approved", "worsened", "role", "requester", "waiver", "unsigned", "covers"],
)
def test_a_case_has_approvals_and_waivers(acts: ScenarioActs, verdict: Verdict) -> None:
    found = run_case(PolicyCase("a", replace(GIVEN, acts=acts), ExpectedDecision(verdict)), BOARD)
    assert found.decision.verdict is verdict
