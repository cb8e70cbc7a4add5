"""The sightings of places, from the observations that count, each image by the name that it has there."""

from collections.abc import Iterator

from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.site_registry import FOREIGN_IMAGE
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.image_names import ImageNames, spelling_of
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.reports.stretches import PlaceImage, PlaceRecord, PlaceSighting, place_record


def observed_place(context: ReleaseHistory, names: ImageNames, place: Place) -> PlaceRecord:
    """Everything that was seen at a place and counts."""
    return place_record(place, _sightings(context, names, place))


def _sightings(context: ReleaseHistory, names: ImageNames, place: Place) -> Iterator[PlaceSighting]:
    for each in counted_observations(context, place):
        seen = each.observation
        images = tuple(_image(names, seen, image, each.sequence) for image in seen.images)
        yield PlaceSighting(each.sequence, seen.time, seen.every, images, seen.cause)


def _image(names: ImageNames, seen: Observation, image: ObservedImage, sequence: int) -> PlaceImage:
    named = names.of_observed(seen.place, image, sequence)
    spelled = names.spelled(image.product, image.component, image.spelling)
    if image.foreign is not None:
        state = FOREIGN_IMAGE
    else:
        state = image.state or ("committed" if seen.basis == "committed" else "running")
    return PlaceImage(
        product=image.product,
        component=image.component,
        spelling=spelling_of(named, image.digest, image.spelling, spelled),
        digest=image.digest,
        release=named.release,
        named=named.by,
        state=state,
        promotion=named.admission.promotion if named.admission is not None else None,
    )
