"""The log of a night."""

from msgspec.structs import replace

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.services.reports.nights import night_log
from ldmrelease.services.reports.promotion_records import RecordedWait
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Period, PlaceSighting

from .recorded import BASE, SUMMIT, W16, admitted, at, image, place, promotion, recorded, seen

NIGHT = Period(at(0), at(24))
P1 = promotion("P-1", hours=5, reason="the weekly")


def sightings() -> list[PlaceSighting]:
    return [
        seen(-2, image()),
        seen(5, image()),
        seen(6, image(W16, "P-1"), cause="apply"),
        seen(15, image(W16, "P-1")),
        seen(26, image(W16, "P-1")),
    ]


def record(told: list[PlaceSighting] | None = None, now: float = 30) -> DeploymentRecord:
    return recorded(
        [place(told or sightings())],
        now=now,
        promotions=[P1],
        admissions={SUMMIT: [admitted("P-1", 7)]},
    )


def test_what_ran_is_cut_to_the_night_and_says_why_it_was_allowed():
    log = night_log(record(), "20230420", NIGHT)
    assert [(each.begin, each.end) for each in log.images] == [(at(0), at(6)), (at(6), at(24))]
    before, after = log.images
    assert before.allowance is None
    assert after.allowance is not None
    assert (after.allowance.promotion, after.allowance.by) == ("P-1", "Ada")
    assert (after.allowance.verdict, after.allowance.decision) == (Verdict.ALLOWED, "sha256:P-1")
    assert after.allowance.admitted == at(7)
    assert log.complete


def test_changes_are_those_since_the_night_before():
    (change,) = night_log(record(), "20230420", NIGHT).changes
    assert change.change.time == at(6)
    assert change.allowance is not None
    assert change.allowance.reason == "the weekly"
    assert night_log(record(), "20230421", Period(at(24), at(48))).changes == ()


def test_the_first_time_that_anybody_looked_is_no_change():
    log = night_log(record([seen(1, image()), seen(2, image())]), "20230420", NIGHT)
    assert log.changes == ()


def test_what_was_not_known_at_the_end_of_the_night_is_not_told_of_it():
    late = recorded(
        [place(sightings())],
        now=30,
        promotions=[promotion("P-1", hours=25)],
        admissions={SUMMIT: [admitted("P-1", 26)]},
    )
    allowance = night_log(late, "20230420", NIGHT).images[-1].allowance
    assert allowance is not None
    assert (allowance.verdict, allowance.admitted) == (None, None)


def test_what_happens_after_the_first_sighting_behind_the_end_changes_nothing():
    then = night_log(record(), "20230420", NIGHT)
    later = record([*sightings(), seen(28, image()), seen(99, image(W16))], now=100)
    assert night_log(later, "20230420", NIGHT) == then


def test_a_night_that_is_not_over_is_told_as_far_as_it_is():
    log = night_log(record(sightings()[:4], now=16), "20230420", NIGHT)
    assert not log.complete
    assert log.coverage.seen + log.coverage.unobserved + log.coverage.pending == 16 * 3600
    assert log.coverage.unobserved == 0


def test_waits_of_the_night_alone_are_told():
    def wait(begin: float, end: float | None) -> RecordedWait:
        return RecordedWait(SUMMIT, at(begin), at(end) if end is not None else None, None, ("ccb",), None)

    asked = promotion("P-2", state=PromotionState.WAITING)
    asked.waits = [wait(-9, 0), wait(-2, 3), wait(20, 40), wait(30, None)]
    other = promotion("P-3", places=[BASE], state=PromotionState.WAITING)
    other.waits = [replace(wait(1, None), place=BASE)]
    found = night_log(
        recorded([place(sightings())], now=50, promotions=[asked, other]), "20230420", NIGHT
    ).waits
    assert [(each.promotion, each.wait.begin, each.wait.end) for each in found] == [
        ("P-2", at(-2), at(3)),
        ("P-2", at(20), None),
    ]


def test_unobserved_times_are_told_place_by_place():
    log = night_log(
        recorded([place([seen(0, image()), seen(20, image())]), place([], BASE)], now=30), "20230420", NIGHT
    )
    found = [(str(each.place), each.period.seconds // 3600) for each in log.unobserved]
    assert found == [("summit/ocps", 20), ("base/ocps", 24)]
    assert not log.complete
