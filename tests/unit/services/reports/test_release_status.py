"""Where each release stands in each environment."""

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.services.reports.promotion_records import RecordedWait
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.release_status import (
    Presence,
    ReleaseStatus,
    StatusQuestion,
    release_status,
)

from .recorded import BASE, SUMMIT, W15, W16, at, image, level, pinned, place, promotion, recorded, seen

PINS = [pinned(W15, -1000, 1), pinned(W16, -1, 2)]


def told(record: DeploymentRecord, question: StatusQuestion | None = None) -> dict[str, ReleaseStatus]:
    rows = release_status(record, question or StatusQuestion())
    return {f"{each.release}@{each.environment}": each for each in rows}


def running(**more: object) -> DeploymentRecord:
    return recorded(
        [place([seen(0, image()), seen(1, image(W16, "P-1"))]), place([seen(1, image())], BASE)],
        now=2,
        pins=PINS,
        **more,  # type: ignore[arg-type]
    )


def test_what_runs_says_since_when_and_by_which_decision():
    found = told(running(promotions=[promotion("P-1")]))[f"{W16}@summit"]
    assert (found.presence, found.running, found.places) == (Presence.RUNNING, 1, 1)
    assert (found.since, found.verdict, found.promotion, found.by) == (at(1), Verdict.ALLOWED, "P-1", "Ada")
    assert found.next == ()


def test_what_came_there_by_another_way_leads_to_drift():
    assert told(running())[f"{W15}@base"].next == ("ldmrelease", "drift", "base")


def test_what_is_gone_is_shown_when_it_is_asked_for():
    assert f"{W15}@summit" not in told(running())
    found = told(running(), StatusQuestion(everything=True))[f"{W15}@summit"]
    assert (found.presence, found.since) == (Presence.GONE, at(1))
    assert told(running(), StatusQuestion([W15])).keys() == {f"{W15}@summit", f"{W15}@base"}


def test_what_was_pinned_lately_is_shown_where_it_may_enter():
    found = told(running())[f"{W16}@base"]
    assert found.presence is Presence.NEVER
    assert found.next[:3] == ("ldmrelease", "check", "w.2023.16")
    closed = replace(level("base"), accepts=("release",))
    assert told(recorded([place([], BASE)], now=2, pins=PINS, levels=[closed])) == {}


def test_an_old_observation_is_not_taken_for_what_runs():
    record = recorded([place([seen(0, image())])], now=100, pins=PINS)
    found = told(record)[f"{W15}@summit"]
    assert (found.presence, found.running) == (Presence.UNOBSERVED, 0)
    assert found.next == ("ldmrelease", "observe", "--environment", "summit")


def test_what_waits_says_for_whom_and_until_when():
    asked = promotion("P-2", state=PromotionState.WAITING, verdict=Verdict.WAITING)
    asked.waits = [RecordedWait(SUMMIT, at(1), None, at(9), ("ccb",), None)]
    found = told(recorded([place([seen(0, image())])], now=2, pins=PINS, promotions=[asked]))
    row = found[f"{W16}@summit"]
    assert (row.verdict, row.state) == (Verdict.WAITING, PromotionState.WAITING)
    assert (row.until, row.who) == (at(9), ("ccb",))
    assert row.next == ("ldmrelease", "resume", "P-2")


@pytest.mark.parametrize("state", [PromotionState.REFUSED, PromotionState.HALTED])
def test_what_came_to_nothing_leads_to_its_report(state: PromotionState):
    asked = promotion("P-3", state=state, verdict=Verdict.REFUSED)
    record = recorded([place([seen(0, image())])], now=2, pins=PINS, promotions=[asked])
    assert told(record)[f"{W16}@summit"].next == ("ldmrelease", "promotions", "show", "P-3")


def test_an_environment_with_several_places_runs_it_in_part():
    menu = Place("summit", "uws")
    record = recorded([place([seen(0, image(W16))]), place([seen(0, image())], menu)], now=1, pins=PINS)
    found = told(record)[f"{W16}@summit"]
    assert (found.presence, found.running, found.places) == (Presence.PARTLY, 1, 2)


def test_moving_a_name_is_no_promotion_of_the_release():
    alias = promotion("P-4", intent=Intent.ALIAS)
    record = recorded([place([seen(0, image())])], now=2, pins=PINS, promotions=[alias])
    assert told(record)[f"{W16}@summit"].promotion is None


def test_the_newest_release_comes_first():
    rows = release_status(running(), StatusQuestion(everything=True))
    assert list(dict.fromkeys(each.release for each in rows)) == [W16, W15]
