"""`same-cycle`: an environment is of one cycle, its notebook menus too, and what changes it tells what would not be."""

from typing import Any

import pytest

from ldmrelease.domain.decision import Finding, Outcome, Verdict
from ldmrelease.domain.facts import CycleFact, CycleRole, Facts, Intent
from ldmrelease.domain.topology import Place
from tests.unit.policy.policy_facts import decide, facts, judge, level, requirement

HERE, MENU, BATCH = (Place("summit", name) for name in ("control", "nublado", "uws"))


def release(tag: str, cycle: str | None = "c0045", place: Place = HERE) -> CycleFact:
    return CycleFact(place, CycleRole.RELEASE, "atdome", tag, cycle)


def image(place: Place, tag: str, cycle: str | None = "c0044") -> CycleFact:
    return CycleFact(place, CycleRole.IMAGE, "lab", tag, cycle)


def alias(place: Place, tag: str, cycle: str = "c0044") -> CycleFact:
    return CycleFact(place, CycleRole.ALIAS, "lab", tag, cycle)


def restricted(number: int, place: Place = MENU) -> CycleFact:
    return CycleFact(place, CycleRole.MENU, "", str(number), f"c{number:04d}")


def known(*cycles: CycleFact, **changes: Any) -> Facts:
    return facts(**{"place": HERE, "cycles": cycles} | changes)


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


NEW = release("c0045.001")


def test_everything_of_one_cycle_may_enter() -> None:
    there = known(NEW, image(MENU, "w_2026_30_c0045.002", "c0045"), restricted(45))
    assert both(judge("same-cycle", there)) == ("satisfied", "same-cycle")


@pytest.mark.parametrize(
    "other",
    [
        image(MENU, "w_2025_09_c0044.007"),
        alias(MENU, "recommended_c0044"),
        restricted(44),
        image(BATCH, "c0044.003"),
        image(HERE, "c0044.003"),
        image(BATCH, "k0045.000", "k0045"),
    ],
)
def test_whatever_is_of_another_cycle_refuses_and_is_named(other: CycleFact) -> None:
    finding = judge("same-cycle", known(NEW, other, image(MENU, "w_2026_30_c0045.001", "c0045")))
    assert both(finding) == ("failed", "two-cycles")
    assert finding.values["others"] == [
        {
            "place": str(other.place),
            "role": str(other.role),
            "component": other.component,
            "tag": other.tag,
            "cycle": other.cycle,
        }
    ]


def test_a_release_without_a_cycle_is_let_be() -> None:
    there = known(release("w_2026_30", None), image(MENU, "w_2025_09_c0044.007"))
    assert both(judge("same-cycle", there)) == ("satisfied", "no-cycle")


def test_what_has_no_cycle_stands_beside_every_cycle() -> None:
    assert both(judge("same-cycle", known(NEW, image(BATCH, "1.2.3", None)))) == ("satisfied", "same-cycle")


def test_a_release_of_several_cycles_never_enters() -> None:
    assert both(judge("same-cycle", known(NEW, release("c0044.001", "c0044")))) == (
        "failed",
        "several-cycles",
    )


def test_what_cannot_be_read_is_not_taken_for_right() -> None:
    unread = CycleFact(MENU, CycleRole.IMAGE, "", "", None, "no-file")
    finding = judge("same-cycle", known(NEW, unread))
    assert both(finding) == ("errored", "unread")
    assert finding.values["places"] == [{"place": "summit/nublado", "code": "no-file"}]


def test_what_the_same_promotion_changes_later_follows() -> None:
    other = image(BATCH, "c0044.003")
    finding = judge("same-cycle", known(NEW, other, later=(BATCH,)))
    assert both(finding) == ("satisfied", "same-cycle")
    assert [each["place"] for each in finding.values["behind"]] == ["summit/uws"]


def test_what_it_changes_earlier_is_waited_for() -> None:
    other = image(BATCH, "c0044.003")
    assert both(judge("same-cycle", known(NEW, other, earlier=(BATCH,)))) == ("pending", "earlier-in-plan")
    more = known(NEW, other, restricted(44), earlier=(BATCH,))
    assert both(judge("same-cycle", more)) == ("failed", "two-cycles")


class TestFirst:
    """Where some applications go first, the others follow them."""

    def test_the_first_needs_none_of_the_others(self) -> None:
        finding = judge("same-cycle", known(NEW, restricted(44)), first=["control"])
        assert both(finding) == ("satisfied", "same-cycle")
        assert finding.values["behind"]

    def test_the_first_are_of_one_cycle_among_themselves(self) -> None:
        finding = judge("same-cycle", known(NEW, image(BATCH, "c0044.003")), first=["control", "uws"])
        assert both(finding) == ("failed", "two-cycles")
        own = judge("same-cycle", known(NEW, image(HERE, "c0044.003")), first=["control"])
        assert both(own) == ("failed", "two-cycles")

    @pytest.mark.parametrize(("cycle", "outcome"), [("c0045", "satisfied"), ("c0044", "failed")])
    def test_the_others_are_of_the_cycle_of_the_first(self, cycle: str, outcome: str) -> None:
        there = known(
            release("w_2026_30_c0045.001", place=MENU),
            CycleFact(HERE, CycleRole.IMAGE, "atdome", f"{cycle}.001", cycle),
            image(BATCH, "c0044.003"),
            place=MENU,
        )
        assert judge("same-cycle", there, first=["control"]).outcome.value == outcome

    def test_where_none_of_them_has_a_cycle_all_are_compared(self) -> None:
        there = known(NEW, image(BATCH, "c0044.003"))
        assert both(judge("same-cycle", there, first=["elsewhere"])) == ("failed", "two-cycles")


class TestMenu:
    """A menu's name can only move to what is live: the release comes before it."""

    new = release("w_2026_30_c0045.001", place=MENU)

    def test_a_menu_that_is_restricted_to_the_cycle_takes_its_first_image(self) -> None:
        there = known(self.new, restricted(45), alias(MENU, "recommended_c0044"), place=MENU)
        assert both(judge("same-cycle", there)) == ("satisfied", "same-cycle")

    def test_a_menu_without_a_restriction_does_not(self) -> None:
        there = known(self.new, alias(MENU, "recommended_c0044"), place=MENU)
        assert both(judge("same-cycle", there)) == ("failed", "two-cycles")

    def test_a_name_is_moved_within_the_cycle_alone(self) -> None:
        asked = level(requirement("same-cycle"), requirement("images", name="other"))
        there = known(self.new, alias(MENU, "recommended_c0044"), place=MENU, intent=Intent.ALIAS)
        decision = decide(asked, there)
        assert [each.requirement for each in decision.findings if each.rule in ("same-cycle", "images")] == [
            "it"
        ]
        lagging = known(*there.cycles, image(HERE, "c0044.001"), place=MENU, intent=Intent.ALIAS)
        finding = decide(asked, lagging).findings[-1]
        assert (finding.outcome, finding.code) == (Outcome.FAILED, "two-cycles")
        assert decide(asked, lagging).verdict is not Verdict.ALLOWED


def test_a_rollback_is_never_kept_back_by_it() -> None:
    there = known(NEW, restricted(44), intent=Intent.ROLLBACK)
    assert "same-cycle" not in {
        each.rule for each in decide(level(requirement("same-cycle")), there).findings
    }
