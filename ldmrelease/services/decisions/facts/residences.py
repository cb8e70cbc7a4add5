"""Where and how long the release ran, at every place."""

from ldmrelease.domain.facts import ReleaseResidence
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.inventory.residences import residences_at


def gather(inquiry: Inquiry) -> tuple[ReleaseResidence, ...]:
    """The release's residences by the observations that count."""
    return inquiry.release.once(_residences)


def _residences(about: ReleaseInquiry) -> tuple[ReleaseResidence, ...]:
    context, pinned = about.context, about.pinned
    return tuple(
        residence
        for application in context.topology.applications
        for residence in residences_at(context, application, pinned)
    )
