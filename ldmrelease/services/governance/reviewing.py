"""Review what was let in for less than everybody is asked: somebody else looks at it, and says what was found."""

from collections.abc import Collection

from msgspec import Struct

from ldmrelease.domain.errors import InputError, LdmreleaseError
from ldmrelease.domain.events.acts import Review
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import review_stream
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.acts.debts import Debt, debts_at, scope_of
from ldmrelease.services.needs import PromotionDriving


class OwesNoReview(InputError):
    """A promotion owes no review at the places that are meant."""


class ReviewedMeanwhile(LdmreleaseError):
    """Somebody reviewed the same at the same moment: look at what was said, and ask again."""


class OwnReview(Struct, frozen=True):
    """Whoever asked for less does not review it: nothing was written."""

    promotion: str
    person: str


class SignedReview(Struct, frozen=True):
    """A review, with the places that it is about; `again` are those where somebody else had accepted it before, and
    nothing was written.
    """

    promotion: str
    person: str
    accepted: bool
    places: tuple[Place, ...]
    again: tuple[Place, ...] = ()


def review(
    context: PromotionDriving,
    promotion: str,
    applications: Collection[Application],
    *,
    accepted: bool,
    reason: str,
) -> SignedReview | OwnReview:
    """Sign what was found, for each of these places where the promotion owes it.

    Raises `OwesNoReview`, `ReviewedMeanwhile`, and `KeyProblem` where the signer's role does not say that they review.
    """
    expect = {review_stream(promotion): context.ledger.version(review_stream(promotion))}
    owed = [
        debt
        for each in applications
        for debt in debts_at(context, each.place)
        if debt.owed.promotion == promotion
    ]
    if not owed:
        raise OwesNoReview(f"{promotion} owes no review here; `ldmrelease debts` shows what is owed")
    if any(each.owed.person == context.person for each in owed):
        return OwnReview(promotion, context.person)
    left = [each for each in owed if not (each.paid and accepted)]
    events = [
        new_event(Review(promotion, str(scope_of(each.owed)), context.now(), accepted, reason))
        for each in left
    ]
    if events and context.append(events, expect=expect) is not None:
        raise ReviewedMeanwhile(f"somebody else has reviewed {promotion} just now; look at it, and ask again")
    return SignedReview(promotion, context.person, accepted, _places(left), _places(owed, left))


def _places(debts: Collection[Debt], but: Collection[Debt] = ()) -> tuple[Place, ...]:
    return tuple(each.owed.place for each in debts if each not in but)
