"""Promote, resume, abort: what the faces offer of promotions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.domain.errors import Unavailable, UnavailableError
from ldmrelease.domain.events.promotion import (
    DecisionStage,
    PromotionEnded,
    PromotionHalting,
    PromotionResumed,
    PromotionState,
)
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.overlays import OverlayRequest, is_emergency
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId, promotion_stream
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.machine import blocking_decision, current_place
from ldmrelease.promotion.state import NOT_MERGED, RESTORE_NOT_MERGED
from ldmrelease.services.context import Untrusted
from ldmrelease.services.decisions.decide import decide, require_agreed, waits_for
from ldmrelease.services.deployments.checkpoints import require_newest
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.needs import (
    PromotionDriving,
    SignedHistory,
)
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.load import (
    Promotion,
    journal_of,
    load_promotion,
    open_proposal,
    records_of,
)
from ldmrelease.services.promotions.owed import overlay_of_promotion
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.previews import preview_spec
from ldmrelease.services.promotions.promotion_outcome import (
    TRIES,
    AppendsRefused,
    PromotionOutcome,
    wait_values,
)
from ldmrelease.services.promotions.submit import (
    NothingToDo,
    Preview,
    Recorded,
    record_request,
)
from ldmrelease.services.promotions.takeover import claim_now, may_take, this_holder
from ldmrelease.services.promotions.wait_reasons import open_wait
from ldmrelease.services.promotions.work import PlaceBusy, step_failure
from ldmrelease.services.releases.pin import Pinned, push_release
from ldmrelease.services.signing import require_agreed_targets, require_keys
from ldmrelease.targets.results import Refusal

if TYPE_CHECKING:
    from ldmrelease.services.promotions.proposals import OpenProposals


PROPOSED = (NOT_MERGED, RESTORE_NOT_MERGED)
"""The codes of a wait for those who merge."""


class Promoted(Struct, frozen=True):
    """A promotion that was recorded and driven as far as it goes; `look` has the decisions of the request."""

    look: Preview
    outcome: PromotionOutcome


class Resumed(Struct, frozen=True):
    """The same was asked for before and has not ended: that promotion was carried on instead."""

    outcome: PromotionOutcome


class Requested(Struct, frozen=True):
    """A promotion that was asked for, by this or before (`look` is None then), and that nothing was done for.

    `ready`: nothing stands in its way any more, and `resume` carries it out.
    """

    outcome: PromotionOutcome
    ready: bool
    look: Preview | None = None


class _Accepted(Struct, frozen=True):
    """A request that is in the ledger, and what somebody should look at."""

    recorded: Recorded
    notices: tuple[Refusal, ...]


PromotionAnswer = UnknownTarget | PreflightFailed | NothingToDo | Preview | PlaceBusy | Promoted | Resumed


def promote(context: PromotionDriving, spec: PromotionSpec, progress: Progress) -> PromotionAnswer:
    """Decide, record, act. Raises where a part could not be reached (what was recorded can be resumed),
    `Hypothetical` and `ReasonNeeded`.
    """
    open_already = _same_request(context, spec)
    if open_already is not None:
        return Resumed(resume(context, open_already, progress))
    accepted = _accept(context, spec, progress)
    if not isinstance(accepted, _Accepted):
        return accepted
    outcome = _drive(context, accepted.recorded.promotion, progress)
    return Promoted(accepted.recorded.look, replace(outcome, notices=accepted.notices))


def request(
    context: PromotionDriving, spec: PromotionSpec, progress: Progress
) -> UnknownTarget | PreflightFailed | NothingToDo | Preview | PlaceBusy | Requested:
    """Decide and record as `promote` does, and touch nothing: what is allowed at once is left to a `resume`.

    Raises as `promote` does. Whoever has to approve it, and a notice, go by this request.
    """
    open_already = _same_request(context, spec)
    if open_already is not None:
        return _standing(context, open_already)
    accepted = _accept(context, spec, progress, holds_back=True)
    if not isinstance(accepted, _Accepted):
        return accepted
    look = accepted.recorded.look
    # What is allowed waits already; of anything else no more than its wait, or its end, is recorded.
    outcome = _drive(context, accepted.recorded.promotion, progress)
    ready = look.first.decision.verdict is Verdict.ALLOWED
    return Requested(replace(outcome, notices=accepted.notices), ready, look)


def _standing(context: PromotionDriving, promotion_id: str) -> Requested:
    """Where a promotion is that was asked for before, as of now."""
    promotion = load_promotion(context, promotion_id)
    journal = promotion.journal
    waits = None
    if journal.waiting and journal.waits_at is not None:
        waits = _still_pending(context, promotion, journal.waits_at) or _still_waits(
            context, promotion, journal.waits_at, observes=False
        )
    left = PromotionOutcome(promotion_id, journal.state, wait_values(journal.until, journal.who))
    return Requested(waits or left, ready=waits is None)


def _accept(
    context: PromotionDriving, spec: PromotionSpec, progress: Progress, *, holds_back: bool = False
) -> UnknownTarget | PreflightFailed | NothingToDo | Preview | PlaceBusy | _Accepted:
    """Decide, and record the request: from there on it can be driven."""
    for _ in range(TRIES):
        considered = preview_spec(context, spec)
        if not isinstance(considered, Preview):
            return considered
        require_agreed(context.workspace, [each.place for each in considered.plan.places])
        busy = _busy(context, considered) or _unconfirmed(context, considered)
        if busy is not None:
            return busy
        notices = require_newest(context)
        recorded = record_request(context, considered, holds_back=holds_back)
        if recorded is None:
            continue
        _push(context, spec.pinned, spec.overlay, progress)
        return _Accepted(recorded, notices)
    raise RuntimeError("the ledger moves faster than a request can be decided; try again")


def _push(
    context: PromotionDriving, pinned: Pinned, overlay: OverlayRequest | None, progress: Progress
) -> None:
    """Put the release where others look for it; in an emergency that may come later."""
    try:
        push_release(context.release_repository(), pinned)
    except UnavailableError as error:
        if not is_emergency(overlay):
            raise
        progress("release-not-pushed", {"where": error.unavailable.where, "reason": error.unavailable.reason})


def _same_request(context: SignedHistory, spec: PromotionSpec) -> str | None:
    """The promotion that asks for exactly this and has not ended: asking twice is not a newer request."""
    mine = (spec.intent, spec.pinned.digest, spec.target, spec.alias, spec.overlay)
    for each in open_promotions(context):
        asked = each.request.body if each.request is not None and each.journal is not None else None
        if (
            asked is not None
            and (asked.intent, asked.release, asked.target, asked.alias, asked.overlay) == mine
        ):
            return each.promotion
    return None


def _busy(context: PromotionDriving, considered: Preview) -> PlaceBusy | None:
    """Who claims the first place, where it is claimed: nothing is requested on top of a running promotion.

    The claim that a stuck promotion left is nobody's: asking again is the way out.
    """
    place = considered.plan.places[0].place
    claim = claim_now(context, place)
    if claim is None or claim.ended or considered.first.decision.verdict is not Verdict.ALLOWED:
        return None
    left = may_take(claim, context.now(), take_over=False)
    return PlaceBusy(str(place), claim.promotion, claim.holder, spell(claim.since), left=left)


def _unconfirmed(context: SignedHistory, considered: Preview) -> PlaceBusy | None:
    """A promotion that has written one of these places and waits for its confirmation there, or has proposed a change.

    It cannot be superseded: a restore of its successor would put back what nobody has confirmed, and what is open for
    others to merge would come in beside its successor. It is aborted first.
    """
    wanted = [each.place for each in considered.plan.places]
    for other in open_promotions(context):
        journal = other.journal
        if journal is None:
            continue
        busy = PlaceBusy("", other.promotion, other.by, spell(other.last), waits=True)
        for each in wanted:
            if (proposal := open_proposal(context, journal, each)) is not None:
                return replace(busy, place=str(each), proposal=proposal)
        place = journal.waits_at
        if other.state != PromotionState.WAITING or place is None or place not in wanted:
            continue
        if journal.step(str(StepId(place, StepKind.APPLY))).intended:
            return replace(busy, place=str(place))
    return None


def resume(
    context: PromotionDriving,
    promotion_id: str,
    progress: Progress,
    *,
    take_over: bool = False,
    observes: bool = False,
    listed: OpenProposals | None = None,
) -> PromotionOutcome:
    """Carry a promotion on. One that still waits for the same is only looked at: nothing is written, unless it
    waits for a soak and this one `observes` what that needs. `listed` has the open proposals for all that are resumed.
    """
    for _ in range(TRIES):
        promotion = load_promotion(context, promotion_id)
        journal = promotion.journal
        if journal.state.ended:
            return PromotionOutcome(promotion_id, journal.state, dict(journal.cause))
        require_agreed(context.workspace, [each.place for each in promotion.plan.places])
        notices = require_newest(context)
        if journal.waiting and journal.waits_at is not None:
            waits = _still_pending(context, promotion, journal.waits_at, listed) or _still_waits(
                context, promotion, journal.waits_at, observes=observes
            )
            if waits is not None:
                return replace(waits, notices=notices)
            event = new_event(PromotionResumed(journal.waits_at), promotion.stream)
            if context.append([event], expect={promotion.stream: promotion.version}) is not None:
                continue
        require_keys(context, promotion.plan, promotion.pinned.release)
        _push(context, promotion.pinned, promotion.request.overlay, progress)
        outcome = _drive(context, promotion_id, progress, take_over=take_over)
        return replace(outcome, notices=notices)
    raise AppendsRefused(promotion_id)


def _drive(
    context: PromotionDriving, promotion_id: str, progress: Progress, *, take_over: bool = False
) -> PromotionOutcome:
    from ldmrelease.services.promotions.driver import drive  # noqa: PLC0415 - where there is something to do

    return drive(context, promotion_id, holder=this_holder(), take_over=take_over, progress=progress)


def _still_pending(
    context: PromotionDriving, promotion: Promotion, place: Place, listed: OpenProposals | None = None
) -> PromotionOutcome | None:
    """Where it waits, if the act in the cluster that it waits for is still to be done, or nobody can be asked."""
    journal, application = promotion.journal, context.topology.application(place)
    if not journal.waits_for or application is None:
        return None
    code, begun_in = str(journal.waits_for.get("code")), journal.clusters.get(str(place))
    pending: bool | Refusal | Unavailable
    if code in PROPOSED:
        from ldmrelease.services.promotions.open_proposals import still_open  # noqa: PLC0415 - knows forges

        pending = still_open(context, promotion, place, listed)
    else:
        from ldmrelease.services.promotions.pending_acts import still_pending  # noqa: PLC0415 - knows clusters

        pending = still_pending(context.clusters, application, promotion.pinned.release, code, begun_in)
    here = str(place)
    left = PromotionOutcome(
        promotion.id,
        PromotionState.WAITING,
        {"until": None, "who": list(journal.who), "place": here, **journal.waits_for},
    )
    unheard = None if isinstance(pending, bool) else step_failure(pending)
    if isinstance(unheard, Unavailable):
        return replace(left, interrupted=unheard)
    # What the cluster refuses is told by the step itself.
    return left if pending is True else None


def _still_waits(
    context: PromotionDriving, promotion: Promotion, place: Place, *, observes: bool
) -> PromotionOutcome | None:
    """Where it waits, as of now, if what made it wait would be answered the same again.

    That is a decision that waits, or one that could not be made at a later place.
    """
    barred = blocking_decision(place, promotion.journal)
    if barred is None or promotion.journal.halt is not None:
        return None
    stage, ruling = barred
    phase = Phase.CONFIRM if stage is DecisionStage.CONFIRM else Phase.ENTER
    order = [each.place for each in promotion.plan.places]
    later = tuple(order[order.index(place) + 1 :])
    overlay = overlay_of_promotion(context, promotion, place)
    question = promotion.question(place, later=later, overlay=overlay)
    decision = decide(context, promotion.pinned, question, phase).decision
    if observes:
        from ldmrelease.services.promotions.observe_while_soaking import observe_soak  # noqa: PLC0415 - knows all that is observed

        if observe_soak(context, decision, promotion.request.product):
            decision = decide(context, promotion.pinned, question, phase).decision
    if decision.verdict is not ruling.verdict:
        return None
    here = str(place)
    if decision.verdict is Verdict.WAITING:
        opened = open_wait(context, promotion.request, promotion.pinned.release)
        waits = {**wait_values(*waits_for(context.workspace, decision)), "place": here, **opened}
        return PromotionOutcome(promotion.id, PromotionState.WAITING, waits)
    return PromotionOutcome(
        promotion.id,
        PromotionState.WAITING,
        {"until": None, "who": list(promotion.journal.who), "place": here},
    )


def abort(
    context: PromotionDriving, promotion_id: str, reason: str | None, progress: Progress
) -> PromotionOutcome:
    """Stop a promotion: its current place is restored, earlier ones are left.

    A holder that is at work sees it at its next append and does so itself.
    """
    why = {"by": context.person, **({"reason": reason} if reason else {})}
    for _ in range(TRIES):
        try:
            promotion = load_promotion(context, promotion_id)
        except Untrusted:
            return _abort_untouched(context, promotion_id, why)
        journal = promotion.journal
        if journal.state.ended:
            return PromotionOutcome(promotion_id, journal.state, dict(journal.cause))
        if journal.steps:
            require_agreed_targets(
                context.workspace, [each.place.environment for each in promotion.plan.places]
            )
        notices = require_newest(context)
        here = current_place(promotion.plan, journal)
        event = new_event(PromotionHalting(here.place if here else None, "aborted", why), promotion.stream)
        if context.append([event], expect={promotion.stream: promotion.version}) is not None:
            continue
        return replace(_drive(context, promotion_id, progress), notices=notices)
    raise AppendsRefused(promotion_id)


def _abort_untouched(context: PromotionDriving, promotion_id: str, why: dict[str, str]) -> PromotionOutcome:
    """End a promotion whose plan cannot be made again, if it touched nothing. Raises `Untrusted` if it did:
    then the workspace has to be what it was before anything is put back.
    """
    stream = promotion_stream(promotion_id)
    for _ in range(TRIES):
        told = records_of(context, promotion_id)
        journal = journal_of(promotion_id, told)
        if journal.steps or journal.state.ended:
            raise Untrusted(
                f"{promotion_id} has begun, and its plan cannot be made again: put the workspace back to what it was "
                "then, and abort it after that"
            )
        event = new_event(PromotionEnded(PromotionState.ABORTED, "aborted", why), stream)
        if context.append([event], expect={stream: len(told)}) is not None:
            continue
        return PromotionOutcome(promotion_id, PromotionState.ABORTED, {"cause": "aborted", **why})
    raise AppendsRefused(promotion_id)
