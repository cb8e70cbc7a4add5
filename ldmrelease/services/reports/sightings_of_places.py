"""The sightings of places, from the observations that count, each image by the name that it has there."""

from collections.abc import Iterable
from datetime import timedelta

from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.site_registry import FOREIGN_IMAGE
from ldmrelease.domain.topology import Place
from ldmrelease.projections.residences import Seen
from ldmrelease.services.inventory.image_names import ImageNames, spelling_of
from ldmrelease.services.inventory.observation_at import observations_between
from ldmrelease.services.inventory.observed_rows import observed_rows
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.reports.stretches import Period, PlaceImage, PlaceRecord, PlaceSighting, place_record


def observed_place(
    context: ReleaseHistory, names: ImageNames, place: Place, period: Period | None = None
) -> PlaceRecord:
    """Everything that was seen at a place and counts; over a period, with what was seen right before and after it.

    Of observations that saw the same in an unbroken row no more is read than the first and the last one.
    """
    if period is None:
        found: Iterable[Seen] = observed_rows(context, place, names.turns(place))
    else:
        # What was seen at its very beginning belongs to it, all of it.
        begin = period.begin - timedelta(seconds=1)
        told = observations_between(context, place, begin, period.end)
        around = (told.last, *told.within, told.next)
        found = [Seen(each.sequence, each.observation) for each in around if each is not None]
    return place_record(place, (_sighting(names, each) for each in found))


def _sighting(names: ImageNames, each: Seen) -> PlaceSighting:
    seen = each.observation
    images = tuple(_image(names, seen, image, each.sequence) for image in seen.images)
    return PlaceSighting(each.sequence, seen.time, seen.every, images, seen.cause, each.unbroken)


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
