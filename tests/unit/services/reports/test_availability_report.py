"""From tag to there, level by level."""

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.services.reports.availability_report import (
    AvailabilityOutcome,
    LevelAvailability,
    availability_report,
)
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Period

from .recorded import SUMMIT, W15, W16, admitted, at, image, level, pinned, place, promotion, recorded, seen

PERIOD = Period(at(-100), at(100))


def report(record: DeploymentRecord) -> LevelAvailability:
    (found,) = availability_report(record, PERIOD)
    assert sum(found.counts.values()) == len(found.rows)
    return found


def there(hours: float, asked: int | None = 8 * 3600, **more: object) -> DeploymentRecord:
    return recorded(
        [place([seen(0, image()), seen(hours, image(W16, "P-1"))])],
        now=50,
        pins=[pinned(W16, 1)],
        promotions=[promotion("P-1", **more)],  # type: ignore[arg-type]
        admissions={SUMMIT: [admitted("P-1", hours)]},
        levels=[level("summit", asked)],
    )


def of(found: LevelAvailability, release: str = W16) -> tuple[object, ...]:
    (row,) = (each for each in found.rows if each.release == release)
    tagged = row.tagged.by if row.tagged is not None else None
    return row.outcome, row.seconds, tagged, row.by


def test_it_is_counted_from_when_the_image_was_built_and_else_from_the_pin():
    assert of(report(there(6))) == (AvailabilityOutcome.MET, 5 * 3600, "pin", "receipt")
    assert of(report(there(6, tagged=at(-3)))) == (AvailabilityOutcome.MISSED, 9 * 3600, "image", "receipt")


def test_without_a_limit_it_is_measured_and_nothing_is_met():
    assert of(report(there(6, None)))[0] is AvailabilityOutcome.UNLIMITED


def test_what_ran_before_it_was_pinned_is_unknown():
    record = there(6)
    early = recorded(
        list(record.places.values()),
        now=50,
        pins=[pinned(W16, 30)],
        promotions=list(record.promotions.values()),
        admissions=record.admitted,
    )
    assert of(report(early)) == (AvailabilityOutcome.UNKNOWN, None, "pin", "receipt")


def test_what_came_by_another_way_counts_from_when_it_was_seen_if_nothing_was_missed():
    def found(*hours: float) -> tuple[object, ...]:
        record = recorded(
            [place([seen(hours[0], image()), seen(hours[1], image(W16))])], now=60, pins=[pinned(W16, 0)]
        )
        return of(report(record))

    assert found(0, 6) == (AvailabilityOutcome.MET, 6 * 3600, "pin", "observation")
    assert found(0, 30) == (AvailabilityOutcome.UNKNOWN, None, "pin", None)


def test_what_was_there_when_anybody_looked_first_is_unknown():
    record = recorded([place([seen(0, image())])], now=2, pins=[pinned(W15, -9)])
    assert of(report(record), W15)[0] is AvailabilityOutcome.UNKNOWN


def test_what_is_under_way_is_not_yet_there_and_may_be_overdue():
    asked = promotion("P-2", state=PromotionState.WAITING)

    def found(now: float) -> LevelAvailability:
        return report(
            recorded([place([seen(0, image(None))])], now=now, pins=[pinned(W16, 1)], promotions=[asked])
        )

    assert found(5).counts[AvailabilityOutcome.NOT_YET] == 1
    assert not found(5).rows[0].overdue
    assert found(10).rows[0].overdue


def test_going_back_brings_nothing_new():
    rows = report(there(6, intent=Intent.ROLLBACK)).rows
    assert W16 not in {each.release for each in rows}


def test_a_second_time_is_not_counted_again():
    record = recorded(
        [place([seen(0, image(W16, "P-1"))])],
        now=9,
        pins=[pinned(W16, 0)],
        promotions=[promotion("P-1"), promotion("P-2")],
        admissions={SUMMIT: [admitted("P-1", 1), admitted("P-2", 8)]},
    )
    assert [each.promotion for each in report(record).rows] == ["P-1"]


def test_the_figures_are_of_what_is_known_and_what_stands_out_is_named():
    names = [f"stack/w.2023.{number}" for number in range(1, 8)]
    hours = [1, 1, 2, 2, 2, 3, 90]
    record = recorded(
        [place([])],
        now=95,
        pins=[pinned(each, 0) for each in names],
        promotions=[promotion(f"P-{each}", each) for each in names],
        admissions={
            SUMMIT: [admitted(f"P-{each}", at_, each) for each, at_ in zip(names, hours, strict=True)]
        },
    )
    found = report(record)
    assert found.seconds is not None
    assert (found.seconds.count, found.seconds.median, found.seconds.greatest) == (7, 7200, 90 * 3600)
    assert [each.release for each in found.outliers] == [names[-1]]
