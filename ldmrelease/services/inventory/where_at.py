"""Which release ran where at a time in the past: what the signed observations around it say."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application
from ldmrelease.services.inventory.gone_places import NO_LEVEL
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observation_at import ObservationsAround, observation_at
from ldmrelease.services.inventory.where import (
    PlaceComponent,
    PlaceRow,
    UnobservedPlace,
    components_seen,
    image_key,
)
from ldmrelease.services.needs import ReleaseHistory


def where_at(
    context: ReleaseHistory, moment: datetime, applications: Iterable[Application]
) -> Iterator[PlaceRow]:
    """The places of these applications with what they ran at a time, in their order.

    Where the observations around it are too far apart the state is `unobserved`, with what was seen last, and when
    somebody looked next. What an image was called then is told by all that is known: `known_at.as_known` limits it.
    """
    names = ImageNames(context)
    for application in applications:
        around = observation_at(context, application.place, moment)
        after = spell(around.next.observation.time) if around.next is not None else None
        if around.last is None and around.next is None and application.level == NO_LEVEL:
            # A row that nobody signed says that somebody observed it.
            continue
        if around.last is None:
            yield UnobservedPlace(application.place, application.level, after)
            continue
        for each in components_seen(names, application, around.last, spoken=around.speaks):
            yield replace(each, next=after, gone=_is_gone(each, around))


def _is_gone(row: PlaceComponent, around: ObservationsAround) -> bool:
    """Whether the observation behind the moment did not see the image any more."""
    if around.next is None:
        return False
    seen = {(each.product, each.component, image_key(each)) for each in around.next.observation.images}
    return (row.product, row.component, row.digest or row.spelling) not in seen
