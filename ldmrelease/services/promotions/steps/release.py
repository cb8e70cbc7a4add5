"""Free: give up the claim of a place, in the same append as the record of it."""

from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.domain.topology import Place
from ldmrelease.services.promotions.cleanup import clean_up
from ldmrelease.services.promotions.work import StepDone, StepResult, Work, step_failure


def act(work: Work) -> StepResult:
    """Leave nothing behind, then let go. The release counts for our epoch alone."""
    cut = clean_up(work)
    if cut is not None:
        return step_failure(cut)
    return StepDone({"epoch": work.epoch}, (released(work.promotion, work.step.place, work.epoch),))


def released(promotion: str, place: Place, epoch: int | None) -> NewEvent:
    """The claim of an epoch is given up."""
    return NewEvent(EventKind.RELEASED, place.claim_stream, {"promotion": promotion, "epoch": epoch})
