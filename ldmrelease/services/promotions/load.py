"""A promotion as the ledger has it: its signed request, its plan made again, its release and its journal."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.overlays import OverlayFact
from ldmrelease.domain.plan import Plan
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.planning import make_plan
from ldmrelease.promotion.state import AfterTheEnd, Journal, read_journal
from ldmrelease.services.context import Untrusted
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import PolicyLookup, PromotionHistory, SignedHistory
from ldmrelease.services.promotions.submit import sites_for
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.releases.store import pinned_by_digest
from ldmrelease.services.repository_scope import out_of_scope
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.records import EventRecord
from ldmrelease.trust.verify import Rejected


class NoSuchPromotion(InputError):
    """The ledger has no promotion of this id."""

    def __init__(self, promotion: str) -> None:
        super().__init__(f"there is no promotion {promotion}; `ldmrelease promotions list` shows all")


class Promotion(Struct):
    """Everything that the driver needs. `version` is that of the stream as read, `requested` the request's intake, and
    `key` signed it.
    """

    id: str
    request: Request
    requester: str
    key: Key
    plan: Plan
    pinned: Pinned
    journal: Journal
    version: int
    requested: datetime
    appended: int = 0

    @property
    def stream(self) -> str:
        """The ledger stream of the promotion."""
        return promotion_stream(self.id)

    def question(
        self,
        place: Place,
        earlier: tuple[Place, ...] = (),
        later: tuple[Place, ...] = (),
        overlay: OverlayFact | None = None,
    ) -> DecisionRequest:
        """What is asked about one of its places, where it asks for less by an `overlay`."""
        return DecisionRequest(
            place,
            self.plan.intent,
            self.requester,
            earlier,
            later,
            alias=self.request.alias,
            requested=self.requested,
            overlay=overlay,
        )


def load_promotion(context: PromotionHistory, promotion_id: str) -> Promotion:
    """Read a promotion; its plan is made again and must be the journalled one.

    Raises `NoSuchPromotion`, `Untrusted`.
    """
    told = records_of(context, promotion_id)
    opened = _request(promotion_id, told)
    request = opened.body
    pinned = pinned_by_digest(context, request.product, request.tag, request.release)
    outside = out_of_scope(context.keyring, opened, "request", pinned.release.repositories)
    if outside is not None:
        raise Untrusted(f"the request of {promotion_id} does not count: {outside.code} {outside.values}")
    journal = journal_of(promotion_id, told)
    plan = _plan_again(context, request, pinned)
    if journal.plan is not None and journal.plan != plan.digest:
        stored = canonical.decode(context.ledger.blob(journal.plan), Plan)
        raise Untrusted(_plan_differs(promotion_id, stored, plan))
    return Promotion(
        promotion_id,
        request,
        opened.person,
        opened.key,
        plan,
        pinned,
        journal,
        len(told),
        opened.event.time,
    )


def records_of(context: SignedHistory, promotion_id: str) -> list[EventRecord[Any]]:
    """Everything that the ledger has of a promotion, each verified. Raises `NoSuchPromotion`, and `Untrusted`
    where one event does not count: nothing is done on the word of the others while somebody else writes there.
    """
    told = []
    for event in context.ledger.events(stream=promotion_stream(promotion_id)):
        record = context.records.verify(event)
        if isinstance(record, Rejected):
            raise Untrusted(
                f"event {event.sequence} ({event.kind}) of {promotion_id} does not count: {record.code} "
                f"{record.values}; nothing is done on its word, and `ldmrelease ledger verify` says whether the "
                "ledger was edited"
            )
        told.append(record)
    if not told:
        raise NoSuchPromotion(promotion_id)
    return told


def journal_of(promotion_id: str, told: Iterable[EventRecord[Any]]) -> Journal:
    """The state of a promotion. Raises `Untrusted` where something stands behind its end."""
    try:
        return read_journal(told)
    except AfterTheEnd as error:
        raise Untrusted(f"{promotion_id} has ended, and {error}: nothing of it is done") from None


def open_proposal(context: SignedHistory, journal: Journal, place: Place) -> str | None:
    """The address, or the branch, of what is proposed at a place and nobody is known to have merged, by itself or with
    the places of its wave: of these the first alone may have been recorded. As of `Journal.proposal`.
    """
    proposed = journal.proposal(place)
    if proposed is not None or journal.plan is None:
        return proposed
    plan = canonical.decode(context.ledger.blob(journal.plan), Plan)
    here = next((each for each in plan.places if each.place == place), None)
    together = (journal.proposal(each.place) for each in plan.wave_of(here)) if here is not None else ()
    return next((each for each in together if each is not None), None)


def _plan_differs(promotion_id: str, stored: Plan, made: Plan) -> str:
    return (
        f"the plan of {promotion_id} is {stored.digest} in the ledger, but request, release and workspace "
        f"make {made.digest}: was the workspace or the ledger edited since? Abort it and ask again"
    )


def _request(promotion_id: str, told: list[EventRecord[Any]]) -> EventRecord[Request]:
    first = told[0]
    if not isinstance(first.body, Request):
        raise Untrusted(f"{promotion_id} does not begin with a request")
    return first


def _plan_again(context: PolicyLookup, request: Request, pinned: Pinned) -> Plan:
    spec = PromotionSpec(
        pinned, request.target, request.intent, request.reason, request.alias, request.overlay
    )
    applications = [context.topology.application(each) for each in request.places]
    known = [each for each in applications if each is not None]
    if len(known) != len(request.places):
        raise Untrusted(f"the workspace no longer has every place of {request.promotion}")
    sites = sites_for(context, spec, known)
    return make_plan(request.promotion, request.intent, request.product, request.tag, request.release, sites)
