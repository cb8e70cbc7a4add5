"""Each rule names the sources of the facts that it looks at: the others make no difference to it."""

from datetime import timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.domain.facts import (
    BuildSource,
    CandidatePin,
    ChangeFact,
    CycleFact,
    CycleRole,
    Facts,
    HoldFact,
    Intent,
    Interval,
    RunningRelease,
)
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.statement_facts import (
    CaseStatus,
    CompatibilityFact,
    DocumentFact,
    MetricFact,
    ReviewerFact,
    ReviewFact,
    ScanFact,
    VerificationFact,
)
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workspace_facts import CampaignFact, ClaimFact, DocumentFile, InterfaceFact
from ldmrelease.policy.engine import asked_requirements, fact_sources, residence_places
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.services.decisions.facts.registry import SOURCES

from .policy_facts import (
    AMD,
    ARM,
    BASE,
    CONTENT,
    FACTS,
    HOUR,
    IDF,
    NOW,
    PROMPT,
    RELEASE,
    SUMMIT,
    TUCSON,
    ago,
    approval,
    decide,
    level,
    result,
    run,
    sha,
    statement,
    stay,
    weekly,
)

RICH = replace(
    FACTS,
    statements=(statement("provenance", subjects=(AMD,)), result("passed"), result("bad", result="FAILED")),
    runs=(run("passed"), run("bad")),
    residences=(
        *(stay(place, first=ago(9 * HOUR), observed=8 * HOUR) for place in (IDF, BASE, PROMPT)),
        stay(
            SUMMIT, first=ago(99 * HOUR), last=ago(98 * HOUR), observed=HOUR, current=False, ended="replaced"
        ),
    ),
    windows={"it": (Interval(ago(HOUR), NOW + timedelta(hours=1)),)},
    clusters={"base": "uid"},
    cycles=(
        CycleFact(SUMMIT, CycleRole.RELEASE, "lab", "c0045.001", "c0045"),
        CycleFact(PROMPT, CycleRole.IMAGE, "dome", "c0044.007", "c0044"),
    ),
    change=ChangeFact(True, ("batch", "nublado"), 9),
    requested=ago(2 * HOUR),
    pinned_by="pia",
    approvals=(approval("by mia", "mia"), approval("by pia", "pia")),
)
WELL = replace(
    RICH,
    statements=(
        result("failed before", result="FAILED", run="again", received=ago(HOUR + 60), cluster_uid="uid"),
        result("passed again", run="again 2", received=ago(HOUR), cluster_uid="uid"),
    ),
    runs=(
        run("again", evidence=sha("failed before"), cluster_uid="uid"),
        run("again 2", registered=ago(2 * HOUR - 60), evidence=sha("passed again"), cluster_uid="uid"),
    ),
    residences=tuple(each for each in RICH.residences if each.place != PROMPT),
    clusters={"base": "another"},
)
FINAL = replace(
    RICH,
    release=weekly(kind="release"),
    candidate_pins=(CandidatePin("rc1", "candidate", sha("rc1"), CONTENT, (2023, 16, 0, None), (1,)),),
)
CUT = replace(RICH, runs=(run("passed"),), unknown_runs=("bad",))
TOLD = replace(
    FACTS,
    release=weekly(configurations=(BuildSource("https://github.com/lsst/phalanx", "c" * 40),)),
    statements=(
        statement(
            "scan",
            type="vulnerabilities",
            subjects=(AMD, ARM),
            scan=ScanFact("trivy", None, ago(2 * HOUR), 9, ()),
        ),
        statement("metric", type="metric", subjects=(RELEASE,), metrics={"AM1": MetricFact("9.5")}),
        statement(
            "review",
            type="code-review",
            subjects=(f"gitCommit:{'c' * 40}",),
            review=ReviewFact("github", "lsst/phalanx#1", "d", "bob", (ReviewerFact("ada", True, "d"),)),
        ),
        statement(
            "notes", type="document", subjects=(RELEASE,), document=DocumentFact("release-notes", sha("v1"))
        ),
        statement(
            "ranges",
            type="compatibility",
            subjects=(RELEASE,),
            compatibility=CompatibilityFact({"apdb": ">=3"}),
        ),
        statement(
            "results",
            type="verification",
            subjects=(RELEASE,),
            verification=VerificationFact("spring", sha("spring"), {"LVV-T1": CaseStatus.PASSED}),
        ),
    ),
    running=(
        RunningRelease(
            "stack/w.2023.15",
            sha("before"),
            (statement("earlier metric", type="metric", metrics={"AM1": MetricFact("9.7")}),),
        ),
    ),
    documents=(DocumentFile("release-notes", "documents/w.2023.16/release-notes.md", sha("v1")),),
    interfaces=(InterfaceFact("apdb", "4.1", "workspace"),),
    campaigns=(CampaignFact("spring", "LDM-503-15a", sha("spring"), (ClaimFact("DM-AP-12", ("LVV-T1",)),)),),
)
SCENES = (RICH, WELL, FINAL, CUT, TOLD)
ASKED = {
    "images": [{}, {"platforms": ["linux/amd64"]}],
    "attested": [{"type": "provenance", "about": "image", "by": ["ci"]}],
    "check": [
        {"check": "smoke"},
        {"check": "smoke", "max_age": HOUR, "by": ["runner"]},
        {"check": "smoke", "where": "level:commissioning"},
        {"check": "smoke", "where": "base"},
    ],
    "after": [{"level": "development", "for_": HOUR}, {"environment": "base", "for_": 4 * HOUR}],
    "together": [{"applications": ["nublado", "prompt-processing"]}],
    "not-returned": [{}],
    "not-stale": [{}],
    "window": [
        {"start": "13:00", "end": "17:00", "zone": "America/Santiago"},
        {"start": "13:00", "end": "17:00", "zone": "America/Santiago", "notice": HOUR},
    ],
    "approval": [{"by": ["manager"]}],
    "same-content-as": [{"kind": "candidate"}],
    "same-cycle": [{}, {"first": ["prompt-processing"]}],
    "vulnerabilities": [{"limits": {"critical": 0}}],
    "metric": [
        {"metric": "AM1", "at_most": "10"},
        {"metric": "AM1", "no_worse_than": "running", "better": "lower"},
    ],
    "reviewed": [{}],
    "documents": [{"kinds": ["release-notes"]}],
    "compatible": [{}],
    "verified": [{"campaign": "spring"}, {"milestone": "LDM-503-15a"}],
}


def without(facts: Facts, names: frozenset[str]) -> Facts:
    """The facts as they are where nobody asks for these sources."""
    nothing = Facts(facts.intent, facts.requester, facts.place, facts.level, facts.policy, facts.release)
    bare = {name: getattr(nothing, name) for name in names - {"images"}}
    release = facts.release
    if "images" in names:
        release = replace(
            release, images=tuple(replace(each, present=None, tag_now=None) for each in release.images)
        )
    return replace(facts, release=release, **bare)


def test_every_rule_is_asked_here() -> None:
    assert ASKED.keys() == RULES.keys()


@pytest.mark.parametrize("rule", ASKED)
def test_a_rule_finds_the_same_without_what_it_does_not_need(rule: str) -> None:
    for facts, parameters in product(SCENES, ASKED[rule]):
        requirement = Requirement("it", rule, parameters)
        needs = fact_sources([requirement], Intent.PROMOTE)
        bare = without(facts, frozenset(SOURCES) - needs)
        assert decide(level(requirement), bare) == decide(level(requirement), facts)


@pytest.mark.parametrize(
    ("rule", "name"), [(rule, name) for rule in ASKED for name in sorted(RULES[rule].needs)]
)
def test_nothing_is_gathered_in_vain(rule: str, name: str) -> None:
    """Without one of the sources that a rule names it finds something else, for one of its parameters."""
    asked = [level(Requirement("it", rule, parameters)) for parameters in ASKED[rule]]
    assert any(
        decide(each, without(facts, frozenset({name}))) != decide(each, facts)
        for facts, each in product(SCENES, asked)
    )


@pytest.mark.parametrize("intent", Intent)
def test_what_every_decision_rests_on_needs_what_it_names(intent: Intent) -> None:
    facts = replace(RICH, intent=intent)
    bare = without(facts, frozenset(SOURCES) - fact_sources([], intent))
    assert decide(level(), bare) == decide(level(), facts)


@pytest.mark.parametrize("intent", [each for each in Intent if each is not Intent.RETIRE])
def test_holds_are_gathered_for_every_intent_that_lets_something_in(intent: Intent) -> None:
    held = replace(RICH, intent=intent, holds=(HoldFact("H-1", "recall", "ana", NOW, "segfaults"),))
    bare = without(held, frozenset(SOURCES) - fact_sources([], intent))
    assert decide(level(), bare) == decide(level(), held)
    assert decide(level(), bare).verdict is Verdict.REFUSED


LEVELS = [(place, level) for level, places in FACTS.places.items() for place in places]


@pytest.mark.parametrize("rule", ASKED)
def test_a_rule_finds_the_same_without_residences_where_it_does_not_look(rule: str) -> None:
    for facts, parameters in product(SCENES, [*ASKED[rule], *LOOKING.get(rule, [])]):
        requirement = Requirement("it", rule, parameters)
        asked = residence_places([requirement], Intent.PROMOTE, facts.place, LEVELS)
        bare = replace(facts, residences=tuple(each for each in facts.residences if each.place in asked))
        assert decide(level(requirement), bare) == decide(level(requirement), facts)


LOOKING = {
    "after": [{"level": "commissioning", "application": "ocps"}, {"environment": "nowhere"}, {}],
    "together": [{"applications": ["prompt-processing"]}, {"applications": "no list"}],
}
"""More that these rules may be asked: where they look depends on it."""


@pytest.mark.parametrize(
    ("rule", "parameters", "places"),
    [
        ("after", {"level": "development"}, {IDF, TUCSON}),
        ("after", {"level": "commissioning", "application": "prompt-processing"}, {PROMPT}),
        ("after", {"environment": "base"}, {BASE}),
        ("together", {"applications": ["prompt-processing"]}, {PROMPT}),
        ("not-returned", {}, {SUMMIT}),
        ("images", {}, set()),
        ("together", {"applications": 7}, set()),
        ("astrology", {}, set()),
    ],
)
def test_a_rule_looks_at_the_places_that_it_names(
    rule: str, parameters: dict[str, object], places: set[Place]
) -> None:
    asked = residence_places([Requirement("it", rule, parameters)], Intent.PROMOTE, SUMMIT, LEVELS)
    assert asked == places


@pytest.mark.parametrize("intent", [each for each in Intent if each is not Intent.PROMOTE])
def test_what_every_decision_rests_on_looks_at_its_own_place(intent: Intent) -> None:
    assert residence_places([], intent, SUMMIT, LEVELS) == {SUMMIT}


def test_a_rule_that_needs_residences_says_where_it_looks() -> None:
    assert all(("residences" in rule.needs) == (rule.looks_at is not None) for rule in RULES.values())


def test_what_is_needed_is_there_to_be_gathered() -> None:
    for rule in RULES.values():
        assert rule.needs <= SOURCES.keys()


def test_a_source_gathers_a_field_of_the_facts() -> None:
    assert SOURCES.keys() - set(Facts.__struct_fields__) == {"images"}


def test_what_is_asked_follows_intent_and_phase() -> None:
    asked = replace(level(Requirement("a", "images")), confirm=(Requirement("b", "check"),))
    names = {
        (intent, phase): [each.id for each in asked_requirements(asked, SUMMIT, intent, phase)]
        for intent in Intent
        for phase in (Phase.ENTER, Phase.CONFIRM)
    }
    assert names.pop((Intent.PROMOTE, Phase.ENTER)) == ["a"]
    assert all(found == (["b"] if phase is Phase.CONFIRM else []) for (_, phase), found in names.items())


def test_a_rule_that_nobody_knows_needs_nothing() -> None:
    assert fact_sources([Requirement("it", "astrology")], Intent.PROMOTE) == fact_sources([], Intent.PROMOTE)
