"""The four figures of DORA, level by level: deployment frequency, lead time for changes, change failure rate, time to
restore. Pure; `docs/reports.md` defines each, and what is not known is counted beside it.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.services.reports.availability_report import TagTime, tag_times
from ldmrelease.services.reports.distribution import Distribution, distribution
from ldmrelease.services.reports.promotion_records import PromotionRecord
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Coverage, Period, coverage

_FAILED = {PromotionState.HALTED, PromotionState.ABORTED, PromotionState.STUCK}


class LeadTimes(Struct, frozen=True):
    """From tag to deployment, in seconds: of all that are known; `by_image` and `by_pin` say by which time of the tag,
    and `unknown` counts deployments without one.
    """

    seconds: Distribution | None
    by_image: int
    by_pin: int
    unknown: int


class ChangeFailures(Struct, frozen=True):
    """Changes that were applied and are decided: `failed` of `changes`; `open` are not yet, and count in neither.
    `restore` is how long it took, in seconds, from when a failure was noticed until what ran before, or what was gone
    back to, was there; `unrestored` are failures without that.
    """

    changes: int
    failed: int
    open: int
    restore: Distribution | None
    unrestored: int
    releases: tuple[str, ...]


class LevelMetrics(Struct, frozen=True):
    """A level in a period of `seconds`. `outside` counts changes at its places that no promotion made: nobody
    knows what they were, so they are no deployments.
    """

    level: str
    places: int
    seconds: int
    deployments: int
    outside: int
    lead: LeadTimes
    failures: ChangeFailures
    coverage: Coverage

    @property
    def per_week(self) -> float | None:
        """Deployments in seven days, None for a period of no length."""
        return round(self.deployments * 604800 / self.seconds, 2) if self.seconds > 0 else None

    @property
    def failure_rate(self) -> float | None:
        """The part of the changes that failed; None without any."""
        changes = self.failures.changes
        return round(self.failures.failed / changes, 4) if changes else None


class _Failure(Struct, frozen=True):
    promotion: str
    release: str
    seconds: int | None


def delivery_metrics(record: DeploymentRecord, period: Period) -> tuple[LevelMetrics, ...]:
    """The figures of the levels that the record's places are at."""
    tagged = tag_times(record)
    levels: dict[str, list[Place]] = {}
    for place in record.places:
        levels.setdefault(record.level_of(place), []).append(place)
    return tuple(_of_level(record, name, places, period, tagged) for name, places in levels.items())


def _of_level(
    record: DeploymentRecord,
    level: str,
    places: list[Place],
    period: Period,
    tagged: dict[str, TagTime],
) -> LevelMetrics:
    deployed = _deployments(record, places, period)
    seen = Coverage()
    for place in places:
        seen = seen.plus(coverage(record.places[place], period, record.now))
    return LevelMetrics(
        level,
        len(places),
        period.seconds,
        len(deployed),
        sum(_outside(record, place, period) for place in places),
        _lead(record, deployed, tagged),
        _failures(record, places, period),
        seen,
    )


def _deployments(record: DeploymentRecord, places: list[Place], period: Period) -> dict[str, datetime]:
    """By promotion: when the last of its places here was admitted. Going back is no deployment of a change."""
    found: dict[str, datetime] = {}
    for place in places:
        for each in record.admitted[place]:
            promotion = record.promotions.get(each.promotion)
            if promotion is not None and promotion.intent is Intent.PROMOTE:
                found[each.promotion] = max(each.time, found.get(each.promotion, each.time))
    return {promotion: at for promotion, at in found.items() if period.has(at)}


def _outside(record: DeploymentRecord, place: Place, period: Period) -> int:
    return sum(
        each.last is not None
        and period.has(each.time)
        and bool(each.come)
        and all(image.promotion is None for image in each.come)
        for each in record.places[place].changes
    )


def _lead(record: DeploymentRecord, deployed: dict[str, datetime], tagged: dict[str, TagTime]) -> LeadTimes:
    known: list[int] = []
    by = {"image": 0, "pin": 0}
    for promotion, at in deployed.items():
        tag = tagged.get(record.promotions[promotion].name)
        if tag is not None and tag.time <= at:
            known.append(int((at - tag.time).total_seconds()))
            by[tag.by] += 1
    return LeadTimes(distribution(known), by["image"], by["pin"], len(deployed) - len(known))


def _failures(record: DeploymentRecord, places: list[Place], period: Period) -> ChangeFailures:
    applied = {each.id: each for each in record.promotions.values() if _is_change(each, places, period)}
    failed = {each.promotion: each for each in _failed(record, places, applied)}
    still_open = sum(not each.state.ended and each.id not in failed for each in applied.values())
    times = [each.seconds for each in failed.values() if each.seconds is not None]
    return ChangeFailures(
        changes=len(applied) - still_open,
        failed=len(failed),
        open=still_open,
        restore=distribution(times),
        unrestored=len(failed) - len(times),
        releases=tuple(dict.fromkeys(each.release for each in failed.values())),
    )


def _is_change(promotion: PromotionRecord, places: list[Place], period: Period) -> bool:
    """Whether it wrote a release to one of the places in the period."""
    return promotion.intent is Intent.PROMOTE and any(
        period.has(promotion.applied[each]) for each in places if each in promotion.applied
    )


def _failed(
    record: DeploymentRecord, places: list[Place], applied: dict[str, PromotionRecord]
) -> Iterator[_Failure]:
    for each in applied.values():
        restored = [each.restored[place] for place in places if place in each.restored]
        if restored:
            noticed = each.noticed or min(each.applied[place] for place in places if place in each.applied)
            yield _Failure(each.id, each.name, max(0, int((max(restored) - noticed).total_seconds())))
        elif each.state in _FAILED:
            yield _Failure(each.id, each.name, None)
    for place in places:
        for promotion, back in _rolled_back(record, place):
            if promotion in applied:
                yield _Failure(promotion, applied[promotion].name, _restored_after(record, place, back))


def _rolled_back(record: DeploymentRecord, place: Place) -> Iterator[tuple[str, PromotionRecord]]:
    """Each promotion that a rollback took away again: the one whose release stood there when the rollback wrote."""
    for each in record.promotions.values():
        at = each.applied.get(place) if each.intent is Intent.ROLLBACK else None
        if at is not None:
            before = [admitted for admitted in record.admitted[place] if admitted.time <= at]
            if before and before[-1].promotion != each.id:
                yield before[-1].promotion, each


def _restored_after(record: DeploymentRecord, place: Place, back: PromotionRecord) -> int | None:
    """The seconds from the request of a rollback until what it went back to was admitted."""
    at = next((each.time for each in record.admitted[place] if each.promotion == back.id), None)
    return int((at - back.requested).total_seconds()) if at is not None else None
