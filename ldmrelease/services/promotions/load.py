"""A promotion as the ledger has it: its signed request, its plan made again, its release and its journal."""

from collections.abc import Iterable

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.plan import Plan
from ldmrelease.domain.records import Request
from ldmrelease.promotion.journal import Journal, read_journal
from ldmrelease.promotion.planning import make_plan
from ldmrelease.services.context import Context, Untrusted
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.promotions.submit import sites_for
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.releases.store import pinned_by_digest
from ldmrelease.services.repository_scope import out_of_scope
from ldmrelease.trust.records import VerifiedRecord, verify_record


class NoSuchPromotion(InputError):
    """The ledger has no promotion of this id."""

    def __init__(self, promotion: str) -> None:
        super().__init__(f"there is no promotion {promotion}; `ldmrelease promotions list` shows all")


class Promotion(Struct):
    """Everything that the driver needs. `version` is that of the stream as read."""

    id: str
    request: Request
    requester: str
    plan: Plan
    pinned: Pinned
    journal: Journal
    version: int
    appended: int = 0

    @property
    def stream(self) -> str:
        """The ledger stream of the promotion."""
        return f"promotion/{self.id}"


def load_promotion(context: Context, promotion_id: str) -> Promotion:
    """Read a promotion; its plan is made again and must be the journalled one.

    Raises `NoSuchPromotion`, `Untrusted`.
    """
    events = list(context.ledger.events(stream=f"promotion/{promotion_id}"))
    if not events:
        raise NoSuchPromotion(promotion_id)
    opened = _request(context, promotion_id, events)
    request = opened.act
    pinned = pinned_by_digest(context, request.product, request.tag, request.release)
    outside = out_of_scope(context, opened, "request", pinned.release.repositories)
    if outside is not None:
        raise Untrusted(f"the request of {promotion_id} does not count: {outside.code} {outside.values}")
    journal = journal_of(promotion_id, events)
    plan = _plan_again(context, request, pinned)
    if journal.plan is not None and journal.plan != plan.digest:
        stored = canonical.decode(context.ledger.blob(journal.plan), Plan)
        raise Untrusted(_plan_differs(promotion_id, stored, plan))
    return Promotion(promotion_id, request, opened.person, plan, pinned, journal, len(events))


def journal_of(promotion_id: str, events: Iterable[Event]) -> Journal:
    """The journal of a promotion's events. Raises `Untrusted` for rows that we did not write."""
    try:
        return read_journal(events)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Untrusted(
            f"the journal of {promotion_id} has a row that cannot be read ({type(error).__name__}: {error}); "
            "`ldmrelease ledger verify` says whether the ledger was edited"
        ) from None


def _plan_differs(promotion_id: str, stored: Plan, made: Plan) -> str:
    return (
        f"the plan of {promotion_id} is {stored.digest} in the ledger, but request, release and workspace "
        f"make {made.digest}: was the workspace or the ledger edited since? Abort it and ask again"
    )


def _request(context: Context, promotion_id: str, events: list[Event]) -> VerifiedRecord[Request]:
    event = next((each for each in events if each.kind == EventKind.REQUESTED), None)
    if event is None:
        raise Untrusted(f"{promotion_id} has no request")
    opened = verify_record(event.body, Request, context.keyring, at=event.time)
    if not isinstance(opened, VerifiedRecord):
        raise Untrusted(f"the request of {promotion_id} does not count: {opened.code} {opened.values}")
    if opened.act.promotion != promotion_id:
        raise Untrusted(f"the request of {promotion_id} was signed for {opened.act.promotion}")
    return opened


def _plan_again(context: Context, request: Request, pinned: Pinned) -> Plan:
    spec = PromotionSpec(pinned, request.target, request.intent, request.reason, request.alias)
    applications = [context.topology.application(each) for each in request.places]
    known = [each for each in applications if each is not None]
    if len(known) != len(request.places):
        raise Untrusted(f"the workspace no longer has every place of {request.promotion}")
    sites = sites_for(context, spec, known)
    return make_plan(request.promotion, request.intent, request.product, request.tag, request.release, sites)
