"""Free: give up the claim of a place, in the same append as the record of it."""

from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.services.steps.step import Answer, Done, Work


def act(work: Work) -> Answer:
    """The release counts for our epoch alone."""
    body = {"promotion": work.promotion, "epoch": work.epoch}
    return Done({"epoch": work.epoch}, (NewEvent(Kind.RELEASED, work.step.place.claim_stream, body),))
