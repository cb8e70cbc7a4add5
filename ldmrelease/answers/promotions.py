"""Promotions: what became of a request, their list, and the whole of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ldmrelease.answers.decisions import DecisionAnswer, decision_answer
from ldmrelease.answers.errors import ErrorDetail
from ldmrelease.answers.exit_codes import VERDICT_CODES, WRONG_LEDGER, ExitCode, outcome_code
from ldmrelease.answers.findings import FindingAnswer, PlaceRefusalAnswer, is_undecided, preflight_refusals
from ldmrelease.answers.sentences.causes import cause_words, waits_words
from ldmrelease.answers.sentences.interruptions import busy_words, interrupted_words
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.spellings import (
    DigestText,
    PlaceName,
    ReleaseName,
    TimeText,
    Values,
    plain_value,
    plain_values,
    time_text,
)
from ldmrelease.domain.decision import IN_THE_WAY
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.plan import Plan, Step, StepKind

if TYPE_CHECKING:
    from ldmrelease.services.decisions.decide import Unagreed
    from ldmrelease.services.inventory.drift_report import Blocked
    from ldmrelease.services.promotions.changes import PlaceChange
    from ldmrelease.services.promotions.earliest import EarliestTimes
    from ldmrelease.services.promotions.preflight import PreflightFailed
    from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
    from ldmrelease.services.promotions.submit import NothingToDo, Preview
    from ldmrelease.services.promotions.work import PlaceBusy


class WaitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion waits for: a time, somebody (`who`), or, with a `code`, an act in a cluster at `step`."""

    until: TimeText | None
    who: tuple[str, ...]
    place: PlaceName | None
    step: str | None
    code: str | None
    values: Values
    sentence: str


class InterruptedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who could not be asked in the middle of it; a resume goes on from there."""

    where: str
    reason: str
    sentence: str


class PlaceBusyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The promotion that claims a place; or that has written it and `waits` there."""

    place: PlaceName
    promotion: str
    holder: str
    since: TimeText
    waits: bool
    sentence: str


class StepPlanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One step that would be taken."""

    id: str
    kind: StepKind
    parameters: Values


class PlacePlanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The steps at one place; `confirms` says that a failed check restores what was there. `earliest` is when the
    release can enter it, with all that is waited for before added up; null where no time alone makes that true.
    """

    place: PlaceName
    level: str
    earliest: TimeText | None
    steps: tuple[StepPlanAnswer, ...]
    confirms: bool


class ImageChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the setting of a component said, and says: a tag, a digest, or both; null where there was nothing."""

    component: str
    before: str | None
    after: str | None


class UnrenderedChartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A folder or file of a tree that was not rendered, and why."""

    where: str
    reason: str


class PlaceChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed at a place: tags of releases, null where there is none. `state` is what became of it there:
    `promoted`, `scaled-to-zero` or `scheduled`; `planned` where nothing is done yet. A menu keeps what was in
    it, but for what it has `dropped`. A plan tells which keys of a menu it `sets` besides (`numWeeklies 2 -> 0`), and
    what the drop-down menu says by itself (`dropdown`): where that says anything, the others are about pre-pulling.
    `written` is false where the place said all of it before; `older` says that a later release of its kind was there.
    `images` are those that are others now, as the place reads them: of a cycle that has new builds, these. `unrendered`
    has what of the tree was not rendered for a plan, so that its settings alone say what would be there.
    """

    place: PlaceName
    before: str | None
    after: str | None
    state: str
    dropped: tuple[str, ...]
    sets: tuple[str, ...]
    dropdown: tuple[str, ...]
    written: bool
    older: bool
    images: tuple[ImageChangeAnswer, ...]
    unrendered: tuple[UnrenderedChartAnswer, ...]


class PromotedAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="promotion"):
    """Where a promotion was left. `cause` says why it ended; `decision` is that of the request, where it is new.
    `changes` has what was done at each place, where it has just succeeded. `notices` are what somebody should look at,
    though nothing stopped for it.
    """

    promotion: str
    state: PromotionState
    changes: tuple[PlaceChangeAnswer, ...]
    cause: FindingAnswer | None
    waits_for: WaitAnswer | None
    interrupted: InterruptedAnswer | None
    busy: PlaceBusyAnswer | None
    taken_over: bool
    decision: DecisionAnswer | None
    notices: tuple[FindingAnswer, ...] = ()


class NothingToDoAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="nothing-to-do"):
    """Every place has it already, with a receipt or, of `scaled_to_zero`, with nothing that is to run."""

    release: ReleaseName
    places: tuple[PlaceName, ...]
    scaled_to_zero: tuple[PlaceName, ...]


class BusyAnswer(PlaceBusyAnswer, frozen=True, kw_only=True, tag_field="answer", tag="busy"):
    """Nothing was requested on top of a running promotion."""


class DryRunAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="dry-run"):
    """What would be done, what that would change, and what would be decided. Nothing was written. `refusals` are of
    places that are left out: while there are any, a promotion of all these places does nothing. `unsigned_trust` is why
    nobody has signed the trust document as it is.
    """

    release: ReleaseName
    release_digest: DigestText
    plan: tuple[PlacePlanAnswer, ...]
    changes: tuple[PlaceChangeAnswer, ...]
    decisions: tuple[DecisionAnswer, ...]
    refusals: tuple[PlaceRefusalAnswer, ...]
    hypothetical: tuple[str, ...]
    unagreed_targets: tuple[str, ...]
    unagreed_products: tuple[str, ...]
    unagreed_checks: tuple[str, ...]
    unsigned_trust: str | None


class RefusedAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="refused"):
    """Places that cannot be written as asked. Nothing was written."""

    refusals: tuple[PlaceRefusalAnswer, ...]


class UndecidedAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="undecided"):
    """Places that could not be asked, or that do not belong to this ledger. Nothing was written."""

    refusals: tuple[PlaceRefusalAnswer, ...]


class NotResumedAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="error"):
    """A promotion that could not be carried on; the others were all the same."""

    promotion: str
    error: ErrorDetail


PromotionResult = (
    PromotedAnswer
    | NothingToDoAnswer
    | BusyAnswer
    | DryRunAnswer
    | RefusedAnswer
    | UndecidedAnswer
    | NotResumedAnswer
)
PromotionResults = list[PromotionResult]


def promoted_answer(outcome: PromotionOutcome, decision: DecisionAnswer | None = None) -> PromotedAnswer:
    """Where a promotion was left."""
    waits = outcome.state is PromotionState.WAITING
    return PromotedAnswer(
        promotion=outcome.promotion,
        state=outcome.state,
        changes=_changes(outcome.changes),
        cause=None if waits else cause_finding(outcome.cause),
        waits_for=wait_answer(outcome.cause) if waits else None,
        interrupted=_interrupted(outcome.interrupted),
        busy=PlaceBusyAnswer(**_busy(outcome.busy)) if outcome.busy is not None else None,
        taken_over=outcome.taken_over,
        decision=decision,
        notices=tuple(
            FindingAnswer(code=each.code, values=plain_values(each.values), sentence=refusal_words(each))
            for each in outcome.notices
        ),
    )


def _changes(changes: Iterable[PlaceChange]) -> tuple[PlaceChangeAnswer, ...]:
    return tuple(
        PlaceChangeAnswer(
            place=str(each.place),
            before=each.before,
            after=each.after,
            state=each.state,
            dropped=each.dropped,
            sets=each.sets,
            dropdown=each.dropdown,
            written=each.written,
            older=each.older,
            images=tuple(
                ImageChangeAnswer(component=image.component, before=image.before, after=image.after)
                for image in each.images
            ),
            unrendered=tuple(
                UnrenderedChartAnswer(where=where, reason=reason) for where, reason in each.unrendered
            ),
        )
        for each in changes
    )


def cause_finding(cause: Mapping[str, Any]) -> FindingAnswer | None:
    """Why a promotion ended or stops, where there is more to say than its state."""
    code = str(cause.get("cause") or "")
    if not code:
        return None
    flat = {**cause, **(cause.get("values") or {})}
    values = {key: each for key, each in flat.items() if key not in ("cause", "state", "values")}
    return FindingAnswer(code=code, values=plain_values(values), sentence=cause_words(cause))


_UNTIL_ALLOWED = "until its decision is made again and comes out otherwise"


def wait_answer(cause: Mapping[str, Any]) -> WaitAnswer:
    """What a promotion waits for."""
    return WaitAnswer(
        until=time_text(cause.get("until")),
        who=tuple(cause.get("who") or ()),
        place=plain_value(cause.get("place")),
        step=cause.get("step"),
        code=cause.get("code"),
        values=plain_values(cause.get("values") or {}),
        sentence=waits_words(cause) or _UNTIL_ALLOWED,
    )


def _interrupted(found: Unavailable | None) -> InterruptedAnswer | None:
    if found is None:
        return None
    return InterruptedAnswer(where=found.where, reason=found.reason, sentence=interrupted_words(found))


def _busy(found: PlaceBusy) -> dict[str, Any]:
    return {
        "place": found.place,
        "promotion": found.promotion,
        "holder": found.holder,
        "since": found.since,
        "waits": found.waits,
        "sentence": busy_words(found),
    }


def busy_answer(found: PlaceBusy) -> BusyAnswer:
    """Somebody else is at work there."""
    return BusyAnswer(**_busy(found))


def nothing_answer(found: NothingToDo, release: str) -> NothingToDoAnswer:
    """That everything is as asked already."""
    return NothingToDoAnswer(
        release=release,
        places=tuple(map(str, found.places)),
        scaled_to_zero=tuple(map(str, found.scaled_to_zero)),
    )


def preflight_answer(failed: PreflightFailed) -> RefusedAnswer | UndecidedAnswer:
    """Every place that cannot be written as asked, each with everything that it refuses."""
    refusals = preflight_refusals(failed.places)
    if is_undecided(failed.places[0].refusal):
        return UndecidedAnswer(refusals=refusals)
    return RefusedAnswer(refusals=refusals)


def dry_run_answer(
    look: Preview,
    changes: Iterable[PlaceChange],
    local: Unagreed,
    blocked: Sequence[Mapping[str, Blocked]],
    earliest: EarliestTimes,
) -> DryRunAnswer:
    """What would be done; for each decision what is not advised, by requirement."""
    return DryRunAnswer(
        release=f"{look.plan.product}/{look.plan.tag}",
        release_digest=look.plan.release,
        plan=_plan(look.plan, earliest),
        changes=_changes(changes),
        decisions=tuple(
            decision_answer(each.decision, each.digest, why)
            for each, why in zip(look.decided, blocked, strict=True)
        ),
        refusals=preflight_refusals(look.left_out),
        hypothetical=local.levels,
        unagreed_targets=local.environments,
        unagreed_products=local.products,
        unagreed_checks=local.checks,
        unsigned_trust=local.document or None,
    )


def _plan(plan: Plan, earliest: EarliestTimes) -> tuple[PlacePlanAnswer, ...]:
    return tuple(
        PlacePlanAnswer(
            place=str(each.place),
            level=each.level,
            earliest=time_text(earliest[each.place].time),
            steps=tuple(map(_step, each.steps)),
            confirms=each.confirms,
        )
        for each in plan.places
    )


def _step(step: Step) -> StepPlanAnswer:
    return StepPlanAnswer(id=step.id, kind=step.kind, parameters=plain_values(step.parameters))


def result_code(answer: PromotionResult, outcome: PromotionOutcome | None = None) -> ExitCode:
    """The exit code of any of these; `outcome` is where a promotion was left, for the one that is one."""
    match answer:
        case PromotedAnswer():
            return outcome_code(outcome) if outcome is not None else ExitCode.UNDECIDED
        case DryRunAnswer():
            if answer.refusals:
                return _refusals_code(answer.refusals)
            return (
                ExitCode.OK
                if _follows_at_once(answer.decisions[0])
                else VERDICT_CODES[answer.decisions[0].verdict]
            )
        case NothingToDoAnswer():
            return ExitCode.OK
        case BusyAnswer():
            return ExitCode.WAITING
        case RefusedAnswer():
            return ExitCode.REFUSED
        case UndecidedAnswer():
            return ExitCode.UNDECIDED
        case NotResumedAnswer():
            return ExitCode(answer.error.exit_code)


def _follows_at_once(decision: DecisionAnswer) -> bool:
    """Whether it waits for nothing but that other promotions come to the places before it."""
    unmet = [each for each in decision.findings if each.outcome in IN_THE_WAY]
    return bool(unmet) and all(
        each.code == "earlier-in-plan" and not each.values.get("for") for each in unmet
    )


def _refusals_code(refusals: Sequence[PlaceRefusalAnswer]) -> ExitCode:
    """As for a promotion that ends at the first of them."""
    undecided = refusals[0].code == "unavailable" or refusals[0].code in WRONG_LEDGER
    return ExitCode.UNDECIDED if undecided else ExitCode.REFUSED
