"""One round of the driver: a promotion and its claims as they were read, and appends under those versions.

Every append names the versions of the promotion's stream and of the place's claim: a holder that was taken
over fails at its first write.
"""

from typing import Any

from msgspec import Struct

from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.promotion import StepIntended
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.plan import Step
from ldmrelease.domain.streams import claim_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.expectation import Expectation
from ldmrelease.promotion.claims import Claim
from ldmrelease.services.needs import PromotionDriving
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.load import Promotion, load_promotion
from ldmrelease.services.promotions.takeover import claim_now
from ldmrelease.services.promotions.work import Work


class TakenOver(LdmreleaseError):
    """Our append was refused: the promotion has another holder now."""


class Turn(Struct):
    """What was read, and what was appended since. `claims` has who claims each place of the plan, as of the
    `versions` of their streams.
    """

    context: PromotionDriving
    promotion: Promotion
    claims: dict[Place, Claim | None]
    versions: dict[Place, int]
    holder: str
    progress: Progress

    @classmethod
    def read(cls, context: PromotionDriving, promotion_id: str, holder: str, progress: Progress) -> "Turn":
        """The promotion and its claims as they are now."""
        promotion = load_promotion(context, promotion_id)
        turn = cls(context, promotion, {}, {}, holder, progress)
        for each in promotion.plan.places:
            turn.claim_again(each.place)
        return turn

    def claim_again(self, place: Place) -> None:
        """Read a place's claim anew, after it was claimed."""
        # The version first: what comes in between fails the next append.
        self.versions[place] = self.context.ledger.version(claim_stream(place))
        self.claims[place] = claim_now(self.context, place)

    def epoch(self, place: Place) -> int | None:
        """The epoch of this promotion's claim of a place."""
        claim = self.claims.get(place)
        return claim.epoch if claim is not None and claim.promotion == self.promotion.id else None

    def tell(self, place: Place | None, body: Any, *more: NewEvent) -> None:
        """Append an event of the promotion, and what belongs to it. Raises `TakenOver`."""
        self.append(place, [new_event(body, self.promotion.stream), *more])

    def append(
        self,
        place: Place | None,
        events: list[NewEvent],
        blobs: dict[str, bytes] | None = None,
        expect: Expectation | None = None,
    ) -> None:
        """Append under the versions that this round has read. Raises `TakenOver` where one has moved."""
        expected = (expect or Expectation()).and_streams(self.expected(place))
        if self.context.append(events, expect=expected, blobs=blobs) is not None:
            raise TakenOver
        self.promotion.appended += sum(each.stream == self.promotion.stream for each in events)

    def expected(self, place: Place | None) -> dict[str, int]:
        """The versions that everything about a place has to find."""
        promotion = self.promotion
        expected = {promotion.stream: promotion.version + promotion.appended}
        if place is not None:
            expected[claim_stream(place)] = self.versions[place]
        return expected

    def work(self, step: Step) -> Work:
        """A step with everything around it."""
        promotion = self.promotion
        application = self.context.topology.application(step.place)
        assert application is not None
        claim = self.claims.get(step.place)
        return Work(
            context=self.context,
            promotion=promotion.id,
            request=promotion.request,
            plan=promotion.plan,
            here=next(each for each in promotion.plan.places if each.place == step.place),
            step=step,
            application=application,
            pinned=promotion.pinned,
            journal=promotion.journal,
            holder=self.holder,
            epoch=claim.epoch if claim is not None else None,
            expect=lambda: self.expected(step.place),
            progress=self.progress,
            heartbeat=lambda: self.tell(step.place, StepIntended(step.id)),
        )
