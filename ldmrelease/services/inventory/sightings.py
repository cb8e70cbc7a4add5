"""What is seen at a place now, as its observations write it down: each image by one digest, and since when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events.place import Observation, ObservedImage, UnbrokenRow
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.projections.naming import Admission, NamedBy
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.releases.components import ProductComponent
from ldmrelease.trust.verify import Rejected


class Sightings:
    """The images of a place, put into the row of the observations before."""

    def __init__(self, context: ReleaseHistory, application: Application) -> None:
        self._context = context
        self._place = application.place
        self._names = ImageNames(context)
        self._now = context.ledger.head().size + 1
        self._before = latest_observation(context, application.place)

    def digest(self, component: ProductComponent, digest: str, tag: str | None) -> str:
        """The digest by which an image is written down, whichever one of its digests was seen.

        That is the one of its index, as far as a pin knows it; what is there already keeps the one that it has.
        """
        name = component.source.name
        there = [each.digest for each in self._images() if each.component == name and each.digest]
        if digest in there:
            return digest
        named = self._names.of(self._place, component.product, name, digest, tag, self._now, self._now)
        admitted = [named.pin] if named.by is NamedBy.ADMITTED and named.pin is not None else []
        for pin in admitted or self._names.pins(component.product, name, digest):
            known = next((each for each in there if each in pin.component.identity.digests()), None)
            if known is not None:
                return known
        return named.pin.component.digest if named.pin is not None else digest

    def admitted(self, component: ProductComponent, tag: str | None) -> str | None:
        """The digest of the image that was admitted with a receipt under this tag, if the place still spells the tag.

        Whoever builds a tag anew puts nothing there: what the tag names now has not been admitted, nor seen to run.
        """
        for admission in self._names.settled(self._place, component.product, self._now):
            pin = self._context.pins.of_release(admission.release)
            if pin is None or admission not in self._standing(component.product):
                continue
            release = canonical.decode(self._context.ledger.blob(pin.body.document), Release)
            part = release.component(component.source.name)
            if part is not None and part.spelling == tag:
                return part.digest
        return None

    def _standing(self, product: str) -> tuple[Admission, ...]:
        return self._names.standing(self._place, product, self._now)

    def since(self, images: Iterable[ObservedImage], now: datetime) -> tuple[ObservedImage, ...]:
        """The images with the time and the event that saw them first, which the signed observation before tells."""
        return tuple(self._since(each, now) for each in images)

    def _since(self, image: ObservedImage, now: datetime) -> ObservedImage:
        before = self._before
        known = [each for each in self._images() if _key(each) == _key(image)]
        if before is None or not known:
            return replace(image, since=now, first=None)
        spelled = [each.first or before.sequence for each in known if each.spelling == image.spelling]
        since = known[0].since or before.observation.time
        return replace(image, since=since, first=spelled[0] if spelled else None)

    def row(self, seen: Observation) -> UnbrokenRow | None:
        """The row that an observation goes on with; None where it differs from the one before, or comes too late."""
        before = self._before
        if before is None or not before.observation.saw_the_same(seen):
            return None
        gap = times.whole(seen.time) - times.whole(before.observation.time)
        if not timedelta(0) <= gap <= timedelta(seconds=seen.every):
            return None
        event = self._context.ledger.get(before.sequence)
        found = self._context.records.read(event, Observation)
        if event is None or isinstance(found, Rejected):
            return None
        first = before.observation.row.first if before.observation.row is not None else before.sequence
        return UnbrokenRow(first, event.stream_version, found.key.keyid)

    def _images(self) -> tuple[ObservedImage, ...]:
        return self._before.observation.images if self._before is not None else ()


def _key(image: ObservedImage) -> tuple[str, ...]:
    return image.product, image.component, *image.identity
