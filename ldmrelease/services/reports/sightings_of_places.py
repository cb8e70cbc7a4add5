"""The sightings of places, from the observations that count, each image by the name that it has there."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.site_registry import FOREIGN_IMAGE
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.image_names import ImageNames, spelling_of
from ldmrelease.services.inventory.observation_at import observations_between
from ldmrelease.services.inventory.observations import PlaceObservation, counted_observations
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.reports.stretches import Period, PlaceImage, PlaceRecord, PlaceSighting, place_record


def observed_place(
    context: ReleaseHistory, names: ImageNames, place: Place, period: Period | None = None
) -> PlaceRecord:
    """Everything that was seen at a place and counts; over a period, with what was seen right before and after it."""
    return place_record(place, _sightings(names, _observations(context, place, period)))


def _observations(context: ReleaseHistory, place: Place, period: Period | None) -> Iterable[PlaceObservation]:
    if period is None:
        return counted_observations(context, place)
    # What was seen at its very beginning belongs to it, all of it.
    found = observations_between(context, place, period.begin - timedelta(seconds=1), period.end)
    return [each for each in (found.last, *found.within, found.next) if each is not None]


def _sightings(names: ImageNames, told: Iterable[PlaceObservation]) -> Iterator[PlaceSighting]:
    for each in told:
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
