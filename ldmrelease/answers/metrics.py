"""The four figures of DORA, by level."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.periods import (
    CoverageAnswer,
    DistributionAnswer,
    coverage_answer,
    distribution_answer,
    interval_answer,
)
from ldmrelease.answers.places import IntervalAnswer
from ldmrelease.answers.spellings import ReleaseName
from ldmrelease.services.reports.delivery_metrics import LevelMetrics
from ldmrelease.services.reports.stretches import Period


class LeadTimeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """From tag to deployment: `by_image` deployments are counted from when the newest image was built, `by_pin` from
    when the release was first known here, and `unknown` have neither.
    """

    seconds: DistributionAnswer | None
    by_image: int
    by_pin: int
    unknown: int


class ChangeFailureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`failed` of the `changes` that are decided; `rate` is null without any. `open` changes are not decided yet, and
    count in neither. `releases` are those that failed.
    """

    changes: int
    failed: int
    open: int
    rate: float | None
    releases: tuple[ReleaseName, ...]


class RestoreAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """From when a failure was noticed until what ran before was there again; `unrestored` failures have no such end."""

    seconds: DistributionAnswer | None
    unrestored: int


class LevelMetricsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A level in a period. `outside` counts changes at its places that no promotion made, which are no deployments;
    `untrusted` are promotions of which nothing is said, since an event of theirs does not count.
    """

    level: str
    period: IntervalAnswer
    places: int
    deployments: int
    deployments_per_week: float | None
    outside: int
    untrusted: int
    lead_time: LeadTimeAnswer
    change_failure: ChangeFailureAnswer
    time_to_restore: RestoreAnswer
    coverage: CoverageAnswer


Metrics = list[LevelMetricsAnswer]


def metrics_answers(levels: Iterable[LevelMetrics], period: Period, untrusted: int) -> Metrics:
    """Level by level; `untrusted` is the number of promotions that nothing is said of."""
    return [
        LevelMetricsAnswer(
            level=each.level,
            period=interval_answer(period),
            places=each.places,
            deployments=each.deployments,
            deployments_per_week=each.per_week,
            outside=each.outside,
            untrusted=untrusted,
            lead_time=LeadTimeAnswer(
                seconds=distribution_answer(each.lead.seconds),
                by_image=each.lead.by_image,
                by_pin=each.lead.by_pin,
                unknown=each.lead.unknown,
            ),
            change_failure=ChangeFailureAnswer(
                changes=each.failures.changes,
                failed=each.failures.failed,
                open=each.failures.open,
                rate=each.failure_rate,
                releases=each.failures.releases,
            ),
            time_to_restore=RestoreAnswer(
                seconds=distribution_answer(each.failures.restore), unrestored=each.failures.unrestored
            ),
            coverage=coverage_answer(each.coverage),
        )
        for each in levels
    ]
