"""Provenance of the build that is asked for: builder, build type, repository and commit."""

import json
from typing import Any

import pytest

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.facts import BuildFact, BuildSource
from ldmrelease.domain.predicates.provenance import repository_of
from ldmrelease.domain.statements import PAYLOAD_TYPE
from tests.unit.policy.policy_facts import facts, judge, statement, weekly
from tests.unit.trust.trust_samples import CI, IMAGE, LAB, fact, payload

OURS, OTHER = "a" * 40, "b" * 40
BUILD = BuildFact("https://x/builders/ci", "https://x/build/v1", (BuildSource("https://x/puppet", OURS),))


def judged(build: BuildFact | None, **asked: Any):
    release = weekly(configurations=(BuildSource("https://x/puppet", OURS),))
    given = facts(release=release, statements=(statement("p", build=build),))
    return judge("attested", given, type="provenance", about="image", by=["ci"], **asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"builder": ["*/builders/ci"]},
        {"build_type": ["nothing", "https://x/build/*"]},
        {"repository": ["https://x/*"]},
        {"commit": "named"},
        {"commit": "pinned"},
        {"builder": ["*"], "build_type": ["*"], "repository": ["*"], "commit": "pinned"},
    ],
)
def test_the_build_that_is_asked_for_satisfies(asked):
    assert judged(BUILD, **asked).outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    ("build", "asked", "code"),
    [
        (BuildFact("https://evil/ci", "https://x/build/v1"), {"builder": ["*/builders/ci"]}, "other-builder"),
        (BuildFact(None, None), {"builder": ["*"]}, "other-builder"),
        (None, {"builder": ["*"]}, "other-builder"),
        (BUILD, {"build_type": ["https://y/*"]}, "other-build-type"),
        (BUILD, {"repository": ["https://y/*"]}, "other-source"),
        (BuildFact("b", "t"), {"repository": ["*"]}, "other-source"),
        (BuildFact("b", "t"), {"commit": "named"}, "no-commit"),
        (
            BuildFact("b", "t", (BuildSource("https://x/puppet", OTHER),)),
            {"commit": "pinned"},
            "other-commit",
        ),
    ],
)
def test_another_build_does_not_count(build, asked, code):
    found = judged(build, **asked)
    assert found.outcome is Outcome.MISSING
    assert code in json.dumps(found.values["seen"])


def test_the_build_of_another_repository_contradicts_nothing():
    other = BuildFact("b", "t", (BuildSource("https://x/lab", OTHER),))
    assert judged(other, commit="pinned").outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    "uri",
    [
        "git+https://x/lab@refs/tags/v1",
        "https://x/lab.git",
        "https://x/lab/",
        "git+https://x/lab.git@refs/heads/m",
    ],
)
def test_an_address_has_one_spelling(uri):
    assert repository_of(uri) == "https://x/lab"


def test_a_user_in_an_address_is_no_ref():
    assert repository_of("ssh://git@x/lab") == "ssh://git@x/lab"


V1 = {
    "buildDefinition": {
        "buildType": "t",
        "resolvedDependencies": [
            {"uri": "git+https://x/lab@refs/tags/v1", "digest": {"gitCommit": OURS}},
            {"uri": "docker://base", "digest": {"sha256": "c" * 64}},
        ],
    },
    "runDetails": {"builder": {"id": "b"}},
}
V02 = {
    "builder": {"id": "b"},
    "buildType": "t",
    "invocation": {"configSource": {"uri": "git+https://x/lab@refs/tags/v1", "digest": {"sha1": OURS}}},
    "materials": [{"uri": "git+https://x/lab@refs/tags/v1", "digest": {"sha1": OURS}}],
}


@pytest.mark.parametrize(
    ("predicate", "uri"),
    [(V1, "https://slsa.dev/provenance/v1"), (V02, "https://slsa.dev/provenance/v0.2")],
)
def test_both_versions_of_provenance_are_read(predicate, uri):
    plain = json.loads(payload({}, "provenance")) | {"predicateType": uri, "predicate": predicate}
    found = fact(CI.sign(PAYLOAD_TYPE, json.dumps(plain).encode()), subjects={IMAGE: (LAB,)})
    assert (found.type, found.counted) == ("provenance", True)
    assert found.build == BuildFact("b", "t", (BuildSource("https://x/lab", OURS),))


@pytest.mark.parametrize(
    "predicate",
    [
        {"buildDefinition": 7, "runDetails": []},
        {"buildDefinition": {"resolvedDependencies": {"uri": "x"}}},
        {
            "buildDefinition": {
                "resolvedDependencies": [7, {"uri": 7}, {"uri": "x", "digest": {"gitCommit": 7}}]
            }
        },
        {"runDetails": {"builder": {"id": 7}}, "materials": [None]},
    ],
)
def test_odd_provenance_names_no_build(predicate):
    plain = json.loads(payload({}, "provenance")) | {"predicate": predicate}
    found = fact(CI.sign(PAYLOAD_TYPE, json.dumps(plain).encode()))
    assert found.build == BuildFact(None, None)
