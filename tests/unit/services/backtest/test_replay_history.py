"""What the tags of a history let policies say, change by change."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.histories.composed_selectors import put_together
from ldmrelease.services.backtest.backtesting import backtest
from ldmrelease.services.backtest.levels import EnvironmentLevels
from ldmrelease.services.backtest.outcomes import Fate
from tests.unit.services.backtest.histories import BEGIN, LEVELS, Story, of, requirements, verdicts


def one(where: str, *tags: str, key: str = "image.tag") -> list[Verdict]:
    """What is said of tags that a setting gets one after the other."""
    story = Story()
    for number, tag in enumerate(tags):
        story.one(f"c{number}", number * 24, where, tag, key)
    return [change.verdict for change, _ in story.replayed().judged]


ALLOWED, REFUSED = Verdict.ALLOWED, Verdict.REFUSED


@pytest.mark.parametrize(
    ("where", "tag", "verdict"),
    [
        ("usdfprod/tap", "1.2.3", ALLOWED),
        ("usdfprod/tap", "tickets-DM-1234", REFUSED),
        ("usdfprod/tap", "main", REFUSED),
        ("usdfprod/tap", "w_2025_30", REFUSED),
        ("summit/tap", "w_2025_30", ALLOWED),
        ("summit/tap", "tickets-DM-1234", REFUSED),
        ("idfdev/tap", "tickets-DM-1234", ALLOWED),
        ("idfdev/tap", "latest", ALLOWED),
        ("stable/tap", "main", REFUSED),
        ("somewhere/tap", "main", ALLOWED),
        ("summit/nublado", "recommended_c0044", ALLOWED),
    ],
)
def test_kinds_are_accepted_as_the_level_of_the_environment_says(
    where: str, tag: str, verdict: Verdict
) -> None:
    key = "images.recommendedTag" if tag.startswith("recommended") else "image.tag"
    assert one(where, tag, key=key) == [verdict]


@pytest.mark.parametrize("tag", ["3,1,0", "$TAG", "{{ tag }}", "-1", "1.0 ", "é", "x" * 129])
@pytest.mark.parametrize("where", ["usdfprod/tap", "idfdev/tap"])
def test_what_no_registry_takes_as_a_tag_is_refused_from_the_first(where: str, tag: str) -> None:
    assert one(where, tag) == [REFUSED]


def test_a_word_is_a_branch_where_versions_stood_before_and_else_nothing_is_known_of_it() -> None:
    assert one("usdfprod/tap", "1.0.0", "1.1.0", "1.2.0", "deep-coadds-d_2025_04_30")[-1] is REFUSED
    assert one("usdfprod/tap", "suit-2022.1", "suit-2022.2", "suit-2022.3") == 3 * [ALLOWED]


def test_a_tag_may_not_come_back_where_policies_say_so() -> None:
    story = Story()
    for number, tag in enumerate(("1.0.0", "1.1.0", "1.0.0")):
        story.one(f"c{number}", number * 24, "usdfprod/tap", tag)
        story.one(f"d{number}", number * 24 + 1, "idfdev/tap", tag)
    found = story.replayed()
    assert requirements(of(found, "c2")) == {"no-return"}
    assert verdicts(of(found, "d2")) == {ALLOWED}


def test_what_was_refused_may_be_undone() -> None:
    assert one("usdfprod/tap", "1.0.0", "1.1.0", "main", "1.1.0") == [ALLOWED, ALLOWED, REFUSED, ALLOWED]


def test_a_setting_that_is_called_otherwise_changes_nothing_and_keeps_what_it_knows() -> None:
    story, old, new = Story(), ("usdfprod", "tap", "cadc-tap.tag"), ("usdfprod", "tap", "cadc-tap.image.tag")
    story.commit("a", 0, {old: "1.0.0"})
    story.commit("b", 24, {old: "1.1.0"})
    story.commit("renamed", 48, {old: None, new: "1.1.0"})
    story.commit("back", 72, {new: "1.0.0"})
    found = story.replayed()
    assert {became.fate for _, became in of(found, "renamed")} == {Fate.MOVED}
    assert requirements(of(found, "back")) == {"no-return"}


def test_order_is_asked_only_where_it_is_assumed_that_things_ran_and_is_waited_for() -> None:
    story = Story()
    story.one("dev", 0, "idfdev/tap", "1.0.0")
    story.one("early", 1, "base/tap", "1.0.0")
    story.one("dev2", 10, "idfdev/tap", "1.1.0")
    story.one("late", 20, "base/tap", "1.1.0")
    story.one("never", 30, "base/tap", "1.2.0")
    assert {change.verdict for change, _ in story.replayed().judged} == {ALLOWED}
    found = story.replayed(assume_ran=True)
    assert verdicts(of(found, "early")) == verdicts(of(found, "never")) == {Verdict.WAITING}
    assert verdicts(of(found, "late")) == {ALLOWED}


def test_a_policy_may_ask_for_one_cycle() -> None:
    story = Story()
    story.commit("begin", 0, {("summit", "environments", "controlSystem.imageTag"): "c0044"})
    story.one("other", 1, "summit/nublado", "recommended_c0045", "images.recommendedTag")
    story.one("two", 2, "summit/uws", "c0045.001")
    asked = replace(LEVELS["commissioning"], enter=(Requirement("one-cycle", "same-cycle"),))
    found = backtest(put_together(story.changes), {**LEVELS, "commissioning": asked}, EnvironmentLevels())
    assert requirements(of(found, "two")) == {"one-cycle"}


def test_what_tags_cannot_answer_is_named() -> None:
    found = Story().replayed()
    unanswered = {"images", "attested", "check", "after", "same-content-as"}
    assert unanswered | {"approval", "documents", "vulnerabilities"} == {
        each.rule for each in found.not_asked
    }
    assert {each.environment for each in found.not_asked if each.rule == "same-content-as"} == {
        "usdfprod",
        "usdf-cm",
    }
    assert "after" not in {each.rule for each in Story().replayed(assume_ran=True).not_asked}


def test_a_level_that_policies_do_not_have_is_undecided() -> None:
    story = Story()
    story.one("a", 0, "usdfprod/tap", "1.0.0")
    found = backtest(story.changes, {"development": LEVELS["development"]}, EnvironmentLevels())
    assert verdicts(found.judged) == {Verdict.UNDECIDED}


def test_bad_entries_are_listed_and_names_with_slashes_are_no_fault() -> None:
    story = Story()
    story.one("a", 0, "idfdev/odd/name", "1.0.0")
    bad = UnreadableChange("table", 3, "broken")
    found = backtest([bad, *story.changes], LEVELS, EnvironmentLevels())
    assert found.unreadable == (bad,)
    assert len(found.judged) == 1


def test_only_what_was_since_then_is_told_and_what_was_before_is_known() -> None:
    story = Story()
    for number, tag in enumerate(("1.0.0", "1.1.0", "1.0.0")):
        story.one(f"c{number}", number * 24, "usdfprod/tap", tag)
    found = backtest(story.changes, LEVELS, EnvironmentLevels(), since=story.changes[-1].time)
    assert [change.verdict for change, _ in found.judged] == [REFUSED]
    assert found.judged[0][0].change.time > BEGIN
