"""Where and how long the release's images ran, at every place."""

from ldmrelease.domain.facts import ImageResidence
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.inventory.names import ImageNames
from ldmrelease.services.inventory.residences import residences_at


def gather(inquiry: Inquiry) -> tuple[ImageResidence, ...]:
    """The residences of the release's images by the observations that count."""
    return inquiry.release.once(_residences)


def _residences(about: ReleaseInquiry) -> tuple[ImageResidence, ...]:
    names = ImageNames(about.context)
    return tuple(
        residence
        for application in about.context.topology.applications
        for residence in residences_at(about.context, names, application, about.pinned.release)
    )
