"""Free: give up the claim of a place, in the same append as the record of it."""

from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.topology import Place
from ldmrelease.services.promotions.cleanup import swept
from ldmrelease.services.promotions.work import Answer, Done, Work, refused


def act(work: Work) -> Answer:
    """Leave nothing behind, then let go. The release counts for our epoch alone."""
    cut = swept(work)
    if cut is not None:
        return refused(cut)
    return Done({"epoch": work.epoch}, (released(work.promotion, work.step.place, work.epoch),))


def released(promotion: str, place: Place, epoch: int | None) -> NewEvent:
    """The claim of an epoch is given up."""
    return NewEvent(Kind.RELEASED, place.claim_stream, {"promotion": promotion, "epoch": epoch})
