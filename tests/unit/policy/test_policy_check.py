"""`check`: the latest registered run decides : no rerun until green, no hidden failure, no reuse."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Phase
from ldmrelease.domain.facts import RunFact, StatementFact
from tests.unit.policy.policy_facts import (
    BASE,
    CONTENT,
    FACTS,
    HOUR,
    NOW,
    SUMMIT,
    ago,
    decide,
    facts,
    judge,
    level,
    requirement,
    result,
    run,
    sha,
)


def look(*known: RunFact | StatementFact, **parameters: Any) -> Finding:
    runs = tuple(each for each in known if isinstance(each, RunFact))
    statements = tuple(each for each in known if isinstance(each, StatementFact))
    return judge("check", facts(runs=runs, statements=statements), **{"check": "smoke"} | parameters)


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


PASS = (run("a"), result("a"))
FAIL_LATER = (
    run("b", registered=ago(HOUR)),
    result("b", result="FAILED", failed_tests=("plot", "import"), received=ago(9)),
)


def test_a_registered_pass_satisfies() -> None:
    finding = look(*PASS, by=["runner"])
    assert both(finding) == ("satisfied", "passed")
    assert finding.evidence == (sha("a"),)
    assert finding.values == {"check": "smoke", "about": "release", "run": "a"}


def test_no_run_is_missing_and_says_how_to_run_it() -> None:
    finding = look(by=["runner"], where="base")
    assert both(finding) == ("missing", "no-run")
    assert finding.next == ("ldmrelease", "check-run", "smoke", "w.2023.16", "--target", "base")
    assert finding.who == ("runner",)
    assert look().next[-1] == "summit"


def test_a_confirmation_is_tried_again_by_another_promotion() -> None:
    """What does not pass is put back, and a run about what is not there would be refused."""

    def confirmed(**parameters: str) -> Finding:
        asked = level(confirm=(requirement("check", check="smoke", **parameters),))
        return decide(asked, facts(), phase=Phase.CONFIRM).findings[-1]

    assert confirmed().next == ("ldmrelease", "promote", "w.2023.16", "--target", str(FACTS.place))
    assert confirmed(where="base").next[:2] == ("ldmrelease", "check-run")


def test_fail_after_pass_is_failed_with_the_failed_tests() -> None:
    finding = look(*PASS, *FAIL_LATER)
    assert both(finding) == ("failed", "failed")
    assert finding.values["failed_tests"] == ["import", "plot"]
    assert finding.values["flaky"] is True


def test_pass_after_fail_is_satisfied_and_told_as_flaky() -> None:
    later = (run("c", registered=ago(30)), result("c", received=ago(5)))
    finding = look(*PASS, *FAIL_LATER, *later)
    assert both(finding) == ("satisfied", "passed")
    assert finding.values["flaky"] is True


@pytest.mark.parametrize(("first", "last"), [("PASSED", "FAILED"), ("FAILED", "PASSED")])
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_runs_in_one_second_the_one_registered_last_decides(
    first: str, last: str, names: tuple[str, str]
) -> None:
    known = [
        fact
        for order, (name, said) in enumerate(zip(names, (first, last), strict=True))
        for fact in (run(name, order=order), result(name, result=said))
    ]
    assert look(*known).values["run"] == names[1]
    assert look(*known).outcome.value == ("satisfied" if last == "PASSED" else "failed")


def test_a_failure_before_the_window_is_not_flaky() -> None:
    failed = (run("f", registered=ago(9 * HOUR)), result("f", result="FAILED", received=ago(8 * HOUR)))
    assert "flaky" not in look(*failed, *PASS, max_age=2 * HOUR).values
    assert look(*failed, *PASS, max_age=9 * HOUR).values["flaky"] is True


def test_the_run_that_was_registered_last_decides_though_its_result_came_first() -> None:
    slow = (run("slow", registered=ago(3 * HOUR)), result("slow", result="FAILED", received=ago(1)))
    assert both(look(*slow, *PASS)) == ("satisfied", "passed")


def test_a_run_without_a_result_is_pending_until_its_deadline_and_errored_after() -> None:
    running = run("b", registered=ago(HOUR), deadline=NOW + timedelta(minutes=5), evidence=None)
    finding = look(*PASS, running)
    assert both(finding) == ("pending", "running")
    assert finding.when is None, "a deadline is the latest, and no time at which it may come true"
    assert finding.values["due"] == times.spell(NOW + timedelta(minutes=5))
    assert finding.next == ()
    assert both(look(*PASS, replace(running, deadline=NOW))) == ("errored", "no-result")


def test_a_result_that_the_ledger_took_in_and_that_is_gone_is_errored() -> None:
    assert both(look(run("a"))) == ("errored", "result-gone")


def test_before_the_ledger_names_its_result_the_first_that_counts_is_the_runs() -> None:
    open_run = run("a", evidence=None)
    first = result("a", result="FAILED", received=ago(100))
    second = result("again", run="a", received=ago(50))
    unsigned = result("junk", run="a", received=ago(200), counted=False, code="unsigned")
    finding = look(open_run, first, second, unsigned)
    assert both(finding) == ("failed", "failed")
    assert finding.values["seen"] == {"run-reused": 1, "unsigned": 1}


def test_a_second_result_for_a_run_does_not_count() -> None:
    finding = look(run("a"), result("a", result="FAILED"), result("again", run="a", received=ago(1)))
    assert both(finding) == ("failed", "failed")
    assert finding.values["seen"] == {"run-reused": 1}


def test_a_run_registered_twice_keeps_its_first_deadline() -> None:
    late = run("a", evidence=None, registered=ago(60), deadline=NOW + timedelta(hours=1))
    assert both(look(run("a", evidence=None), late)) == ("errored", "no-result")


@pytest.mark.parametrize("name", [None, "nobody-registered-this"])
def test_an_unregistered_result_counts_only_where_the_requirement_says_so(name: str | None) -> None:
    outside = result("a", run=name)
    finding = look(outside)
    assert both(finding) == ("missing", "not-counted")
    assert finding.values["seen"] == {"unregistered": 1}
    assert both(look(outside, unregistered=True)) == ("satisfied", "passed")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"counted": False, "code": "unknown-key"}, "unknown-key"),
        ({"roles": ("ci",)}, "wrong-role"),
        ({"check_digest": sha("smoke/0")}, "other-definition"),
        ({"environment": "idfdev"}, "other-environment"),
    ],
)
def test_an_outside_result_must_fit_too(changes: dict[str, Any], code: str) -> None:
    finding = look(result("a", run=None, **changes), unregistered=True, by=["runner"], where="base")
    assert both(finding) == ("missing", "not-counted")
    assert finding.values["seen"] == {code: 1}


def test_an_outside_result_need_not_know_our_definition() -> None:
    assert both(look(result("a", run=None, check_digest=None), unregistered=True)) == ("satisfied", "passed")


def test_outside_results_are_as_late_as_their_intake() -> None:
    outside = result("x", run=None, result="FAILED", received=ago(1))
    assert both(look(*PASS, outside, unregistered=True)) == ("failed", "failed")
    assert both(look(*PASS, outside)) == ("satisfied", "passed")


FAILED_ELSEWHERE = result("x", run="run-of-another-ledger", result="FAILED", received=ago(60))


def look_knowing(*told: StatementFact | RunFact, **parameters: Any) -> Finding:
    """As by a ledger that has never registered that run."""
    there = facts(
        runs=tuple(each for each in told if isinstance(each, RunFact)),
        statements=tuple(each for each in told if isinstance(each, StatementFact)),
        unknown_runs=("run-of-another-ledger",),
    )
    return judge("check", there, check="smoke", **parameters)


def test_a_failed_run_that_this_ledger_never_registered_refuses() -> None:
    """The ledger was cut, or another one acts: a pass of before, or none, does not stand against it."""
    for told in ((), PASS):
        finding = look_knowing(*told, FAILED_ELSEWHERE)
        assert both(finding) == ("failed", "failed-elsewhere")
        assert finding.values["run"] == "run-of-another-ledger"
        assert finding.values["seen"] == {"unregistered": 1}


def test_it_is_made_good_by_a_run_that_was_registered_later() -> None:
    for moment in (ago(59), ago(60)):
        later = run("later", registered=moment), result("later", received=ago(10))
        finding = look_knowing(FAILED_ELSEWHERE, *later)
        assert both(finding) == ("satisfied", "passed")
        assert finding.values["flaky"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"counted": False, "code": "unknown-key"},
        {"roles": ("ci",)},
        {"check_digest": sha("smoke/0")},
        {"environment": "idfdev"},
        {"result": "PASSED"},
        {"run": None},
        {"run": "run-of-another-release"},
    ],
)
def test_what_does_not_fit_the_requirement_or_is_no_failure_refuses_nothing(changes: dict[str, Any]) -> None:
    finding = look_knowing(*PASS, replace(FAILED_ELSEWHERE, **changes), by=["runner"], where="base")
    assert both(finding) == ("satisfied", "passed")


def test_a_run_of_another_definition_does_not_count_pass_or_fail() -> None:
    old = run("o", check_digest=sha("smoke/0"), registered=ago(HOUR))
    for said in ("PASSED", "FAILED"):
        said_by = result("o", check_digest=sha("smoke/0"), result=said)
        finding = look(old, said_by)
        assert both(finding) == ("missing", "not-counted")
        assert finding.values["seen"] == {"other-definition": 1}
        assert both(look(old, said_by, *PASS)) == ("satisfied", "passed")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"check_digest": sha("smoke/0")}, "other-definition"),
        ({"environment": "summit"}, "other-environment"),
        ({"cluster_uid": "uid-of-the-summit"}, "other-cluster"),
        ({"subjects": (CONTENT,)}, "other-subject"),
        ({"check": "other"}, "other-check"),
        ({"roles": ("developer",)}, "wrong-role"),
        ({"counted": False, "code": "wrong-role"}, "wrong-role"),
    ],
)
def test_a_registered_run_whose_result_does_not_fit_it_has_no_result(
    changes: dict[str, Any], code: str
) -> None:
    finding = look(*PASS, run("b", registered=ago(HOUR)), result("b", **changes), by=["runner"])
    assert both(finding) == ("errored", "no-result")
    assert finding.values["seen"] == {code: 1}


def test_a_run_in_another_cluster_than_its_environment_is_does_not_count() -> None:
    clusters = {"base": "uid-of-base"}

    def seen_from(uid: str | None, *, registered: bool) -> Finding:
        there = facts(
            clusters=clusters,
            runs=(run("a", cluster_uid=uid),) if registered else (),
            statements=(result("a", cluster_uid=uid),),
        )
        return judge("check", there, check="smoke", where="base", unregistered=True)

    for registered in (True, False):
        assert both(seen_from("uid-of-base", registered=registered)) == ("satisfied", "passed")
        # Who runs in no cluster knows none.
        assert both(seen_from(None, registered=registered)) == ("satisfied", "passed")
        elsewhere = seen_from("uid-of-the-summit", registered=registered)
        assert both(elsewhere) == ("missing", "not-counted")
        assert elsewhere.values["seen"] == {"other-cluster": 1}


def test_a_result_that_does_not_say_in_which_cluster_is_no_result_of_a_run_in_one() -> None:
    finding = look(run("a", cluster_uid="uid-of-base"), result("a"))
    assert both(finding) == ("errored", "no-result")
    assert finding.values["seen"] == {"other-cluster": 1}


def test_a_result_for_a_run_that_was_registered_for_something_else_does_not_count() -> None:
    finding = look(run("a", subjects=(CONTENT,)), result("a"))
    assert both(finding) == ("missing", "not-counted")
    assert finding.values["seen"] == {"other-run": 1}


def test_a_result_from_the_future_is_errored() -> None:
    ahead = result("a", counted=False, code="future")
    assert both(look(run("a"), ahead)) == ("errored", "future")
    assert both(look(replace(ahead, run=None))) == ("errored", "future")


def test_warned_is_failed_unless_accepted() -> None:
    warned = (run("a"), result("a", result="WARNED"))
    assert both(look(*warned)) == ("failed", "warned")
    assert both(look(*warned, accept_warned=True)) == ("satisfied", "passed-with-warnings")


@pytest.mark.parametrize(("said", "code"), [("ERRORED", "contradictory"), (None, "unknown-result")])
def test_a_result_that_contradicts_itself_is_errored(said: str | None, code: str) -> None:
    assert both(look(run("a"), result("a", result=said))) == ("errored", code)


def test_age_counts_from_the_intake() -> None:
    finding = look(*PASS, max_age=HOUR)
    assert both(finding) == ("satisfied", "passed")
    assert finding.until == NOW
    finding = look(*PASS, max_age=HOUR - 1)
    assert both(finding) == ("missing", "too-old")
    assert finding.until is None


def test_an_old_failure_still_fails() -> None:
    assert both(look(run("a"), result("a", result="FAILED"), max_age=1)) == ("failed", "failed")


@pytest.mark.parametrize(
    ("where", "satisfied"),
    [
        ("base", True),
        ("summit", False),
        ("here", False),
        ("level:commissioning", True),
        ("level:development", False),
    ],
)
def test_where_it_ran(where: str, satisfied: bool) -> None:
    finding = look(*PASS, where=where)
    assert both(finding) == (("satisfied", "passed") if satisfied else ("missing", "not-counted"))
    assert finding.values.get("seen", {}) == ({} if satisfied else {"other-environment": 1})


def test_here_is_the_environment_that_is_entered() -> None:
    known = facts(place=BASE, runs=PASS[:1], statements=PASS[1:])
    assert both(judge("check", known, check="smoke", where="here")) == ("satisfied", "passed")
    assert FACTS.place == SUMMIT


@pytest.mark.parametrize(
    ("where", "code"), [("moon", "unknown-environment"), ("level:moon", "unknown-level")]
)
def test_a_place_that_nothing_is_called_is_errored(where: str, code: str) -> None:
    finding = look(*PASS, where=where)
    assert both(finding) == ("errored", code)
    assert finding.values["name"] == "moon"


def test_a_check_that_is_not_defined_is_errored() -> None:
    assert both(look(check="smok")) == ("errored", "unknown-check")
