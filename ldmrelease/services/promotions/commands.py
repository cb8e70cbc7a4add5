"""Promote, resume, abort: what the faces offer of promotions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.journal import Stage, State
from ldmrelease.promotion.machine import barring, current_place
from ldmrelease.services.context import Untrusted, Workbench
from ldmrelease.services.decisions.decide import decide, require_agreed, waits_for
from ldmrelease.services.decisions.facts import Question
from ldmrelease.services.deployments.target import NoTarget, Wish, places_for
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.claims import claim_now, this_holder
from ldmrelease.services.promotions.driver import Outcome, drive
from ldmrelease.services.promotions.load import Promotion, journal_of, load_promotion
from ldmrelease.services.promotions.pending_acts import still_owed
from ldmrelease.services.promotions.preflight import Impossible
from ldmrelease.services.promotions.submit import (
    Look,
    NothingToDo,
    has_receipt,
    left_to_do,
    look,
    open_promotions,
    record_request,
)
from ldmrelease.services.promotions.work import Busy, Interrupted, refused
from ldmrelease.services.releases.pin import push_release

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Promoted:
    """A promotion that was recorded and driven as far as it goes; `look` has the decisions of the request."""

    look: Look
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Resumed:
    """The same was asked for before and has not ended: that promotion was carried on instead."""

    outcome: Outcome


Answer = NoTarget | Impossible | NothingToDo | Look | Busy | Promoted | Resumed


def consider(bench: Workbench, wish: Wish) -> NoTarget | Impossible | NothingToDo | Look:
    """What `promote` would do now. Writes nothing."""
    applications = places_for(bench, wish)
    if isinstance(applications, NoTarget):
        return applications
    left = left_to_do(bench, wish, applications)
    if not left:
        return _nothing_to_do(bench, wish, [each.place for each in applications])
    return look(bench, wish, left)


def _nothing_to_do(bench: Workbench, wish: Wish, places: Sequence[Place]) -> NothingToDo:
    runs = wish.intent in (Intent.PROMOTE, Intent.ROLLBACK)
    idle = [each for each in places if runs and not has_receipt(bench, wish.pinned, each)]
    return NothingToDo(tuple(places), tuple(idle))


def promote(bench: Workbench, wish: Wish, progress: Progress) -> Answer:
    """Decide, record, act. Raises where a part could not be asked (what was recorded can be resumed), and
    `Hypothetical`.
    """
    open_already = _same_request(bench, wish)
    if open_already is not None:
        return Resumed(resume(bench, open_already, progress))
    for _ in range(_TRIES):
        considered = consider(bench, wish)
        if not isinstance(considered, Look):
            return considered
        require_agreed(bench, [each.place for each in considered.plan.places])
        busy = _busy(bench, considered) or _unconfirmed(bench, considered)
        if busy is not None:
            return busy
        recorded = record_request(bench, considered)
        if recorded is None:
            continue
        push_release(bench, wish.pinned)
        outcome = drive(bench, recorded.promotion, holder=this_holder(), progress=progress)
        return Promoted(recorded.look, outcome)
    raise RuntimeError("the ledger moves faster than a request can be decided; try again")


def _same_request(bench: Workbench, wish: Wish) -> str | None:
    """The promotion that asks for exactly this and has not ended: asking twice is no newer request."""
    mine = (str(wish.intent), wish.pinned.digest, wish.target, wish.alias)
    for each in open_promotions(bench):
        if (each["intent"], each["release"], each["target"], each["alias"]) == mine:
            return str(each["promotion"])
    return None


def _busy(bench: Workbench, considered: Look) -> Busy | None:
    """Who claims the first place, where it is claimed: nothing is requested on top of a running promotion.

    The claim that a stuck promotion left is nobody's: asking again is the way out.
    """
    place = considered.plan.places[0].place
    claim = claim_now(bench, place)
    if claim is None or claim.ended or considered.first.decision.verdict is not Verdict.ALLOWED:
        return None
    return Busy(str(place), claim.promotion, claim.holder, spell(claim.since))


def _unconfirmed(bench: Workbench, considered: Look) -> Busy | None:
    """A promotion that has written one of these places and waits for its confirmation there.

    It cannot be superseded: a restore of its successor would put back what nobody has confirmed.
    """
    wanted = {each.place for each in considered.plan.places}
    for other in open_promotions(bench):
        if other["state"] != State.WAITING:
            continue
        journal = journal_of(
            other["promotion"], bench.ledger.events(stream=f"promotion/{other['promotion']}")
        )
        place = journal.waits_at
        if place in wanted and journal.step(f"{place}/{StepKind.APPLY}").intended:
            return Busy(str(place), other["promotion"], other["by"], other["last"], waits=True)
    return None


def resume(bench: Workbench, promotion_id: str, progress: Progress, *, take_over: bool = False) -> Outcome:
    """Carry a promotion on. One that still waits for the same is only looked at: nothing is written."""
    promotion = load_promotion(bench, promotion_id)
    journal = promotion.journal
    if journal.state.ended:
        return Outcome(promotion_id, journal.state, dict(journal.cause))
    require_agreed(bench, [each.place for each in promotion.plan.places])
    if journal.waiting and journal.waits_at is not None:
        waits = _still_owed(bench, promotion, journal.waits_at) or _still_waits(
            bench, promotion, journal.waits_at
        )
        if waits is not None:
            return waits
        body = {"place": canonical.to_plain(journal.waits_at)}
        event = NewEvent(Kind.RESUMED, promotion.stream, body)
        if bench.append([event], expect={promotion.stream: promotion.version}) is not None:
            return resume(bench, promotion_id, progress, take_over=take_over)
    push_release(bench, promotion.pinned)
    return drive(bench, promotion_id, holder=this_holder(), take_over=take_over, progress=progress)


def _still_owed(bench: Workbench, promotion: Promotion, place: Place) -> Outcome | None:
    """Where it waits, if what somebody owes it in the cluster is still owed, or nobody can be asked."""
    journal, application = promotion.journal, bench.world.application(place)
    if not journal.waits_for or application is None:
        return None
    code, begun_in = str(journal.waits_for.get("code")), journal.clusters.get(str(place))
    owed = still_owed(bench, application, promotion.pinned.release, code, begun_in)
    left = Outcome(
        promotion.id, State.WAITING, {"until": None, "who": list(journal.who), **journal.waits_for}
    )
    unheard = None if isinstance(owed, bool) else refused(owed)
    if isinstance(unheard, Interrupted):
        return replace(left, interrupted=unheard)
    # What the cluster refuses is told by the step itself.
    return left if owed is True else None


def _still_waits(bench: Workbench, promotion: Promotion, place: Place) -> Outcome | None:
    """Where it waits, as of now, if what made it wait would be answered the same again.

    That is a decision that waits, or one that could not be made at a later place.
    """
    barred = barring(place, promotion.journal)
    if barred is None:
        return None
    stage, ruling = barred
    phase = Phase.CONFIRM if stage is Stage.CONFIRM else Phase.ENTER
    question = Question(place, promotion.plan.intent, promotion.requester)
    decision = decide(bench, promotion.pinned, question, phase).decision
    if decision.verdict is not ruling.verdict:
        return None
    if decision.verdict is Verdict.WAITING:
        return Outcome(promotion.id, State.WAITING, waits_for(decision))
    return Outcome(promotion.id, State.WAITING, {"until": None, "who": list(promotion.journal.who)})


def abort(bench: Workbench, promotion_id: str, reason: str | None, progress: Progress) -> Outcome:
    """Stop a promotion: its current place is restored, earlier ones are left.

    A holder that is at work sees it at its next append and does so itself.
    """
    why = {"by": bench.person, **({"reason": reason} if reason else {})}
    try:
        promotion = load_promotion(bench, promotion_id)
    except Untrusted:
        return _abort_untouched(bench, promotion_id, why)
    journal = promotion.journal
    if journal.state.ended:
        return Outcome(promotion_id, journal.state, dict(journal.cause))
    here = current_place(promotion.plan, journal)
    body = {"place": canonical.to_plain(here.place) if here else None, "cause": "aborted", "values": why}
    event = NewEvent(Kind.HALTING, promotion.stream, body)
    if bench.append([event], expect={promotion.stream: promotion.version}) is not None:
        return abort(bench, promotion_id, reason, progress)
    return drive(bench, promotion_id, holder=this_holder(), progress=progress)


def _abort_untouched(bench: Workbench, promotion_id: str, why: dict[str, str]) -> Outcome:
    """End a promotion whose plan cannot be made again, if it touched nothing. Raises `Untrusted` if it did:
    then the workspace has to be what it was before anything is put back.
    """
    stream = f"promotion/{promotion_id}"
    journal = journal_of(promotion_id, bench.ledger.events(stream=stream))
    if journal.steps or journal.state.ended:
        raise Untrusted(
            f"{promotion_id} has begun, and its plan cannot be made again: put the workspace back to what it was "
            "then, and abort it after that"
        )
    body = {"state": str(State.ABORTED), "cause": "aborted", "values": why}
    version = bench.ledger.version(stream)
    if bench.append([NewEvent(Kind.ENDED, stream, body)], expect={stream: version}) is not None:
        return _abort_untouched(bench, promotion_id, why)
    return Outcome(promotion_id, State.ABORTED, {"cause": "aborted", **why})
