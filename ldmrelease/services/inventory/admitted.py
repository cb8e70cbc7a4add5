"""What promotions have admitted to a place, with a receipt or scaled to zero, and the one that is at work there."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place, Product, Topology
from ldmrelease.services.inventory.promotions import PromotionSummary, open_promotions
from ldmrelease.services.inventory.receipts import AdmittedRelease, admissions
from ldmrelease.services.needs import ReleaseHistory

_AT_WORK = ("running", "halting", "restoring")


class Admission(Struct, frozen=True):
    """An image that was admitted: `release` is `product/tag`, `time` that of the receipt of `promotion`."""

    release: str
    spelling: str
    digest: str
    promotion: str
    time: str


class AdmittedImage(Struct, frozen=True):
    """A decided image with all the digests by which it may be seen."""

    decided: Admission
    digests: frozenset[str]


class ActivePromotion(Struct, frozen=True):
    """A promotion that is changing a place now; `release` is the digest of the release that it brings."""

    promotion: str
    release: str


class Admissions:
    """Reads what was decided from the ledger's projections, by key."""

    def __init__(self, context: ReleaseHistory) -> None:
        self._context = context
        self._releases: dict[str, Release | None] = {}
        self._entered: dict[Place, list[AdmittedRelease]] = {}
        self._open: list[PromotionSummary] | None = None

    def newest(self, place: Place, product: Product, component: str) -> AdmittedImage | None:
        """The component's image in the last release of the product that has a receipt at the place."""
        for entered in self._admissions(place):
            release = self.release(entered.release)
            if release is not None and release.product == product.name:
                return _allowed(release, component, entered)
        return None

    def of_image(
        self, place: Place, product: Product, component: str, tag: str | None, digest: str | None
    ) -> AdmittedImage | None:
        """The image of the release that a menu's tag spells, or else that has the digest, as it was last admitted."""
        for name in self._names(product, component, tag, digest):
            found: list[tuple[int, AdmittedImage]] = []
            for revision in self._context.pins.revisions(*name.split("/", 1)):
                own = revision.body.digest
                entered = next((each for each in self._admissions(place) if each.release == own), None)
                release = self.release(own) if entered is not None else None
                allowed = _allowed(release, component, entered) if release and entered else None
                if allowed is not None and entered is not None:
                    found.append((entered.sequence, allowed))
            if found:
                return max(found, key=lambda each: each[0])[1]
        return None

    def _names(self, product: Product, component: str, tag: str | None, digest: str | None) -> Iterator[str]:
        source = product.component(component)
        parsed = (
            tag_pattern_match(source.spelling, tag, product.grammar)
            if source is not None and tag is not None
            else None
        )
        if parsed is not None and parsed.name is not None:
            yield f"{product.name}/{parsed.name}"
        if digest is not None:
            yield from self._context.pins.names_of(digest)

    def at_work(self, place: Place) -> ActivePromotion | None:
        """The promotion that is changing the place now."""
        if self._open is None:
            self._open = [each for each in open_promotions(self._context) if each.state in _AT_WORK]
        for each in self._open:
            if each.request is not None and place in each.places:
                return ActivePromotion(each.promotion, each.request.body.release)
        return None

    def image(self, release_digest: str, component: str) -> Component | None:
        """The component of a pinned release."""
        release = self.release(release_digest)
        return release.component(component) if release is not None else None

    def release(self, digest: str) -> Release | None:
        """The pinned release that has this digest."""
        if digest not in self._releases:
            self._releases[digest] = self._stored(digest)
        return self._releases[digest]

    def name_of(self, digest: str | None) -> str | None:
        """`product/tag` of the newest release that has an image, by any digest of its identity."""
        names = self._context.pins.names_of(digest) if digest else None
        return names[-1] if names else None

    def _admissions(self, place: Place) -> list[AdmittedRelease]:
        """The admissions of a place, the newest first."""
        if place not in self._entered:
            self._entered[place] = list(admissions(self._context, place))
        return self._entered[place]

    def _stored(self, digest: str) -> Release | None:
        found = self._context.pins.of_release(digest)
        if found is None:
            return None
        return canonical.decode(self._context.ledger.blob(found.body.document), Release)


def product_of(topology: Topology, application: Application, component: str) -> Product | None:
    """The product whose component of that name runs there."""
    for product in topology.products:
        if component in application.components(product.name):
            return product
    return None


def _allowed(release: Release, component: str, entered: AdmittedRelease) -> AdmittedImage | None:
    found = release.component(component)
    if found is None:
        return None
    decided = Admission(release.name, found.spelling, found.digest, entered.promotion, spell(entered.time))
    return AdmittedImage(decided, found.identity.digests())
