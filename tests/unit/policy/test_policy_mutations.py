"""Mutants of a policy: each asks less in one thing, and says where."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ldmrelease.domain.level import Additions, Ask, Level, Requirement, Unmanaged
from ldmrelease.policy import mutations
from ldmrelease.policy.mutations import PolicyMutant, mutants

IMAGES = Requirement("images", "images", {"platforms": ["linux/amd64", "linux/arm64"]})


def level(*enter: Requirement, **changes: object) -> Level:
    made = Level("one", 1, "sha256:" + "1" * 64, ("release",), enter)
    return replace(made, **changes)


def of(requirement: Requirement) -> dict[tuple[str, str], Requirement]:
    """The mutants of a requirement, by what became of what."""
    found = {}
    for each in mutants(level(requirement)):
        if each.requirement == requirement.id and each.level.enter:
            found[each.code, each.word] = each.level.enter[0]
    return found


def only(requirement: Requirement, name: str) -> list[object]:
    """What a parameter becomes; None where it is left out."""
    looser = (
        each.level.enter[0] for each in mutants(level(requirement)) if each.requirement and each.level.enter
    )
    found = (each.parameters.get(name) for each in looser)
    return [each for each in found if each != requirement.parameters[name]]


@pytest.mark.parametrize(
    ("rule", "parameters", "name", "looser"),
    [
        ("images", {"platforms": ["a", "b"]}, "platforms", [None, ["b"], ["a"]]),
        ("attested", {"type": "sbom", "by": ["ci"]}, "by", [None]),
        ("attested", {"type": "sbom", "max_age": 60}, "max_age", [None, 61]),
        ("attested", {"type": "sbom", "minimum": 2}, "minimum", [1]),
        ("attested", {"type": "sbom", "minimum": 1}, "minimum", []),
        ("attested", {"type": "provenance", "builder": ["ci/*"]}, "builder", [None, ["ci/*", "*"]]),
        ("attested", {"type": "provenance", "commit": "pinned"}, "commit", [None]),
        ("check", {"check": "smoke", "where": "here"}, "where", [None]),
        ("check", {"check": "smoke", "accept_warned": False}, "accept_warned", [True]),
        ("check", {"check": "smoke", "accept_warned": True}, "accept_warned", []),
        ("check", {"check": "smoke", "unregistered": False}, "unregistered", [True]),
        ("after", {"level": "dev", "for_": 60}, "for_", [0, 59]),
        ("after", {"level": "dev", "components": "all"}, "components", ["any"]),
        ("after", {"level": "dev", "admitted": True}, "admitted", [False]),
        ("after", {"level": "dev", "application": "a"}, "application", [None]),
        ("together", {"applications": ["a", "b"]}, "applications", [["b"], ["a"]]),
        ("window", {"start": "00:00", "end": "23:59", "zone": "UTC"}, "start", ["23:59"]),
        ("window", {"start": "00:00", "end": "23:59", "zone": "UTC"}, "end", ["00:00"]),
        (
            "vulnerabilities",
            {"limits": {"critical": 0, "high": 5}},
            "limits",
            [{"critical": 1, "high": 5}, {"high": 5}, {"critical": 0, "high": 6}, {"critical": 0}],
        ),
        (
            "vulnerabilities",
            {"limits": {"high": 0, "unknown": 1}},
            "limits",
            [{"high": 1, "unknown": 1}, {"high": 0, "unknown": 2}, {"high": 0}],
        ),
        ("vulnerabilities", {"limits": {"high": 0}, "database_max_age": 60}, "database_max_age", [None, 61]),
        ("vulnerabilities", {"limits": {"high": 0}, "sbom": "required"}, "sbom", [None]),
        ("vulnerabilities", {"limits": {"high": 0}, "grace": 60}, "grace", [61]),
        ("vulnerabilities", {"limits": {"high": 0}, "vex_by": ["a"]}, "vex_by", [["a", mutations.ANYBODY]]),
        ("metric", {"metric": "AM1", "at_most": "0.05"}, "at_most", ["0.06"]),
        ("metric", {"metric": "AM1", "at_least": "-3"}, "at_least", ["-4"]),
        ("metric", {"metric": "AM1", "no_worse_than": "running", "tolerance": "5%"}, "tolerance", ["6%"]),
        ("reviewed", {"quorum": 2}, "quorum", [1]),
        ("reviewed", {"owners": True}, "owners", [False]),
        ("documents", {"kinds": ["a", "b"]}, "kinds", [["b"], ["a"]]),
        ("compatible", {"interfaces": ["a", "b"]}, "interfaces", [["b"], ["a"]]),
        ("verified", {"milestone_complete": "refuse"}, "milestone_complete", ["report"]),
        ("window", {"start": "1:00", "end": "2:00", "zone": "UTC", "weekday": "monday"}, "weekday", [None]),
    ],
)
def test_a_parameter_is_loosened(
    rule: str, parameters: dict[str, object], name: str, looser: list[object]
) -> None:
    assert only(Requirement("it", rule, parameters), name) == looser


def test_a_requirement_is_dropped_waived_by_one_more_and_enforced_later() -> None:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    check = Requirement("smoke", "check", {"check": "smoke"}, waivable_by=("me",))
    found = of(check)
    assert found[mutations.ROLE_ADDED, mutations.ANYBODY].waivable_by == ("me", mutations.ANYBODY)
    assert found[mutations.NOT_ENFORCED, ""].enforce_from is not None
    later = of(replace(check, enforce_from=since))[mutations.ENFORCED_LATER, ""]
    assert later.enforce_from == datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)
    dropped = [each for each in mutants(level(check)) if each.code == mutations.DROPPED]
    assert [each.level.enter for each in dropped] == [()]


def test_what_no_file_may_waive_is_not_waived_by_a_mutant() -> None:
    provenance = Requirement("built", "attested", {"type": "provenance"})
    codes = {each.code for each in mutants(level(IMAGES, provenance))}
    assert mutations.ROLE_ADDED not in codes


def test_kinds_are_added_or_no_longer_excluded_and_a_level_asks_less() -> None:
    made = level(IMAGES, excludes=("moving",), ask=Ask.ALWAYS, availability=60)
    own = [each for each in mutants(made) if each.requirement is None]
    kinds = {each.word: each.level for each in own if each.code == mutations.KIND_ADDED}
    assert set(kinds) == {"weekly", "daily", "candidate", "experimental", "branch"}
    assert all(kind in looser.accepts for kind, looser in kinds.items())
    allowed = next(each.level for each in own if each.code == mutations.KIND_ALLOWED)
    assert (allowed.accepts, allowed.excludes) == (("release", "moving"), ())
    assert [each.word for each in own if each.code == mutations.ASKED_LESS] == ["terminal", "never"]
    assert [each.level.availability for each in own if each.word == "availability"] == [None, 61]


def test_what_nobody_declares_is_only_listed_by_a_mutant() -> None:
    made = level(IMAGES, unmanaged=Unmanaged.REFUSED)
    (found,) = (each for each in mutants(made) if each.word == "unmanaged")
    assert found.level == replace(made, unmanaged=Unmanaged.LISTED)
    assert (found.path, found.code) == (("spec", "unmanaged"), mutations.OTHERWISE)
    assert not [each for each in mutants(level(IMAGES)) if each.word == "unmanaged"]


def test_what_an_environment_asks_is_loosened_there_alone() -> None:
    own = Additions(
        enter=(IMAGES,), confirm=(Requirement("c", "check", {"check": "c"}),), excludes=("branch",)
    )
    made = level(IMAGES, environments={"summit": own})
    there = [each for each in mutants(made) if each.path[:3] == ("spec", "environments", "summit")]
    assert Counter(each.path[3] for each in there).keys() == {"enter", "confirm", "excludes"}
    assert all(each.level.enter == made.enter for each in there)
    assert all(each.level.environments["summit"] != own for each in there)


def test_each_mutant_is_another_policy_and_says_where() -> None:
    made = level(IMAGES, Requirement("soak", "after", {"level": "dev", "for_": 60, "admitted": True}))
    found = list(mutants(made))
    assert all(each.level != made for each in found)
    paths: list[tuple[PolicyMutant, object]] = [(each, each.path) for each in found if each.word == "for"]
    assert {path for _, path in paths} == {("spec", "enter", 1, "for")}
