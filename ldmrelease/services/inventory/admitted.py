"""What promotions have admitted to a place, with a receipt or scaled to zero, and the one that is at work there."""

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.streams import StepId
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place, Product, Topology
from ldmrelease.projections.naming import Admission
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import PlaceObservation, latest_observation
from ldmrelease.services.inventory.promotions import PromotionSummary, open_promotions
from ldmrelease.services.needs import ReleaseHistory

_AT_WORK = ("running", "halting", "restoring")


class ImageAdmission(Struct, frozen=True):
    """An image that was admitted: `release` is `product/tag`, `time` that of the receipt of `promotion`."""

    release: str
    spelling: str
    digest: str
    promotion: str
    time: str


class AdmittedImage(Struct, frozen=True):
    """A decided image with all the digests by which it may be seen."""

    decided: ImageAdmission
    digests: frozenset[str]


class ActivePromotion(Struct, frozen=True):
    """A promotion that is changing a place now; `release` is the digest of the release that it brings."""

    promotion: str
    release: str


class PendingImage(Struct, frozen=True):
    """An image of a promotion that was let in and has not written it: it waits for somebody, `who` (roles)."""

    promotion: str
    release: str
    digests: frozenset[str]
    who: tuple[str, ...] = ()


class PinnedTag(Struct, frozen=True):
    """What is pinned for a tag: the image's `digest` in the newest pin, and all `digests` of all of them."""

    digest: str
    digests: frozenset[str]


class Admissions:
    """Reads what was decided from the ledger, place by place, and names what is there by it."""

    def __init__(self, context: ReleaseHistory) -> None:
        self._context = context
        self._names = ImageNames(context)
        self._now = context.ledger.head().size + 1
        self._latest: dict[Place, PlaceObservation | None] = {}
        self._releases: dict[str, Release | None] = {}
        self._open: list[PromotionSummary] | None = None

    def newest(self, place: Place, product: Product, component: str) -> AdmittedImage | None:
        """The component's image in the last release of the product that has a receipt at the place."""
        settled = self._names.settled(place, product.name, self._now)
        known = (each for each in settled if self.release(each.release) is not None)
        newest = next(known, None)
        return self._allowed(newest, component) if newest is not None else None

    def earlier(self, place: Place, product: Product, component: str) -> frozenset[str]:
        """Every digest of the component's images that were admitted at the place before the newest was, and were
        other ones.
        """
        settled = self._names.settled(place, product.name, self._now)
        found = [part for each in settled if (part := self.image(each.release, component)) is not None]
        newest = found[0].identity.digests() if found else frozenset()
        return frozenset[str]().union(*(each.identity.digests() for each in found[1:])) - newest

    def pending(self, place: Place, product: Product, component: str) -> PendingImage | None:
        """The component's image in a release that was let in there by a promotion that waits and has not written it."""
        for each in self._still_open():
            journal, request = each.journal, each.request
            if journal is None or request is None or place not in each.left() or each.state in _AT_WORK:
                continue
            ruling = journal.ruling(place, DecisionStage.ENTER) or journal.ruling(place, DecisionStage.ASK)
            if (
                ruling is None
                or ruling.verdict is not Verdict.ALLOWED
                or request.body.product != product.name
            ):
                continue
            part = self.image(request.body.release, component)
            if part is not None and not journal.step(str(StepId(place, StepKind.APPLY))).intended:
                name = f"{request.body.product}/{request.body.tag}"
                return PendingImage(each.promotion, name, part.identity.digests(), journal.who)
        return None

    def of_image(
        self, place: Place, product: Product, component: str, tag: str | None, digest: str | None
    ) -> AdmittedImage | None:
        """The image of the release that a menu's tag spells, or else that has the digest, as it was last admitted."""
        settled = self._names.settled(place, product.name, self._now)
        spelled = self._names.spelled(product.name, component, tag)
        same = {each.digest for each in self._names.pins(product.name, component, digest or "")}
        found = [each for each in settled if each.name == spelled]
        found += [each for each in settled if each.release in same]
        return self._allowed(found[0], component) if found else None

    def name_of(
        self, place: Place, product: str, component: str, digest: str | None, tag: str | None
    ) -> str | None:
        """`product/tag` of what an image is called at the place now, by any digest of its identity."""
        if not digest:
            return None
        first = self._first(place, product, component, digest, tag)
        return self._names.of(place, product, component, digest, tag, first, self._now).release

    def _first(self, place: Place, product: str, component: str, digest: str, tag: str | None) -> int:
        """Since when it is there as observed; from now on where nobody has seen it yet."""
        if place not in self._latest:
            self._latest[place] = latest_observation(self._context, place)
        latest = self._latest[place]
        for each in latest.observation.images if latest is not None else ():
            if (each.product, each.component) == (product, component) and each.spelling == (tag or digest):
                same = self._names.pins(product, component, digest)
                if each.digest == digest or any(
                    each.digest in pin.component.identity.digests() for pin in same
                ):
                    return each.first or (latest.sequence if latest is not None else self._now)
        return self._now

    def pinned_for(self, product: str, component: str, tag: str | None) -> PinnedTag | None:
        """The component's images that were ever pinned for the release that a tag spells; None without one."""
        name = self._names.spelled(product, component, tag)
        if name is None:
            return None
        revisions = self._context.pins.revisions(product, name.partition("/")[2])
        found = [part for each in revisions if (part := self.image(each.body.digest, component)) is not None]
        if not found:
            return None
        digests = frozenset[str]().union(*(each.identity.digests() for each in found))
        return PinnedTag(found[-1].digest, digests)

    def at_work(self, place: Place) -> ActivePromotion | None:
        """The promotion that is changing the place now."""
        for each in self._still_open():
            if each.request is not None and place in each.places and each.state in _AT_WORK:
                return ActivePromotion(each.promotion, each.request.body.release)
        return None

    def _still_open(self) -> list[PromotionSummary]:
        if self._open is None:
            self._open = list(open_promotions(self._context))
        return self._open

    def image(self, release_digest: str, component: str) -> Component | None:
        """The component of a pinned release."""
        release = self.release(release_digest)
        return release.component(component) if release is not None else None

    def release(self, digest: str) -> Release | None:
        """The pinned release that has this digest."""
        if digest not in self._releases:
            self._releases[digest] = self._stored(digest)
        return self._releases[digest]

    def _allowed(self, admission: Admission, component: str) -> AdmittedImage | None:
        found = self.image(admission.release, component)
        if found is None or admission.time is None:
            return None
        decided = ImageAdmission(
            admission.name, found.spelling, found.digest, admission.promotion, spell(admission.time)
        )
        return AdmittedImage(decided, found.identity.digests())

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
