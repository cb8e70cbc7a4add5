"""`approval`: persons are counted, and what they approved has to hold still (trust.md sections 2 and 3)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Decision, Finding, Outcome, Verdict
from ldmrelease.domain.facts import ApprovalFact, Facts, Intent
from ldmrelease.domain.level import Level
from ldmrelease.policy.basis import basis_of
from tests.unit.policy.policy_facts import (
    CONTENT,
    HOUR,
    NOW,
    SUMMIT,
    ago,
    approval,
    decide,
    facts,
    judge,
    level,
    requirement,
    result,
    run,
    sha,
    stay,
    waiver,
    weekly,
)

SMOKE = requirement("check", name="smoke", check="smoke")
WAIVABLE = replace(SMOKE, waivable_by=("manager",))
APPROVED = requirement("approval", name="board", by=["manager"], quorum=1)
PASSED = {"statements": (result("good"),), "runs": (run("good"),)}
LATER_FAILED = {
    "statements": (result("good"), result("bad", result="FAILED", failed_tests=("plot",))),
    "runs": (run("good"), run("bad", registered=ago(HOUR // 4), deadline=NOW + timedelta(hours=1))),
}


def asked(*approvals: ApprovalFact, known: Facts | None = None, **parameters: Any) -> Finding:
    given = replace(known or facts(), approvals=approvals)
    return judge("approval", given, **{"by": ["manager"], **parameters})


def board(decision: Decision) -> Finding:
    return next(each for each in decision.findings if each.requirement == "board")


def codes(finding: Finding) -> list[str]:
    return [each["code"] for each in finding.values.get("not_counted", [])]


def given_on(asked_level: Level, known: Facts, name: str = "mia", **changes: Any) -> ApprovalFact:
    """An approval by somebody who saw what is found now."""
    decision = decide(asked_level, known)
    return approval(name, basis=basis_of(decision.findings), **changes)


def test_one_person_with_the_role_is_enough_where_nothing_else_is_said() -> None:
    finding = asked(approval("mia"))
    assert (finding.outcome, finding.code) == (Outcome.SATISFIED, "approved")
    assert finding.values["approvals"] == ["mia"]
    assert finding.values["approved"] == ["mia"]


def test_it_waits_for_the_roles_and_names_the_command() -> None:
    finding = asked(quorum=2)
    assert (finding.outcome, finding.code) == (Outcome.PENDING, "not-approved")
    assert finding.who == ("manager",)
    assert finding.next == ("ldmrelease", "approve", "w.2023.16", "--target", "summit/nublado")
    assert finding.values["lacking"] == [{"roles": ["manager"], "number": 2}]


def test_two_keys_of_one_person_count_once() -> None:
    finding = asked(approval("A-1", "mia"), approval("A-2", "mia"), quorum=2)
    assert finding.outcome is Outcome.PENDING
    assert finding.values["lacking"] == [{"roles": ["manager"], "number": 1}]


def test_requester_approves_with_a_second_key() -> None:
    finding = asked(approval("A-1", "ana"))
    assert finding.outcome is Outcome.PENDING
    assert codes(finding) == ["requester"]


def test_whoever_pinned_it_does_not_count() -> None:
    finding = asked(approval("A-1", "mia"), known=facts(pinned_by="mia"))
    assert (finding.outcome, codes(finding)) == (Outcome.PENDING, ["pinned"])


def test_one_person_in_two_roles_takes_one_seat() -> None:
    both = approval("A-1", "mia", roles=("manager", "scientist"))
    finding = asked(both, by=[], each={"manager": 1, "scientist": 1})
    assert finding.outcome is Outcome.PENDING
    assert sum(each["number"] for each in finding.values["lacking"]) == 1


def test_five_stakeholders_each_with_a_role_of_their_own() -> None:
    roles = ["platform", "community", "pipelines", "middleware", "owner"]
    each = dict.fromkeys(roles, 1)
    given = [approval(f"A-{role}", f"lead of {role}", roles=(role,)) for role in roles]
    assert asked(*given, by=[], each=each).outcome is Outcome.SATISFIED
    left = asked(*given[1:], by=[], each=each)
    assert left.who == ("platform",)


def test_a_person_of_two_roles_leaves_the_seat_that_another_needs() -> None:
    given = (approval("A-1", "ada", roles=("manager", "scientist")), approval("A-2", "zoe"))
    assert asked(*given, by=[], each={"manager": 1, "scientist": 1}).outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"roles": ("operator",)}, "wrong-role"),
        ({"counted": False, "code": "wrong-role"}, "wrong-role"),
        ({"counted": False, "code": "unsigned"}, "unsigned"),
        ({"counted": False, "code": "request-ended"}, "request-ended"),
        ({"expires": NOW}, "expired"),
        ({"received": ago(7 * 24 * HOUR)}, "expired"),
        ({"subject": CONTENT}, "other-subject"),
        ({"subject": sha("another release")}, "other-subject"),
        ({"source": "jira:RFC-1012"}, "other-source"),
    ],
    ids=str,
)
def test_what_does_not_count_is_told_with_its_code(changes: dict[str, Any], code: str) -> None:
    finding = asked(approval("A-1", "mia", **changes))
    assert (finding.outcome, codes(finding)) == (Outcome.PENDING, [code])


def test_it_ends_with_the_approval_that_the_quorum_needs() -> None:
    long, short = approval("mia"), approval("zoe", expires=NOW + timedelta(hours=2))
    assert asked(long, short, quorum=2).until == short.expires
    assert asked(long, short, quorum=1).until == long.expires


def test_it_ends_with_the_approval_in_the_role_that_is_asked_for() -> None:
    one = approval("mia", roles=("manager",), expires=NOW + timedelta(hours=1))
    other = approval("mia", approval="A-2", roles=("board",), expires=NOW + timedelta(hours=9))
    last = approval("ada", roles=("board",), expires=NOW + timedelta(hours=9))
    found = asked(one, other, last, by=[], each={"manager": 1, "board": 1})
    assert (found.outcome, found.until) == (Outcome.SATISFIED, one.expires)


def test_an_approval_seen_elsewhere_counts_where_the_policy_names_the_system() -> None:
    seen = approval("A-1", "mia", source="jira:RFC-1012", basis={})
    known = facts(**PASSED)
    decision = decide(
        level(SMOKE, replace(APPROVED, parameters={"by": ["manager"], "observed": ["jira"]})),
        replace(known, approvals=(seen,)),
    )
    assert board(decision).outcome is Outcome.SATISFIED


def test_about_the_content_it_counts_for_every_release_of_it() -> None:
    assert asked(approval("mia", subject=CONTENT), about="content").outcome is Outcome.SATISFIED
    unknown = asked(approval("mia"), known=facts(release=weekly(content=None)), about="content")
    assert (unknown.outcome, unknown.code) == (Outcome.MISSING, "no-content")


def test_of_other_kinds_intents_and_names_it_asks_nothing() -> None:
    assert asked(kinds=["release"]).code == "not-asked"
    moves = facts(intent=Intent.ALIAS, alias="recommended", residences=(stay(SUMMIT),))
    finding = asked(known=moves, aliases=["recommended*"])
    assert finding.code == "not-approved"
    assert finding.next[-2:] == ("--alias", "recommended")
    assert asked(known=replace(moves, alias="latest_weekly"), aliases=["recommended*"]).code == "not-asked"


def test_what_names_intents_is_no_part_of_what_others_are_asked() -> None:
    of_aliases = replace(APPROVED, parameters={"by": ["manager"], "intents": ["alias"]})
    decision = decide(level(SMOKE, of_aliases), facts(**PASSED))
    assert decision.verdict is Verdict.ALLOWED
    assert "board" not in {each.requirement for each in decision.findings}
    of_promotions = replace(APPROVED, parameters={"by": ["manager"], "intents": ["promote"]})
    assert board(decide(level(SMOKE, of_promotions), facts(**PASSED))).code == "not-approved"
    moves = facts(intent=Intent.ALIAS, alias="recommended", residences=(stay(SUMMIT),), **PASSED)
    assert board(decide(level(SMOKE, of_aliases), moves)).code == "not-approved"


@pytest.mark.parametrize(
    "parameters", [{"by": []}, {"quorum": 0}, {"by": [], "each": {"manager": 0}}], ids=str
)
def test_nobody_asked_is_errored(parameters: dict[str, Any]) -> None:
    assert asked(approval("mia"), **parameters).outcome is Outcome.ERRORED


def test_new_critical_finding_after_the_approval_voids_it() -> None:
    asks = level(SMOKE, APPROVED)
    before = facts(**PASSED)
    given = given_on(asks, before)
    assert board(decide(asks, replace(before, approvals=(given,)))).outcome is Outcome.SATISFIED
    after = board(decide(asks, facts(**LATER_FAILED, approvals=(given,))))
    assert after.outcome is Outcome.PENDING
    [why] = after.values["not_counted"]
    assert (why["code"], why["requirement"], why["was"], why["outcome"]) == (
        "worsened", "smoke", "satisfied", "failed",
    )  # fmt: skip


def test_newer_pass_after_the_approval_leaves_it_valid() -> None:
    asks = level(SMOKE, APPROVED)
    given = given_on(asks, facts())
    decision = decide(asks, facts(**PASSED, approvals=(given,)))
    assert decision.verdict is Verdict.ALLOWED


def test_same_id_redefined_voids_an_approval() -> None:
    asks = level(SMOKE, APPROVED)
    known = facts(**PASSED)
    given = given_on(asks, known)
    stricter = level(replace(SMOKE, parameters={"check": "smoke", "max_age": 9 * HOUR}), APPROVED)
    finding = board(decide(stricter, replace(known, approvals=(given,))))
    assert (finding.outcome, codes(finding)) == (Outcome.PENDING, ["other-definition"])


def test_a_requirement_that_came_later_voids_an_approval() -> None:
    asks = level(SMOKE, APPROVED)
    known = facts(**PASSED)
    given = given_on(asks, known)
    more = level(SMOKE, requirement("images", name="images"), APPROVED)
    assert codes(board(decide(more, replace(known, approvals=(given,))))) == ["other-definition"]


def test_a_waiver_that_was_not_there_voids_an_approval() -> None:
    asks = level(WAIVABLE, APPROVED)
    known = facts(**LATER_FAILED)
    given = given_on(asks, known)
    waived = replace(known, waivers=(waiver("W-1", WAIVABLE, "failed", "test:plot"),), approvals=(given,))
    assert codes(board(decide(asks, waived))) == ["new-waiver"]
    knowing = replace(given, waivers=("W-1",))
    assert decide(asks, replace(waived, approvals=(knowing,))).verdict is Verdict.ALLOWED


def test_whoever_signed_a_waiver_in_use_does_not_count() -> None:
    asks = level(WAIVABLE, APPROVED)
    known = facts(**LATER_FAILED, waivers=(waiver("W-1", WAIVABLE, "failed", "test:plot"),))
    given = given_on(asks, known, "wim", waivers=("W-1",))
    assert codes(board(decide(asks, replace(known, approvals=(given,))))) == ["signed-waiver"]


def test_soak_window_and_other_approvals_are_no_part_of_the_basis() -> None:
    asks = level(
        SMOKE,
        requirement("after", name="base", environment="base"),
        requirement("window", name="thursday", start="15:00", end="16:00", zone="UTC"),
        APPROVED,
    )
    decision = decide(asks, facts(**PASSED))
    assert basis_of(decision.findings).keys() == {"smoke"}


def test_a_rollback_is_not_asked_for_an_approval() -> None:
    decision = decide(level(APPROVED), facts(intent=Intent.ROLLBACK))
    assert "board" not in {each.requirement for each in decision.findings}


def test_the_order_in_the_policy_makes_no_difference_to_what_it_judges_by() -> None:
    known = facts(**PASSED)
    given = given_on(level(SMOKE, APPROVED), known)
    first = decide(level(APPROVED, SMOKE), replace(known, approvals=(given,)))
    assert [each.requirement for each in first.findings[-2:]] == ["board", "smoke"]
    assert first.verdict is Verdict.ALLOWED
