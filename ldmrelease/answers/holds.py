"""Freezes and recalls: what they hold, who set them, and where they bite."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.findings import UnreachableAnswer, unreachable_answer
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText
from ldmrelease.domain import times
from ldmrelease.services.acts.holds import KnownHold, UncountedAct
from ldmrelease.services.governance.affected import AffectedImage, Effects, StoppedPromotion

HoldState = Literal["stands", "to-come", "ended", "lifted", "draft"]


class LiftingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who lifted a hold, when, and why."""

    person: str
    time: TimeText
    reason: str


class HoldAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze or a recall. `scopes` are where it holds, everywhere where there are none: an environment, an
    application there, `level:NAME`. `since` is when the ledger took it in; it holds from `start` to `end`, where it
    says so. Of a recall: `release` with the images of one `component` alone, if it names one, the digests that are
    meant (`subjects`), and the `predicate` that has to be true. `lets_back`: a rollback passes. `state` is as of the
    time that is asked about; `draft` is of one that nobody has signed (--dry-run).
    """

    hold: str
    kind: Literal["freeze", "recall"]
    state: HoldState
    scopes: tuple[str, ...]
    person: str
    since: TimeText
    reason: str
    start: TimeText | None
    end: TimeText | None
    lets_back: bool
    release: ReleaseName | None
    component: str | None
    subjects: tuple[str, ...]
    predicate: str | None
    lifted: LiftingAnswer | None


class UncountedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A row among the holds that has no effect: its number in the ledger, its kind, and the code that says why."""

    sequence: int
    kind: str
    time: TimeText
    code: str


class HoldsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Holds, oldest first, and rows that somebody put among them and that do not count."""

    holds: tuple[HoldAnswer, ...]
    uncounted: tuple[UncountedAnswer, ...]


class WorkloadPodsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The pods of a workload (`Deployment/ocps`) in which a container runs an image."""

    workload: str
    container: str
    pods: tuple[str, ...]


class AffectedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place that is recalled. `since` and `state` are as it was seen last, null where nobody has recorded
    it; `desired`: what is committed names it, null where no tree was asked; `workloads` run it now. `next` is the
    command that takes it away there, null where none is known. `unknown` is why nobody can tell whether it is meant,
    null where it is.
    """

    place: PlaceName
    level: str
    product: str
    component: str
    release: ReleaseName | None
    spelling: str
    digest: DigestText | None
    since: TimeText | None
    state: str | None
    desired: bool | None
    workloads: tuple[WorkloadPodsAnswer, ...]
    next: tuple[str, ...] | None
    unknown: str | None


class StoppedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that has not ended, and does not enter these places while the hold stands."""

    promotion: str
    state: str
    release: ReleaseName
    places: tuple[PlaceName, ...]


class HoldSetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A new hold, and where it bites. `recorded` is false for --dry-run. `places` are those where it holds, `running`
    those images there that are recalled, `unobserved` places that nobody has looked at, `unreachable` those that did
    not answer now; `promotions` are those that it stops.
    """

    recorded: bool
    hold: HoldAnswer
    places: tuple[PlaceName, ...]
    running: tuple[AffectedAnswer, ...]
    unobserved: tuple[PlaceName, ...]
    unreachable: tuple[UnreachableAnswer, ...]
    promotions: tuple[StoppedAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """What was recorded is done, whoever did not answer; a look that could not look everywhere is undecided."""
        return ExitCode.UNDECIDED if self.unreachable and not self.recorded else ExitCode.OK


def hold_answer(hold: KnownHold, at: datetime, *, draft: bool = False) -> HoldAnswer:
    """A hold, as of a time."""
    body = hold.body
    return HoldAnswer(
        hold=hold.id,
        kind=body.kind.value,
        state="draft" if draft else hold_state(hold, at),
        scopes=body.scopes,
        person=hold.person,
        since=times.spell(hold.since),
        reason=body.reason,
        start=_spelled(body.start),
        end=_spelled(body.end),
        lets_back=body.lets_back,
        release=f"{body.product}/{body.tag}" if body.product and body.tag else None,
        component=body.component,
        subjects=body.subjects,
        predicate=body.predicate,
        lifted=_lifting(hold, at),
    )


def hold_state(hold: KnownHold, at: datetime) -> HoldState:
    """What became of a hold by a time."""
    if hold.lifted is not None and hold.lifted.time <= at:
        return "lifted"
    if hold.is_over(at):
        return "ended"
    return "stands" if hold.stands(at) else "to-come"


def holds_answer(holds: Iterable[KnownHold], uncounted: Iterable[UncountedAct], at: datetime) -> HoldsAnswer:
    """Holds, as of a time."""
    return HoldsAnswer(
        holds=tuple(hold_answer(each, at) for each in holds),
        uncounted=tuple(
            UncountedAnswer(
                sequence=each.sequence,
                kind=each.kind,
                time=times.spell(each.time),
                code=each.refusal.code,
            )
            for each in uncounted
        ),
    )


def hold_set_answer(hold: KnownHold, effects: Effects, at: datetime, *, recorded: bool) -> HoldSetAnswer:
    """A hold and where it bites."""
    return HoldSetAnswer(
        recorded=recorded,
        hold=hold_answer(hold, at, draft=not recorded),
        places=tuple(map(str, effects.places)),
        running=tuple(map(_affected, effects.images)),
        unobserved=tuple(map(str, effects.unseen)),
        unreachable=tuple(unreachable_answer(each.place, each.why) for each in effects.unreachable),
        promotions=_stopped(effects.promotions),
    )


def _affected(image: AffectedImage) -> AffectedAnswer:
    return AffectedAnswer(
        place=str(image.place),
        level=image.level,
        product=image.product,
        component=image.component,
        release=image.release,
        spelling=image.spelling,
        digest=image.digest or None,
        since=image.since,
        state=image.state,
        desired=image.desired,
        workloads=tuple(
            WorkloadPodsAnswer(workload=each.workload, container=each.container, pods=each.pods)
            for each in image.workloads
        ),
        next=image.back or None,
        unknown=image.unknown,
    )


def _stopped(promotions: Sequence[StoppedPromotion]) -> tuple[StoppedAnswer, ...]:
    return tuple(
        StoppedAnswer(
            promotion=each.promotion,
            state=each.state,
            release=each.release,
            places=tuple(map(str, each.places)),
        )
        for each in promotions
    )


def _lifting(hold: KnownHold, at: datetime) -> LiftingAnswer | None:
    lifted = hold.lifted
    if lifted is None or lifted.time > at:
        return None
    return LiftingAnswer(person=lifted.person, time=times.spell(lifted.time), reason=lifted.reason)


def _spelled(moment: datetime | None) -> str | None:
    return times.spell(moment) if moment is not None else None
