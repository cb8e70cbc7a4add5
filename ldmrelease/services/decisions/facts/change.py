"""What brings the release: whoever asks has looked at all of the change."""

from ldmrelease.domain.facts import ChangeFact
from ldmrelease.services.decisions.facts.inquiry import Inquiry


def gather(inquiry: Inquiry) -> ChangeFact | None:
    """What the request says of it."""
    return inquiry.question.change
