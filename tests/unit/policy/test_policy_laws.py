"""Laws of the engine: pure, blind to the order of facts, monotone in success, linear in requirements."""

from collections import UserDict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict, verdict_of
from ldmrelease.domain.facts import Facts, ImageResidence, RunFact, StatementFact
from ldmrelease.policy import engine
from ldmrelease.policy.index import Index, index_of
from tests.unit.policy.policy_facts import (
    AMD,
    ARM,
    BASE,
    CONTENT,
    HOUR,
    IDF,
    INDEX,
    NOW,
    RELEASE,
    SMOKE,
    SUMMIT,
    ago,
    decide,
    facts,
    level,
    requirement,
    result,
    run,
    sha,
    statement,
    stay,
)

ASKED = level(
    requirement("images", name="images", platforms=["linux/amd64"]),
    requirement("attested", name="built", type="provenance", by=["ci"], max_age=3 * HOUR),
    requirement("attested", name="two", type="provenance", minimum=2),
    requirement("check", name="smoke", check="smoke", max_age=4 * HOUR),
    requirement("check", name="at-base", check="smoke", where="base", by=["runner"], accept_warned=True),
    requirement("check", name="image", check="smoke", about="image", unregistered=True),
    requirement("after", name="base", environment="base", for_=2 * HOUR),
    requirement("after", name="development", level="development"),
    requirement("not-returned", name="no-return"),
)

moments = st.integers(-2, 6).map(lambda hours: ago(hours * HOUR))
subjects = st.lists(st.sampled_from([RELEASE, CONTENT, INDEX, AMD, ARM]), min_size=1, max_size=3, unique=True)
names = st.sampled_from(["a", "b", "c", "d"])
environments = st.sampled_from(["base", "summit", "idfdev", None])


@st.composite
def statements(draw: st.DrawFn) -> StatementFact:
    """Results and provenance; what is in the payload decides its id, and that and the signer the blob's."""
    payload: dict[str, Any] = {
        "type": draw(st.sampled_from(["check", "provenance"])),
        "subjects": tuple(draw(subjects)),
    }
    if payload["type"] == "check":
        payload |= {
            "check": "smoke",
            "check_digest": draw(st.sampled_from([SMOKE, SMOKE, sha("smoke/0"), None])),
            "result": draw(st.sampled_from(["PASSED", "PASSED", "WARNED", "FAILED", "ERRORED"])),
            "run": draw(names | st.none()),
            "environment": draw(environments),
            "platform": draw(st.sampled_from([None, "linux/amd64", "linux/arm64"])),
        }
    counted = draw(st.booleans())
    envelope: dict[str, Any] = {
        "signer": draw(st.sampled_from(["ci", "eve"])),
        "roles": draw(st.sampled_from([("ci",), ("runner",), ("ci", "runner")])),
        "counted": counted,
        "code": None if counted else draw(st.sampled_from(["unsigned", "future"])),
        "received": draw(moments),
    }
    evidence = canonical.digest_of(payload)
    return statement(
        "", **payload, **envelope, evidence=evidence, blob=canonical.digest_of([evidence, envelope])
    )


runs = st.builds(
    lambda name, environment, about, registered, minutes, digest, evidence: run(
        name,
        environment=environment,
        subjects=tuple(about),
        registered=registered,
        deadline=registered + timedelta(minutes=minutes),
        check_digest=digest,
        evidence=evidence,
    ),
    names,
    environments,
    subjects,
    moments,
    st.sampled_from([5, 300]),
    st.sampled_from([SMOKE, SMOKE, sha("smoke/0")]),
    st.sampled_from([None, None, sha("gone")]),
)
residences = st.builds(
    lambda place, first, observed, ended: stay(
        place, first=first, observed=observed, ended=ended, current=ended is None
    ),
    st.sampled_from([BASE, IDF, SUMMIT]),
    moments,
    st.integers(0, 5 * HOUR),
    st.sampled_from([None, "replaced", "retired", "restored"]),
)
anything = st.builds(
    lambda s, r, t: facts(statements=tuple(s), runs=tuple(r), residences=tuple(t)),
    st.lists(statements(), max_size=8, unique_by=lambda each: each.blob),
    st.lists(runs, max_size=4, unique_by=lambda each: each.run),
    st.lists(residences, max_size=4),
)


@given(anything, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_leaves_no_trace(known: Facts, random: Any) -> None:
    def shuffled(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(values, len(values)))

    other = replace(
        known,
        statements=shuffled(known.statements),
        runs=shuffled(known.runs),
        residences=shuffled(known.residences),
        places={name: shuffled(places) for name, places in sorted(known.places.items(), reverse=True)},
    )
    assert canonical.encode(decide(ASKED, other)) == canonical.encode(decide(ASKED, known))


@given(anything)
def test_facts_from_their_bytes_give_the_same_decision(known: Facts) -> None:
    before = canonical.encode(known)
    again = canonical.decode(before, Facts)
    assert canonical.encode(decide(ASKED, again)) == canonical.encode(decide(ASKED, known))
    assert canonical.encode(known) == before


@given(anything)
def test_one_finding_per_requirement_and_the_verdict_follows_from_them(known: Facts) -> None:
    decision = decide(ASKED, known)
    assert [each.requirement for each in decision.findings[3:]] == [each.id for each in ASKED.enter]
    assert decision.verdict is verdict_of(decision.findings)


@given(anything)
def test_statements_that_do_not_count_never_satisfy(known: Facts) -> None:
    uncounted = tuple(replace(each, counted=False, code="unsigned") for each in known.statements)
    decision = decide(ASKED, replace(known, statements=uncounted))
    by_name = {each.requirement: each.outcome.value for each in decision.findings}
    assert "satisfied" not in {by_name[name] for name in ("built", "two", "smoke", "at-base", "image")}


SUCCESS: tuple[tuple[RunFact | StatementFact, ...], ...] = (
    (statement("more provenance", received=NOW),),
    (statement("the same by another", signer="bob", received=NOW),),
    (run("z", registered=NOW), result("z", received=NOW, result="PASSED")),
    (
        run("y", registered=NOW, subjects=(AMD,)),
        result("y", received=NOW, subjects=(AMD,), platform="linux/amd64"),
    ),
)
EASIER = level(
    *(each for each in ASKED.enter if each.id in {"images", "built", "smoke", "base", "no-return"})
)
ALLOWED = facts(
    statements=(statement("p"), result("r")), runs=(run("r"),), residences=(stay(),), release=facts().release
)


def with_more(known: Facts, more: tuple[RunFact | StatementFact, ...]) -> Facts:
    return replace(
        known,
        statements=known.statements + tuple(each for each in more if isinstance(each, StatementFact)),
        runs=known.runs + tuple(each for each in more if isinstance(each, RunFact)),
    )


@given(anything, st.lists(st.sampled_from(SUCCESS), unique=True))
def test_more_success_never_refuses_what_was_allowed(
    known: Facts, more: list[tuple[RunFact | StatementFact, ...]]
) -> None:
    base = with_more(ALLOWED, (*known.statements, *known.runs))
    assume(decide(EASIER, base).verdict is Verdict.ALLOWED)
    for each in more:
        base = with_more(base, each)
    assert decide(EASIER, base).verdict is Verdict.ALLOWED


def test_but_a_later_failure_does() -> None:
    assert decide(EASIER, ALLOWED).verdict is Verdict.ALLOWED
    failed = (run("z", registered=NOW), result("z", received=NOW, result="FAILED"))
    assert decide(EASIER, with_more(ALLOWED, failed)).verdict is Verdict.REFUSED


class Counted(tuple[Any, ...]):
    """A tuple that counts how often it is gone through."""

    times = 0

    def __iter__(self) -> Iterator[Any]:
        type(self).times += 1
        return super().__iter__()


class Lookups(UserDict[Any, Any]):
    """A mapping that counts how often it is asked."""

    asked = 0

    def __getitem__(self, key: Any) -> Any:
        type(self).asked += 1
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        type(self).asked += 1
        return self.data.get(key, default)


def many(count: int) -> tuple[StatementFact, ...]:
    return tuple(result(f"r{n}", run=f"r{n}", subjects=(sha(f"subject {n}"),)) for n in range(count))


@pytest.mark.parametrize("requirements", [1, 100])
def test_the_facts_are_gone_through_once_however_many_requirements(requirements: int) -> None:
    Counted.times = 0
    known = facts(statements=Counted(many(50)), runs=Counted((run("r"),)), residences=Counted((stay(),)))
    asked = [replace(ASKED.enter[n % 9], id=str(n)) for n in range(requirements)]
    decide(level(*asked), known)
    assert Counted.times == 3


def test_look_ups_rise_in_step_with_the_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    def counting(known: Facts) -> Index:
        index = index_of(known)
        return Index(**{each.name: Lookups(getattr(index, each.name)) for each in fields(Index)})

    monkeypatch.setattr(engine, "index_of", counting)

    def asked(rounds: int, evidence: int) -> int:
        Lookups.asked = 0
        known = facts(statements=(*many(evidence), result("r")), runs=(run("r"),), residences=(stay(),))
        decide(level(*(replace(each, id=f"{n}") for n in range(rounds) for each in ASKED.enter)), known)
        return Lookups.asked

    once = asked(1, 0)
    assert 0 < once <= 5 * len(ASKED.enter)
    assert asked(20, 0) == 20 * once
    assert asked(1, 400) == once


def test_residences_of_other_images_are_not_even_indexed() -> None:
    others: tuple[ImageResidence, ...] = tuple(stay(digest=sha(str(n))) for n in range(9))
    assert index_of(facts(residences=others)).residences == {}
