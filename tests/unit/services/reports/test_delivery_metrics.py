"""The four figures of DORA, with what is not known counted beside them."""

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.services.reports.delivery_metrics import LevelMetrics, delivery_metrics
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Period

from .recorded import BASE, SUMMIT, W15, W16, admitted, at, image, pinned, place, promotion, recorded, seen

WEEK = Period(at(0), at(7 * 24))


def metrics(record: DeploymentRecord, period: Period = WEEK) -> dict[str, LevelMetrics]:
    return {each.level: each for each in delivery_metrics(record, period)}


def test_a_promotion_to_several_places_of_a_level_is_one_deployment():
    other = BASE.__class__("summit", "uws")
    record = recorded(
        [place([]), place([], other), place([], BASE)],
        now=200,
        promotions=[promotion("P-1", places=[SUMMIT, other], tagged=at(-2))],
        admissions={SUMMIT: [admitted("P-1", 3)], other: [admitted("P-1", 8)]},
    )
    found = metrics(record)
    assert (found["summit"].deployments, found["summit"].per_week) == (1, 1.0)
    assert found["summit"].lead.seconds is not None
    assert (found["summit"].lead.seconds.median, found["summit"].lead.by_image) == (10 * 3600, 1)
    assert found["base"].deployments == 0


def test_deployments_without_a_time_of_the_tag_are_counted_apart():
    record = recorded(
        [place([])],
        now=200,
        promotions=[promotion("P-1"), promotion("P-2", W15)],
        admissions={SUMMIT: [admitted("P-1", 3), admitted("P-2", 9, W15)]},
        pins=[pinned(W16, 1)],
    )
    lead = metrics(record)["summit"].lead
    assert (lead.by_pin, lead.by_image, lead.unknown) == (1, 0, 1)


def test_what_is_outside_of_the_period_does_not_count():
    record = recorded(
        [place([])], now=900, promotions=[promotion("P-1")], admissions={SUMMIT: [admitted("P-1", 500)]}
    )
    assert metrics(record)["summit"].deployments == 0


def test_changes_that_no_promotion_made_are_no_deployments():
    record = recorded([place([seen(0, image()), seen(5, image(W16)), seen(6, image(W16))])], now=7)
    found = metrics(record)["summit"]
    assert (found.deployments, found.outside) == (0, 1)


def test_a_change_that_was_restored_has_failed_and_was_noticed_when_it_halted():
    failed = promotion("P-1", state=PromotionState.HALTED, noticed=at(2))
    failed.applied, failed.restored = {SUMMIT: at(1)}, {SUMMIT: at(3)}
    good = promotion("P-2")
    good.applied = {SUMMIT: at(5)}
    found = metrics(recorded([place([])], now=200, promotions=[failed, good]))["summit"]
    assert (found.failures.failed, found.failures.changes, found.failure_rate) == (1, 2, 0.5)
    assert found.failures.restore is not None
    assert found.failures.restore.median == 3600
    assert found.failures.releases == (W16,)


def test_a_change_that_was_rolled_back_has_failed():
    change = promotion("P-1")
    change.applied = {SUMMIT: at(1)}
    back = promotion("P-2", W15, hours=4, intent=Intent.ROLLBACK)
    back.applied = {SUMMIT: at(5)}
    record = recorded(
        [place([])],
        now=200,
        promotions=[change, back],
        admissions={SUMMIT: [admitted("P-1", 2), admitted("P-2", 6, W15)]},
    )
    found = metrics(record)["summit"].failures
    assert (found.failed, found.changes) == (1, 1)
    assert found.restore is not None
    assert found.restore.median == 2 * 3600


def test_a_failure_that_nothing_put_right_is_counted_and_takes_no_time():
    stuck = promotion("P-1", state=PromotionState.STUCK)
    stuck.applied = {SUMMIT: at(1)}
    found = metrics(recorded([place([])], now=200, promotions=[stuck]))["summit"].failures
    assert (found.failed, found.unrestored, found.restore) == (1, 1, None)


def test_what_is_not_decided_yet_is_neither_good_nor_bad():
    under_way = promotion("P-1", state=PromotionState.WAITING)
    under_way.applied = {SUMMIT: at(1)}
    found = metrics(recorded([place([])], now=200, promotions=[under_way]))["summit"]
    assert (found.failures.changes, found.failures.open, found.failure_rate) == (0, 1, None)


def test_what_was_seen_and_what_was_not_are_the_whole_period_of_all_places():
    record = recorded([place([seen(0, image()), seen(10, image())]), place([], BASE)], now=300)
    for found in metrics(record).values():
        seconds = found.coverage.seen + found.coverage.unobserved + found.coverage.pending
        assert seconds == found.places * found.seconds
