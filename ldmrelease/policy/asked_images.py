"""Which of a release's images have to be there at a place."""

from ldmrelease.domain.facts import Facts, ImageFact
from ldmrelease.domain.overlays import is_emergency


def asked_images(facts: Facts) -> tuple[ImageFact, ...]:
    """All of them; in an emergency those that the place does not run need not be, where nobody could be asked."""
    images = facts.release.images
    if not is_emergency(facts.overlay):
        return images
    own = facts.place_components.get(str(facts.place), ())
    return tuple(each for each in images if each.component in own or each.present is not None)
