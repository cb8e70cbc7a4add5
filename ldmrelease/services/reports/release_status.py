"""Where each release stands in each environment: what runs, what was decided, and what is next. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.releases.listing import PinnedRelease
from ldmrelease.services.reports.promotion_records import PromotionRecord, StageRuling
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import Stretch

LATELY = timedelta(days=14)
"""What was pinned within this time is shown although nobody has asked for it."""

_CAME_TO_NOTHING = {
    PromotionState.REFUSED,
    PromotionState.UNDECIDED,
    PromotionState.HALTED,
    PromotionState.ABORTED,
    PromotionState.STUCK,
}


class Presence(StrEnum):
    """Whether a release is in an environment: at all of its places, at some, as far as it was last seen, no more."""

    RUNNING = "running"
    PARTLY = "partly"
    UNOBSERVED = "unobserved"
    GONE = "gone"
    NEVER = "never"


class ReleaseStatus(Struct, frozen=True):
    """A release in an environment. `since` is from when `presence` holds, as far as that was seen; without it when the
    promotion was asked for. `promotion` is the latest one there, `verdict` its latest decision. `running` of `places`
    have the release. `next` is a command; `who` are roles that it waits for, and `until` when it can go on by itself.
    `overlay` is what the promotion was asked for as.
    """

    release: str
    environment: str
    presence: Presence
    running: int
    places: int
    since: datetime | None
    verdict: Verdict | None
    promotion: str | None
    state: PromotionState | None
    by: str | None
    decision: str | None
    until: datetime | None
    who: tuple[str, ...]
    next: tuple[str, ...]
    overlay: OverlayRequest | None = None


class StatusQuestion(Struct, frozen=True):
    """What is asked: of these releases (`product/tag`) or, where there are none, of those that run, are under way, or
    were pinned lately; `everything` asks of all that were ever there or asked for.
    """

    releases: Collection[str] = ()
    everything: bool = False


def release_status(record: DeploymentRecord, question: StatusQuestion) -> tuple[ReleaseStatus, ...]:
    """The newest release first, and its environments in the order of the workspace."""
    latest = _latest_promotions(record)
    there = _by_release(record)
    known = {*there, *(name for name, _ in latest)}
    found = []
    for pin in sorted(record.pinned, key=lambda each: -each.sequence):
        name = f"{pin.product}/{pin.tag}"
        if question.releases and name not in question.releases:
            continue
        if not (question.releases or name in known or _is_recent(record, pin)):
            continue
        for environment, own in _environments(record, pin).items():
            told = _status(
                record, pin, environment, own, there.get(name, {}), latest.get((name, environment))
            )
            if question.releases or _is_shown(record, told, pin, own, everything=question.everything):
                found.append(told)
    return tuple(found)


def _by_release(record: DeploymentRecord) -> dict[str, dict[Place, list[Stretch]]]:
    found: dict[str, dict[Place, list[Stretch]]] = {}
    for place, seen in record.places.items():
        for each in seen.stretches:
            if each.image.release is not None:
                found.setdefault(each.image.release, {}).setdefault(place, []).append(each)
    return found


def _latest_promotions(record: DeploymentRecord) -> dict[tuple[str, str], PromotionRecord]:
    found = {}
    for each in record.promotions.values():
        if each.intent is not Intent.ALIAS:
            for place in each.places:
                found[each.name, place.environment] = each
    return found


def _environments(record: DeploymentRecord, pin: PinnedRelease) -> dict[str, list[Application]]:
    """Those that run anything of the product."""
    found: dict[str, list[Application]] = {}
    for each in record.topology.applications:
        if each.place in record.places and each.components(pin.product):
            found.setdefault(each.place.environment, []).append(each)
    return found


def _status(
    record: DeploymentRecord,
    pin: PinnedRelease,
    environment: str,
    own: list[Application],
    there: dict[Place, list[Stretch]],
    promotion: PromotionRecord | None,
) -> ReleaseStatus:
    presence, running = _presence(record, own, there)
    decision = _decision(promotion, environment)
    since = _since(record, own, there, presence)
    if since is None and promotion is not None:
        since = decision.time if decision is not None else promotion.requested
    wait = promotion.waits[-1] if promotion is not None and promotion.waits else None
    waits = wait is not None and wait.end is None
    return ReleaseStatus(
        release=f"{pin.product}/{pin.tag}",
        environment=environment,
        presence=presence,
        running=running,
        places=len(own),
        since=since,
        verdict=decision.verdict if decision is not None else None,
        promotion=promotion.id if promotion is not None else None,
        state=promotion.state if promotion is not None else None,
        by=promotion.by if promotion is not None else None,
        decision=decision.decision if decision is not None else None,
        until=wait.until if wait is not None and waits else None,
        who=wait.who if wait is not None and waits else (),
        overlay=promotion.overlay if promotion is not None else None,
        next=_next(pin, environment, presence, promotion, there),
    )


def _presence(
    record: DeploymentRecord, own: list[Application], there: dict[Place, list[Stretch]]
) -> tuple[Presence, int]:
    now = [each.place for each in own if any(stretch.last for stretch in there.get(each.place, ()))]
    fresh = [each for each in now if _is_fresh(record, each)]
    if fresh:
        return (Presence.RUNNING if len(fresh) == len(own) else Presence.PARTLY), len(fresh)
    if now:
        return Presence.UNOBSERVED, 0
    return (Presence.GONE if any(each.place in there for each in own) else Presence.NEVER), 0


def _is_fresh(record: DeploymentRecord, place: Place) -> bool:
    seen = record.places[place]
    return seen.last is not None and (record.now - seen.last).total_seconds() <= seen.every


def _since(
    record: DeploymentRecord,
    own: list[Application],
    there: dict[Place, list[Stretch]],
    presence: Presence,
) -> datetime | None:
    """When the last of its places came to have it, or was seen to have it no more."""
    if presence is Presence.NEVER:
        return None
    times = []
    for each in own:
        stretches = there.get(each.place, [])
        if presence is Presence.GONE and stretches:
            times.append(_gone(record, each.place, stretches[-1]))
        elif stretches and stretches[-1].last:
            times.append(_came(record, each.place, stretches[-1]))
    return max(times)


def _came(record: DeploymentRecord, place: Place, stretch: Stretch) -> datetime:
    name = stretch.image.identity
    changes = record.places[place].changes
    return max(
        (each.time for each in changes if any(image.identity == name for image in each.come)),
        default=stretch.begin,
    )


def _gone(record: DeploymentRecord, place: Place, stretch: Stretch) -> datetime:
    name = stretch.image.identity
    changes = record.places[place].changes
    return max(
        (each.time for each in changes if any(image.identity == name for image in each.gone)),
        default=stretch.end,
    )


def _decision(promotion: PromotionRecord | None, environment: str) -> StageRuling | None:
    told = promotion.decisions if promotion is not None else []
    return next((each for each in reversed(told) if each.place.environment == environment), None)


def _next(
    pin: PinnedRelease,
    environment: str,
    presence: Presence,
    promotion: PromotionRecord | None,
    there: dict[Place, list[Stretch]],
) -> tuple[str, ...]:
    if promotion is not None and not promotion.state.ended:
        return "ldmrelease", "resume", promotion.id
    if presence in (Presence.RUNNING, Presence.PARTLY):
        admitted = all(each[-1].image.promotion is not None for each in there.values() if each[-1].last)
        return () if admitted else ("ldmrelease", "drift", environment)
    if presence is Presence.UNOBSERVED:
        return "ldmrelease", "observe", "--environment", environment
    if promotion is not None and promotion.state in _CAME_TO_NOTHING:
        return "ldmrelease", "promotions", "show", promotion.id
    if presence is Presence.NEVER:
        return "ldmrelease", "check", pin.tag, "--product", pin.product, "--target", environment
    return ()


def _is_shown(
    record: DeploymentRecord,
    told: ReleaseStatus,
    pin: PinnedRelease,
    own: list[Application],
    *,
    everything: bool,
) -> bool:
    if told.presence in (Presence.RUNNING, Presence.PARTLY, Presence.UNOBSERVED):
        return True
    if told.state is not None and (everything or not told.state.ended):
        return True
    if everything and told.presence is Presence.GONE:
        return True
    return _is_recent(record, pin) and told.presence is not Presence.GONE and _may_enter(record, pin, own)


def _is_recent(record: DeploymentRecord, pin: PinnedRelease) -> bool:
    return record.now - instant(pin.pinned) <= LATELY


def _may_enter(record: DeploymentRecord, pin: PinnedRelease, own: list[Application]) -> bool:
    """Whether a level there takes releases of the kind."""
    return any(
        pin.kind in level.at(each.place.environment).accepts
        for each in own
        if (level := record.levels.get(each.level)) is not None
    )
