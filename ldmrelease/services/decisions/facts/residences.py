"""Where and how long the release's images ran, at the places that somebody asks for."""

from ldmrelease.domain.facts import ImageResidence
from ldmrelease.domain.topology import Application, Place
from ldmrelease.policy.engine import residence_places
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.residences import residences_at


def gather(inquiry: Inquiry) -> tuple[ImageResidence, ...]:
    """The residences of the release's images by the observations that count, wherever a requirement looks at them."""
    applications, question = inquiry.release.context.topology.applications, inquiry.question
    places = [(each.place, each.level) for each in applications]
    asked = residence_places(inquiry.requirements, question.intent, question.place, places)
    known = inquiry.release.once(_ResidencesByPlace)
    return tuple(found for each in applications if each.place in asked for found in known.at(each))


class _ResidencesByPlace:
    """The residences of a release's images, each place's read once."""

    def __init__(self, about: ReleaseInquiry) -> None:
        self._about = about
        self._names = ImageNames(about.context)
        self._known: dict[Place, list[ImageResidence]] = {}

    def at(self, application: Application) -> list[ImageResidence]:
        place, about = application.place, self._about
        if place not in self._known:
            found = residences_at(about.context, self._names, application, about.pinned.release)
            self._known[place] = found
        return self._known[place]
