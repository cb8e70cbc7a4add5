"""Laws of approvals: a quorum counts persons, more evidence voids none, and no order leaves a trace."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.facts import ApprovalFact
from ldmrelease.policy.basis import basis_of
from ldmrelease.policy.quorum import Group, lacking
from tests.unit.policy.policy_facts import HOUR, ago, approval, decide, facts, level, requirement, result, run

ROLES = ("manager", "scientist", "operator")
PERSONS = ("ana", "bea", "cid", "dan", "eve")
roles = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def approvals(draw: st.DrawFn) -> tuple[ApprovalFact, ...]:
    number = draw(st.integers(0, 6))
    return tuple(
        approval(
            f"A-{each}",
            draw(st.sampled_from(PERSONS)),
            roles=draw(roles),
            counted=draw(st.booleans()),
            code="unsigned",
            received=ago(draw(st.integers(1, 5)) * HOUR),
        )
        for each in range(number)
    )


parameters = st.fixed_dictionaries(
    {"by": roles.map(list), "quorum": st.integers(1, 3)},
    optional={"each": st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), min_size=1)},
)


def outcome(asked: dict[str, Any], given_approvals: tuple[ApprovalFact, ...]) -> Outcome:
    return (
        decide(level(requirement("approval", **asked)), facts(approvals=given_approvals)).findings[-1].outcome
    )


@given(parameters, approvals())
def test_a_quorum_counts_persons(asked: dict[str, Any], found: tuple[ApprovalFact, ...]) -> None:
    """It never takes fewer persons than it has seats, and another key of one of them adds nothing."""
    seats = asked["quorum"] + sum(asked.get("each", {}).values())
    persons = {person for each in found if each.counted for person in each.persons if person != "ana"}
    first = outcome(asked, found)
    if first is Outcome.SATISFIED:
        assert len(persons) >= seats
    again = tuple(replace(each, approval=f"{each.approval} again") for each in found)
    assert outcome(asked, found + again) is first


@given(parameters, approvals(), approvals())
def test_more_approvals_take_nothing_away(
    asked: dict[str, Any], some: tuple[ApprovalFact, ...], more: tuple[ApprovalFact, ...]
) -> None:
    others = tuple(replace(each, approval=f"{each.approval} too") for each in more)
    if outcome(asked, some) is Outcome.SATISFIED:
        assert outcome(asked, some + others) is Outcome.SATISFIED


@given(parameters, st.permutations(range(5)), st.data())
def test_the_order_of_approvals_leaves_no_trace(
    asked: dict[str, Any], order: list[int], data: st.DataObject
) -> None:
    found = [
        approval(f"A-{each}", data.draw(st.sampled_from(PERSONS)), roles=data.draw(roles))
        for each in range(5)
    ]
    asks = level(requirement("approval", **asked))
    assert decide(asks, facts(approvals=tuple(found))) == decide(
        asks, facts(approvals=tuple(found[each] for each in order))
    )


@given(st.lists(st.sampled_from(["PASSED", "WARNED"]), max_size=4), st.booleans())
def test_new_passing_evidence_never_voids_an_approval(results: list[str], failed_before: bool) -> None:
    smoke = requirement("check", name="smoke", check="smoke", accept_warned=True)
    asks = level(smoke, requirement("approval", name="board", by=["manager"]))
    first = "FAILED" if failed_before else "PASSED"
    statements = [result("r0", result=first, received=ago(9 * HOUR))]
    runs = [run("r0", registered=ago(10 * HOUR), deadline=ago(8 * HOUR))]
    before = facts(statements=tuple(statements), runs=tuple(runs))
    mia = approval("mia", basis=basis_of(decide(asks, before).findings))
    for number, each in enumerate(results, 1):
        statements.append(result(f"r{number}", result=each, received=ago(7 * HOUR - number * 60)))
        runs.append(run(f"r{number}", registered=ago(8 * HOUR - number * 60), deadline=ago(HOUR)))
    after = facts(statements=tuple(statements), runs=tuple(runs), approvals=(mia,))
    found = {each.requirement: each.outcome for each in decide(asks, after).findings}
    assert found["board"] is Outcome.SATISFIED


@given(
    st.lists(st.tuples(roles, st.integers(1, 3)), max_size=3),
    st.dictionaries(st.sampled_from(PERSONS), roles),
)
def test_as_many_seats_are_taken_as_can_be(
    asked: list[tuple[tuple[str, ...], int]], persons: dict[str, tuple[str, ...]]
) -> None:
    """Compared with trying every way to seat them."""
    groups = [Group(each, number) for each, number in asked]
    seats = [each.roles for each in groups for _ in range(each.number)]

    def most(left: list[str], free: tuple[int, ...]) -> int:
        if not left:
            return 0
        head, *rest = left
        ways = [most(rest, free)]
        ways += [
            1 + most(rest, tuple(each for each in free if each != seat))
            for seat in free
            if set(seats[seat]) & set(persons[head])
        ]
        return max(ways)

    taken = len(seats) - sum(each.number for each in lacking(groups, persons))
    assert taken == most(sorted(persons), tuple(range(len(seats))))
