"""What the images at places are called: the rule of `projections.naming` with what the ledger has of a place."""

from collections.abc import Iterator

from ldmrelease.domain import canonical
from ldmrelease.domain.events.place import ObservedImage
from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.topology import Place
from ldmrelease.projections.naming import (
    Admission,
    NamedImage,
    PinnedImage,
    SeenImage,
    name_image,
    standing,
)
from ldmrelease.services.inventory.admission_times import admissions_at
from ldmrelease.services.known_pins import PinRecord
from ldmrelease.services.needs import ReleaseHistory


class ImageNames:
    """Names images; reads the admissions of each place, the pins of each digest and each spelling once."""

    def __init__(self, context: ReleaseHistory) -> None:
        self._context = context
        self._admissions: dict[Place, tuple[Admission, ...]] = {}
        self._pins: dict[str, list[tuple[PinRecord, Release]]] = {}
        self._rebuilt: dict[str, bool] = {}
        self._images: dict[tuple[str, str, str], list[PinnedImage]] = {}
        self._spelled: dict[tuple[str, str, str | None], str | None] = {}

    def of_observed(self, place: Place, image: ObservedImage, at: int) -> NamedImage:
        """What an image is called that the event `at` saw at a place."""
        return self.of(
            place, image.product, image.component, image.digest, image.spelling, image.first or at, at
        )

    def of(
        self,
        place: Place,
        product: str,
        component: str,
        digest: str,
        tag: str | None,
        first: int,
        at: int,
    ) -> NamedImage:
        """What an image of a component is called at a place, as of the event `at`; `first` as in `SeenImage`."""
        seen = SeenImage(digest, self.spelled(product, component, tag), first)
        let_in = self.standing(place, product, at)
        return name_image(seen, let_in, self.pins(product, component, digest))

    def standing(self, place: Place, product: str, at: int) -> tuple[Admission, ...]:
        """The admissions of a product at a place that stood at an event, the newest first."""
        application = self._context.topology.application(place)
        keeps_many = application is not None and application.target.capabilities.keeps_many
        return standing(self._all(place), product, at, keeps_many=keeps_many)

    def settled(self, place: Place, product: str, at: int) -> list[Admission]:
        """Every admission of a product at a place that is settled and stood at an event, the newest first."""
        found = standing(self._all(place), product, at, keeps_many=True)
        return [each for each in found if each.time is not None]

    def turns(self, place: Place) -> tuple[int, ...]:
        """The events from which on an image may be called otherwise at a place: admissions begin or end there."""
        found = self._all(place)
        return tuple(at for each in found for at in (each.begin, each.end) if at is not None)

    def _all(self, place: Place) -> tuple[Admission, ...]:
        if place not in self._admissions:
            self._admissions[place] = admissions_at(self._context, place)
        return self._admissions[place]

    def pins(self, product: str, component: str, digest: str) -> list[PinnedImage]:
        """The pins whose image of the component has this digest, oldest first."""
        key = (product, component, digest)
        if key not in self._images:
            self._images[key] = list(self._pinned(product, component, digest)) if digest else []
        return self._images[key]

    def _pinned(self, product: str, component: str, digest: str) -> Iterator[PinnedImage]:
        for pin, release in self._releases(digest):
            part = release.component(component) if release.product == product else None
            if part is not None and digest in part.identity.digests():
                yield PinnedImage(
                    pin.event.sequence,
                    release.name,
                    pin.body.digest,
                    release.complete,
                    part,
                    pin.body.revision,
                )

    def is_rebuilt(self, release: str | None) -> bool:
        """Whether another image was ever pinned under the tag of `product/tag`: its revisions have to be told apart."""
        if release is None:
            return False
        if release not in self._rebuilt:
            product, _, tag = release.partition("/")
            # Where an image has changed, a revision needs a reason; where more of an open release is there, none.
            found = self._context.pins.revisions(product, tag)
            self._rebuilt[release] = any(each.body.reason is not None for each in found)
        return self._rebuilt[release]

    def with_revision(self, release: str, digest: str) -> str:
        """The tag of `product/tag`, as a revision of it is asked for (`1.6.0@2`) where it was pinned with other images:
        the one that a digest is of, its own or that of an image. The tag alone where several have it.
        """
        product, _, tag = release.partition("/")
        if not self.is_rebuilt(release):
            return tag
        pins = [each.body for each in self._context.pins.revisions(product, tag)]
        found = [each.revision for each in pins if digest in (each.digest, *each.digests)]
        return f"{tag}@{found[0]}" if len(found) == 1 else tag

    def spelled(self, product: str, component: str, tag: str | None) -> str | None:
        """`product/tag` of the release that an image's tag spells, None where it spells none."""
        key = (product, component, tag)
        if key not in self._spelled:
            self._spelled[key] = self._spelled_by(product, component, tag)
        return self._spelled[key]

    def _spelled_by(self, product: str, component: str, tag: str | None) -> str | None:
        known = self._context.topology.product(product)
        source = known.component(component) if known is not None else None
        if tag is None or known is None or source is None:
            return None
        parsed = tag_pattern_match(source.spelling, tag, known.grammar)
        return f"{product}/{parsed.name}" if parsed is not None and parsed.name is not None else None

    def _releases(self, digest: str) -> list[tuple[PinRecord, Release]]:
        if digest not in self._pins:
            self._pins[digest] = [
                (each, canonical.decode(self._context.ledger.blob(each.body.document), Release))
                for each in self._context.pins.with_digest(digest)
            ]
        return self._pins[digest]


def spelling_of(named: NamedImage, digest: str, spelling: str, spelled: str | None) -> str:
    """How an image is spelled: as the place's text spells it, apart from a text that names another release already,
    to which nothing has come yet.
    """
    if named.pin is not None and (spelled not in (None, named.pin.release) or spelling == digest):
        return named.pin.component.spelling
    return spelling
