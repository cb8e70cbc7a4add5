"""The log of a night."""

import msgspec

from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.people import with_people
from ldmrelease.answers.periods import (
    CoverageAnswer,
    UnobservedAnswer,
    coverage_answer,
    interval_answer,
    unobserved_answer,
)
from ldmrelease.answers.places import IntervalAnswer
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.answers.timelines import ImageThereAnswer, image_answer
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.times import spell
from ldmrelease.services.reports.nights import Allowance, NightChange, NightImage, NightLog, NightWait
from ldmrelease.trust.keyring import Keyring


class AllowanceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was let in, as it was known at the end of the night: the promotion and who asked for it, its latest
    decision about the place, and when it was admitted. `overlay`: it asked for less than everybody is asked.
    """

    promotion: str
    intent: Intent
    by: str
    reason: str | None
    requested: TimeText
    verdict: Verdict | None
    decision: DigestText | None
    admitted: TimeText | None
    overlay: OverlayAnswer | None = None


class NightImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What ran at a place, from when to when it was seen without a gap; `allowed` is null where no promotion that
    counts let it in.
    """

    place: PlaceName
    level: str
    image: ImageThereAnswer
    interval: IntervalAnswer
    allowed: AllowanceAnswer | None


class NightChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A change: what is `gone` was seen at `last`, what has `come` at `time`. `joined`: what ran in between is known.
    `cause` is `apply`, `restore` or `retire` where a promotion made it.
    """

    place: PlaceName
    component: str
    gone: tuple[ImageThereAnswer, ...]
    come: tuple[ImageThereAnswer, ...]
    last: TimeText
    time: TimeText
    joined: bool
    cause: str | None
    allowed: AllowanceAnswer | None


class NightWaitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that waited; `end` is null where it still did when the night was over. It waits `until` a time, for
    `who`, roles with their people, or for what `code` says.
    """

    promotion: str
    release: ReleaseName
    place: PlaceName
    by: str
    begin: TimeText
    end: TimeText | None
    until: TimeText | None
    who: tuple[str, ...]
    code: str | None


class NightAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A night, from noon to noon UTC. `complete`: every place was seen after its end, so that what ran does not change
    any more; else there may be more to know.
    """

    night: str
    interval: IntervalAnswer
    complete: bool
    ran: tuple[NightImageAnswer, ...]
    changes: tuple[NightChangeAnswer, ...]
    waits: tuple[NightWaitAnswer, ...]
    unobserved: tuple[UnobservedAnswer, ...]
    coverage: CoverageAnswer


def night_answer(keyring: Keyring, log: NightLog) -> NightAnswer:
    """The log of a night."""
    return NightAnswer(
        night=log.night,
        interval=interval_answer(log.period),
        complete=log.complete,
        ran=tuple(map(_ran, log.images)),
        changes=tuple(map(_change, log.changes)),
        waits=tuple(_wait(keyring, each) for each in log.waits),
        unobserved=tuple(map(unobserved_answer, log.unobserved)),
        coverage=coverage_answer(log.coverage),
    )


def _ran(each: NightImage) -> NightImageAnswer:
    return NightImageAnswer(
        place=str(each.place),
        level=each.level,
        image=image_answer(each.image),
        interval=IntervalAnswer(start=spell(each.begin), end=spell(each.end)),
        allowed=_allowed(each.allowance),
    )


def _change(each: NightChange) -> NightChangeAnswer:
    told = each.change
    return NightChangeAnswer(
        place=str(told.place),
        component=f"{told.product}/{told.component}",
        gone=tuple(map(image_answer, told.gone)),
        come=tuple(map(image_answer, told.come)),
        last=time_text(told.last) or "",
        time=spell(told.time),
        joined=told.joined,
        cause=told.cause,
        allowed=_allowed(each.allowance),
    )


def _wait(keyring: Keyring, each: NightWait) -> NightWaitAnswer:
    return NightWaitAnswer(
        promotion=each.promotion,
        release=each.release,
        place=str(each.wait.place),
        by=each.by,
        begin=spell(each.wait.begin),
        end=time_text(each.wait.end),
        until=time_text(each.wait.until),
        who=with_people(keyring, each.wait.who),
        code=each.wait.code,
    )


def _allowed(told: Allowance | None) -> AllowanceAnswer | None:
    if told is None:
        return None
    return AllowanceAnswer(
        promotion=told.promotion,
        intent=told.intent,
        by=told.by,
        reason=told.reason,
        requested=spell(told.requested),
        verdict=told.verdict,
        decision=told.decision,
        admitted=time_text(told.admitted),
        overlay=overlay_answer(told.overlay),
    )
