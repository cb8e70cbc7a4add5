"""The index answers what a plain scan of the facts would, once per facts, and leaves aside what nobody asks."""

from datetime import datetime
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.facts import CheckFact, Facts, RunFact, StatementFact
from ldmrelease.policy.index import PASSING, index_of
from tests.unit.policy.policy_facts import (
    AMD,
    ARM,
    CONTENT,
    FACTS,
    HOUR,
    INDEX,
    RELEASE,
    SMOKE,
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
from tests.unit.policy.test_policy_laws import ASKED, Counted, anything, moments, residences

ABOUT = (AMD, ARM, INDEX, RELEASE, CONTENT)
subjects = st.lists(st.sampled_from(ABOUT), min_size=1, max_size=3).map(tuple)
names = st.sampled_from(["a", "b", "c"])
checks = st.sampled_from(["smoke", "smoke", "other"])
environments = st.sampled_from(["base", "base", "summit", None])
evidence = st.sampled_from([sha(name) for name in "abcde"])
blobs = st.integers(0, 99).map(lambda number: sha(str(number)))

# Anything that can be written down, whether or not a ledger would ever hold it: ids used twice, one payload in
# several envelopes or with two contents, subjects named twice, results of runs of another check.
tangled_statements = st.builds(
    statement,
    st.just("s"),
    evidence=evidence,
    blob=blobs,
    type=st.sampled_from(["check", "check", "check", "provenance", "sbom"]),
    subjects=subjects,
    counted=st.booleans(),
    received=moments,
    check=checks | st.none(),
    result=st.sampled_from(["PASSED", "WARNED", "FAILED", "FAILED", "ERRORED"]),
    run=names | st.none(),
    environment=environments,
    platform=st.sampled_from([None, "linux/amd64"]),
)
tangled_runs = st.builds(
    run,
    names,
    check=checks,
    subjects=subjects,
    registered=moments,
    environment=environments,
    evidence=evidence | st.none(),
    order=st.integers(0, 2),
)
tangled = st.builds(
    lambda s, r, t: facts(statements=tuple(s), runs=tuple(r), residences=tuple(t)),
    st.lists(tangled_statements, max_size=10, unique_by=lambda each: each.blob),
    st.lists(tangled_runs, max_size=5),
    st.lists(residences, max_size=3),
)

# Many results of few runs, so that they meet: of one check about the release, from two places.
crowded = st.builds(
    lambda s, r: facts(statements=tuple(s), runs=tuple(r)),
    st.lists(
        st.builds(
            result,
            st.just("s"),
            evidence=st.sampled_from([sha("a"), sha("b")]),
            blob=blobs,
            counted=st.sampled_from([True, True, True, False]),
            received=st.sampled_from([ago(HOUR), ago(2 * HOUR), ago(3 * HOUR)]),
            result=st.sampled_from(["PASSED", "FAILED"]),
            run=st.sampled_from(["a", "b", None]),
            environment=st.sampled_from(["base", "base", "summit"]),
        ),
        min_size=6,
        max_size=12,
        unique_by=lambda each: each.blob,
    ),
    st.lists(
        st.builds(
            run,
            st.sampled_from(["a", "b"]),
            registered=st.sampled_from([ago(HOUR), ago(2 * HOUR)]),
            evidence=st.sampled_from([sha("a"), None]),
        ),
        min_size=1,
        max_size=3,
    ),
)


def in_order(statements: tuple[StatementFact, ...]) -> list[StatementFact]:
    return sorted(statements, key=lambda each: (each.received, each.evidence, each.blob))


def results_of(known: Facts) -> list[StatementFact]:
    return [each for each in in_order(known.statements) if each.type == "check"]


def first_registration(known: Facts, name: str | None) -> RunFact | None:
    found = [each for each in known.runs if each.run == name]
    return min(
        found,
        key=lambda each: (each.registered, each.order, each.deadline, each.evidence or ""),
        default=None,
    )


def own_result(known: Facts, of: RunFact) -> StatementFact | None:
    """What the ledger took in for the run, else the first that counts; one that counts before one that does not."""
    claiming = [each for each in results_of(known) if each.run == of.run]
    mine = [
        each for each in claiming if (each.counted if of.evidence is None else each.evidence == of.evidence)
    ]
    return next((each for each in mine if each.counted), mine[0] if mine else None)


def failures(known: Facts, environment: str) -> list[StatementFact]:
    """The failures that no later run of the same check made good, by looking at every result for each."""

    def key(each: StatementFact) -> tuple[Any, ...]:
        return (each.environment or "", each.check or "", each.platform or "", sorted(each.subjects))

    def time(each: StatementFact) -> tuple[datetime, int, str]:
        of = first_registration(known, each.run)
        return (of.registered, of.order, each.evidence) if of else (each.received, 0, each.evidence)

    def speaks(each: StatementFact) -> bool:
        if not each.counted or each.result == "FAILED":
            return each.counted
        of = first_registration(known, each.run)
        return (
            of is not None
            and own_result(known, of) is each
            and of.environment == each.environment
            and each.result in PASSING
        )

    speaking = sorted(filter(speaks, results_of(known)), key=key)
    latest = [max(group, key=time) for _, group in groupby(speaking, key)]
    return [each for each in latest if each.result == "FAILED" and (each.environment or "") == environment]


@given(tangled)
def test_statements_are_those_that_a_scan_finds(known: Facts) -> None:
    index = index_of(known)
    for kind in ("check", "provenance", "sbom", "nothing"):
        for subject in ABOUT:
            scanned = [
                each for each in in_order(known.statements) if each.type == kind and subject in each.subjects
            ]
            assert list(index.statements.get(kind, {}).get(subject, ())) == scanned


@given(st.one_of(tangled, crowded, crowded))
def test_runs_are_the_first_registrations_each_with_its_own_result(known: Facts) -> None:
    index = index_of(known)
    registered = {each.run: first_registration(known, each.run) for each in known.runs}
    assert index.registered == registered
    own = {each.run: own_result(known, each) for each in registered.values() if each is not None}
    assert index.own == {name: each for name, each in own.items() if each is not None}
    for check in ("smoke", "other", "nothing"):
        for subject in ABOUT:
            runs = index.runs.get(check, {}).get(subject)
            found = (
                {}
                if runs is None
                else dict(zip((each.run for each in runs.registered), runs.results, strict=True))
            )
            assert found == {
                each.run: own[each.run]
                for each in registered.values()
                if each is not None and each.check == check and subject in each.subjects
            }
            assert runs is None or len(runs.registered) == len(found)


@given(st.one_of(tangled, crowded, crowded))
def test_a_result_is_unpaired_unless_it_is_just_what_its_run_was_registered_for(known: Facts) -> None:
    index = index_of(known)
    for check in ("smoke", "other", ""):
        for subject in ABOUT:
            about = [
                each for each in results_of(known) if (each.check or "") == check and subject in each.subjects
            ]
            unpaired = [
                each
                for each in about
                if (of := first_registration(known, each.run)) is None
                or own_result(known, of) is not each
                or of.check != each.check
                or not set(each.subjects) <= set(of.subjects)
            ]
            assert list(index.unpaired.get(check, {}).get(subject, ())) == unpaired


@given(st.one_of(tangled, crowded, crowded))
def test_failing_is_what_nothing_later_made_good(known: Facts) -> None:
    index = index_of(known)
    for environment in ("base", "summit", "", "nowhere"):
        found = index.failing.get(environment, ())
        assert {each.blob for each in found} == {each.blob for each in failures(known, environment)}


# What no requirement of ASKED names: another type, another check, another image. A failure at a place where the
# release ran is asked for by `after`, whatever check it is of, so these did not fail.
nobody_asks: st.SearchStrategy[tuple[StatementFact, RunFact | None]] = st.one_of(
    st.builds(
        lambda kind, about, blob: (statement("u", type=kind, subjects=about, blob=blob, evidence=blob), None),
        st.sampled_from(["sbom", "vulnerabilities", "https://example.org/else/v1"]),
        subjects,
        blobs,
    ),
    st.builds(
        lambda received, blob: (
            statement("u", subjects=(sha("another image"),), received=received, blob=blob, evidence=blob),
            None,
        ),
        moments,
        blobs,
    ),
    st.builds(
        lambda number, about, outcome, counted, received: (
            result(
                f"u{number}",
                check="nightly",
                subjects=about,
                result=outcome,
                counted=counted,
                received=received,
            ),
            run(f"u{number}", check="nightly", subjects=about),
        ),
        st.integers(0, 9),
        subjects,
        st.sampled_from(["PASSED", "WARNED", "ERRORED"]),
        st.booleans(),
        moments,
    ),
    st.builds(
        lambda number, about: (
            result(f"v{number}", check="nightly", subjects=about, result="FAILED", environment="elsewhere"),
            None,
        ),
        st.integers(0, 9),
        subjects,
    ),
)


@given(anything, st.lists(nobody_asks, max_size=12))
def test_statements_that_nobody_asks_for_never_change_a_decision(
    known: Facts, more: list[tuple[StatementFact, RunFact | None]]
) -> None:
    known = replace(known, checks=(*known.checks, CheckFact("nightly", SMOKE, ())))
    among = replace(
        known,
        statements=(*(each for each, _ in more), *known.statements),
        runs=(*(each for _, each in more if each is not None), *known.runs),
    )
    assert canonical.encode(decide(ASKED, among)) == canonical.encode(decide(ASKED, known))


def test_statements_that_nobody_asks_for_are_not_even_grouped() -> None:
    Counted.times = 0
    unasked = tuple(statement(f"s{n}", type="sbom", subjects=Counted(ABOUT)) for n in range(9))
    built = requirement("attested", type="provenance", by=["ci"])
    assert decide(level(built), facts(statements=(*unasked, statement("p")))).findings[-1].code == "attested"
    assert Counted.times == 0
    listed = requirement("attested", type="sbom")
    assert decide(level(listed), facts(statements=unasked)).findings[-1].code == "attested"
    assert Counted.times > 0


def test_facts_that_are_evaluated_again_are_not_gone_through_again() -> None:
    Counted.times = 0
    known = facts(
        statements=Counted((statement("p"), result("r"))),
        runs=Counted((run("r"),)),
        residences=Counted((stay(),)),
    )
    smoke = requirement("check", name="confirmed", check="smoke")
    asked = replace(ASKED, confirm=(smoke,))
    entering = decide(asked, known)
    assert decide(asked, known) == entering
    assert decide(asked, known, phase=Phase.CONFIRM).findings[-1].code == "passed"
    assert decide(asked, known, now=ago(-HOUR)).findings[4].code == "attested"
    assert Counted.times == 3


def test_changed_facts_have_an_index_of_their_own() -> None:
    smoke = level(requirement("check", check="smoke"))
    known = facts(statements=(result("r"),), runs=(run("r"),))
    assert decide(smoke, known).findings[-1].code == "passed"
    assert decide(smoke, replace(known, runs=())).findings[-1].code == "not-counted"
    assert decide(smoke, replace(known, statements=())).findings[-1].code == "result-gone"
    assert decide(smoke, known).findings[-1].code == "passed"


def test_what_was_derived_is_no_part_of_the_facts() -> None:
    known, untouched = replace(FACTS), replace(FACTS)
    decide(ASKED, known)
    assert known == untouched
    assert canonical.encode(known) == canonical.encode(untouched)
    assert "_derived" not in canonical.to_plain(known)
