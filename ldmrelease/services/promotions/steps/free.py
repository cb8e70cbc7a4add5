"""Free: give up the claim of a place, in the same append as the record of it."""

from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.place import PlaceReleased
from ldmrelease.domain.events.registry import new_event
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
    return new_event(PlaceReleased(place, promotion, epoch))
