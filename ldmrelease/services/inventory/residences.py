"""Residences of a release's images, from observations whose signatures count (design section 5; trust.md section 2)."""

from ldmrelease.domain.events.place import ObservedImage
from ldmrelease.domain.facts import ImageResidence
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections.observed import ResidenceState, Span, residences_of
from ldmrelease.projections.residences import (
    PROJECTION,
    Reading,
    States,
    image_residence_keys,
    replayed,
)
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import observations_of_images
from ldmrelease.services.needs import ReleaseHistory


def residences_at(
    context: ReleaseHistory, names: ImageNames, application: Application, release: Release
) -> list[ImageResidence]:
    """The residences of a release's images at a place, component by component, oldest first.

    They are folded from the verified observations alone, by the images' digests, whatever they were called there.
    """
    place, product = application.place, release.product
    parts = [each for each in release.images if each.name in application.components(product)]
    if not parts:
        return []
    for part in parts:
        # Not for what they say: an observation that changes something of the image's moves them, and an append.
        now_key, ended_prefix = image_residence_keys(place, product, part.name, part.digest)
        context.ledger.state(PROJECTION, now_key)
        context.ledger.states(PROJECTION, ended_prefix)
    digests = {digest for part in parts for digest in part.identity.digests()}
    seen = [(each.sequence, each.observation) for each in observations_of_images(context, place, digests)]
    if not seen:
        return []

    def admitted(place: Place, image: ObservedImage, at: int) -> bool:
        return _is_admitted(names, place, image, at)

    states = replayed(seen), replayed(seen, Reading(counts=admitted))
    found = [each for part in parts for each in _residences(application, part, *states)]
    return sorted(found, key=lambda each: (each.component, each.first, each.last, each.digest))


def _is_admitted(names: ImageNames, place: Place, image: ObservedImage, at: int) -> bool:
    """Whether an admission that stood then had let this very image in, as a part of whatever release: a decision, and
    neither an emergency nor a going back to what was only found.
    """
    let_in = names.standing(place, image.product, at)
    standing = {each.release for each in let_in if not each.found and not each.emergency}
    pins = names.pins(image.product, image.component, image.digest) if standing else []
    return any(each.digest in standing for each in pins)


def _residences(
    application: Application, part: Component, states: States, admitted: States
) -> list[ImageResidence]:
    found = []
    for digest in sorted(part.identity.digests()):
        counted = {_event(each): each.span for each in _of(admitted, application.place, part, digest)}
        found += [
            _residence(application, each, counted[_event(each)])
            for each in _of(states, application.place, part, digest)
        ]
    return found


def _of(states: States, place: Place, part: Component, digest: str) -> list[ResidenceState]:
    def read(prefix: str) -> States:
        return {key: state for key, state in states.items() if key.startswith(prefix)}

    return [
        each for each in residences_of(read, digest) if each.place == place and each.component == part.name
    ]


def _event(state: ResidenceState) -> tuple[str, int]:
    """A residence, in whichever reading: it has the same beginning and end."""
    return state.digest, state.span.begun


def _residence(application: Application, state: ResidenceState, admitted: Span) -> ImageResidence:
    span = state.span
    return ImageResidence(
        place=application.place,
        level=application.level,
        component=state.component,
        digest=state.digest,
        first=span.first,
        last=span.last,
        observed=span.observed,
        admitted=admitted.observed if admitted.pieces else None,
        current=span.current,
        ended=span.ended,
    )
