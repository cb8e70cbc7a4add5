"""The incidents that the public history has: a merge of an old branch, and a pin with dots in it."""

from __future__ import annotations

import pytest

from ldmrelease.domain.decision import Verdict
from ldmrelease.services.backtest.figures import by_fate, incidents
from ldmrelease.services.backtest.outcomes import Fate
from tests.unit.services.backtest.histories import Story, of, requirements, upgraded, verdicts

EVERY = 125
AT_MERGE, AT_REVERT = 24 * 30, 24 * 30 + 8.7


def merged(story: Story) -> None:
    """A merge brings back what every setting had said, new ones go, and 8 h 42 min later all is restored."""
    now = {(each.environment, each.application, each.key): each.tag for each in story.changes}
    first = {(each.environment, each.application, each.key): each.tag for each in reversed(story.changes)}
    story.commit("stale", AT_MERGE, first)
    story.commit("revert", AT_REVERT, now)
    story.later()


def test_all_that_a_stale_merge_takes_back_is_refused_and_its_revert_is_not() -> None:
    story = upgraded()
    merged(story)
    found = story.replayed()
    stale, revert = of(found, "stale"), of(found, "revert")
    assert len(stale) == len(revert) == EVERY
    assert verdicts(stale) == {Verdict.REFUSED}
    assert {became.fate for _, became in stale} == {Fate.MISTAKE}
    assert {became.by for _, became in stale} == {"revert"}
    assert requirements(stale) == {"no-stale-merge", "no-return"}
    assert verdicts(revert) == {Verdict.ALLOWED}
    figures = by_fate(found.judged)
    assert figures[Fate.MISTAKE].held == EVERY
    assert figures[Fate.GOOD].held == 0


def test_it_is_one_incident() -> None:
    story = upgraded()
    merged(story)
    (incident,) = incidents(story.replayed().judged)
    assert (incident.commit, incident.refused, incident.goes_back, incident.mistakes) == (
        "stale",
        *3 * (EVERY,),
    )
    assert incident.returned_by == "revert"
    assert {"usdfprod", "summit"} < set(incident.environments)


def test_it_is_refused_where_one_commit_had_brought_all_of_it() -> None:
    story = Story()
    places = [
        ("idfdev", "tap", "image.tag"),
        ("idfprod", "portal", "image.tag"),
        ("base", "love", "image.tag"),
    ]
    story.commit("begin", 0, dict.fromkeys(places, "1.0.0"))
    story.commit("all", 24, dict.fromkeys(places, "2.0.0"))
    story.commit("stale", 48, dict.fromkeys(places, "1.0.0"))
    story.commit("revert", 56, dict.fromkeys(places, "2.0.0"))
    story.later()
    found = story.replayed()
    assert verdicts(of(found, "stale")) == {Verdict.REFUSED}
    assert verdicts(of(found, "revert")) == {Verdict.ALLOWED}


def test_what_came_since_goes_with_it_and_what_the_branch_brings_itself_enters() -> None:
    story = upgraded()
    story.one("added", 24 * 20, "idfdev/newer", "0.1.0")
    story.commit("removed", 24 * 21, {("idfdev", "tap", "a.image.tag"): None})
    story.commit(
        "stale",
        AT_MERGE,
        {
            ("base", "love", "a.image.tag"): "1.0.0",
            ("base", "consdb", "a.image.tag"): "1.0.0",
            ("idfdev", "newer", "image.tag"): None,
            ("idfdev", "tap", "a.image.tag"): "1.1.0",
            ("base", "portal", "a.image.tag"): "1.2.0",
        },
    )
    said = {
        (each.change.application, each.change.environment): each.verdict
        for each, _ in of(story.replayed(), "stale")
    }
    assert said.pop(("portal", "base")) is Verdict.ALLOWED
    assert set(said.values()) == {Verdict.REFUSED}
    assert len(said) == 4


def test_builds_of_cycles_that_it_takes_back_are_put_together() -> None:
    story, cycle = Story(), ("summit", "environments", "controlSystem.imageTag")
    dome, mount = ("summit", "auxtel", "atdome.image.revision"), ("summit", "uws", "ocps.image.revision")
    story.commit("begin", 0, {cycle: "c0044", dome: "3", mount: "5", ("base", "love", "image.tag"): "1.0.0"})
    story.commit("new", 24, {cycle: "c0045", dome: "1", mount: "0"})
    story.one("love", 25, "base/love", "1.1.0")
    story.commit("stale", 48, {cycle: "c0044", dome: "3", mount: "5", ("base", "love", "image.tag"): "1.0.0"})
    found = of(story.replayed(), "stale")
    assert verdicts(found) == {Verdict.REFUSED}
    assert {change.change.tag for change, _ in found} == {"c0044", "c0044.003", "c0044.005", "1.0.0"}


def test_a_rollback_of_one_application_is_no_stale_merge() -> None:
    story = upgraded()
    back = {(env, "tap", "a.image.tag"): "1.0.0" for env in ("idfdev", "idfint")}
    story.commit("back", AT_MERGE, back)
    assert verdicts(of(story.replayed(), "back")) == {Verdict.ALLOWED}


def test_a_cycle_that_is_taken_back_at_one_site_is_one_application() -> None:
    story, cycle = Story(), ("tucson-teststand", "environments", "controlSystem.imageTag")
    dome, mount = (
        ("tucson-teststand", "auxtel", "a.image.revision"),
        ("tucson-teststand", "uws", "b.image.revision"),
    )
    story.commit("begin", 0, {cycle: "c0044", dome: "3", mount: "5"})
    story.commit("new", 24, {cycle: "c0045", dome: "1", mount: "0"})
    story.commit("back", 48, {cycle: "c0044", dome: "3", mount: "5"})
    found = of(story.replayed(), "back")
    assert verdicts(found) == {Verdict.ALLOWED}
    assert all(change.goes_back for change, _ in found)


@pytest.mark.parametrize(
    "key", ["controller.config.images.pin[0]", "controller.config.images.recommendedTag"]
)
@pytest.mark.parametrize("tag", ["r29.1.1", "29.1.1", "v29_1_1"])
def test_a_pin_with_dots_is_refused_in_every_menu(key: str, tag: str) -> None:
    story = Story()
    for number, environment in enumerate(("idfdev", "idfint", "idfprod")):
        story.one(f"good{number}", number, f"{environment}/nublado", "r29_0_0", key)
        story.one(f"dots{number}", 24 + number, f"{environment}/nublado", tag, key)
        story.one(f"right{number}", 24 * 45 + number, f"{environment}/nublado", "r29_1_1", key)
    story.later()
    found = story.replayed()
    for number in range(3):
        (dots,) = of(found, f"dots{number}")
        assert dots[0].verdict is Verdict.REFUSED
        assert [each.code for each in dots[0].findings] == ["unreadable-tag"]
        assert verdicts(of(found, f"right{number}")) == {Verdict.ALLOWED}


def test_it_is_refused_where_nothing_was_said_before() -> None:
    story = Story()
    story.one("dots", 0, "idfprod/mobu", "r29.1.1", "config.autostart[0].options.image.tag")
    assert verdicts(of(story.replayed(), "dots")) == {Verdict.REFUSED}
