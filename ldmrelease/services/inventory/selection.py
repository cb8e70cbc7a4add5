"""Which places, releases and images of the inventory are meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.where import PlaceComponent, PlaceRow, UnobservedPlace

if TYPE_CHECKING:
    from ldmrelease.services.inventory.comparison import LiveComponent
    from ldmrelease.services.inventory.image_query import ImageQuery

_PREFIX = "sha256:"


class ImageFilters(Struct, frozen=True):
    """What an image has to be, all of it; None is anything.

    release, revision: of a release (`product/tag`), and of which of its pins.
    component: of a component, by its name or `product/component`.
    image: the image itself.
    """

    release: str | None = None
    revision: int | None = None
    component: str | None = None
    image: ImageQuery | None = None

    def has_component(self, product: str, component: str) -> bool:
        """Whether a component is meant."""
        return self.component in (None, component, f"{product}/{component}")

    def has_release(self, release: str | None, revision: int | None) -> bool:
        """Whether a release is meant; one whose revision is not known is of any."""
        return self.release in (None, release) and (
            None in (self.revision, revision) or self.revision == revision
        )


class PlaceSelection(Struct, frozen=True):
    """What is meant; None means everything.

    places: those that a target names: a level, an environment, or one place.
    releases: the names (`product/tag`) that a tag may mean, product by product.
    spelling: an image's tag or reference.
    digest: the beginning of an image's digest.
    is_tag: whether it can be read as a tag of some product, or as a digest: else nothing by that name is a mistake.
    filters: what has to hold besides.
    """

    product: str | None = None
    places: frozenset[Place] | None = None
    releases: frozenset[str] | None = None
    spelling: str | None = None
    digest: str | None = None
    is_tag: bool = True
    filters: ImageFilters = field(default_factory=ImageFilters)

    def has_place(self, place: Place) -> bool:
        """Whether a place is meant."""
        return self.places is None or place in self.places

    @property
    def is_of_places(self) -> bool:
        """Whether places are meant whatever runs there."""
        return self.product is None and self.releases is None and self.filters == ImageFilters()

    def has_image(self, release: str | None, spelling: str, digest: str) -> bool:
        """Whether an image is meant: by its release in any spelling, its tag, or its digest."""
        if self.releases is None:
            return True
        if release in self.releases or spelling == self.spelling:
            return True
        return self.digest is not None and digest.startswith(self.digest)


def select(
    topology: Topology,
    what: str | None,
    *,
    product: str | None = None,
    places: frozenset[Place] | None = None,
    filters: ImageFilters | None = None,
) -> PlaceSelection:
    """What somebody means by a release, an image tag, a digest or a place."""
    filters = filters or ImageFilters()
    if what is None:
        return PlaceSelection(product, places, filters=filters)
    meant = applications_at(topology, what)
    if not isinstance(meant, UnknownTarget):
        own = frozenset(each.place for each in meant)
        return PlaceSelection(product, own if places is None else own & places, filters=filters)
    spelled = {
        each.name: parse(what.removeprefix(f"{each.name}/"), each.grammar).git for each in topology.products
    }
    releases = {f"{name}/{git}" for name, git in spelled.items() if git is not None} | {what}
    digest = what if what.startswith(_PREFIX) and len(what) > len(_PREFIX) else None
    is_tag = digest is not None or len(releases) > 1
    return PlaceSelection(product, places, frozenset(releases), what, digest, is_tag, filters)


def selected_applications(topology: Topology, selection: PlaceSelection) -> list[Application]:
    """The applications at the places that are meant."""
    return [each for each in topology.applications if selection.has_place(each.place)]


def selected_rows(topology: Topology, rows: Iterable[PlaceRow], selection: PlaceSelection) -> list[PlaceRow]:
    """The rows that are meant; a place that nobody has observed only where places are."""
    return [each for each in rows if selection.has_place(each.place) and _is_meant(topology, each, selection)]


def _is_meant(topology: Topology, row: PlaceRow, selection: PlaceSelection) -> bool:
    if isinstance(row, UnobservedPlace):
        return selection.is_of_places
    return is_image_meant(topology, selection, row)


def is_image_meant(topology: Topology, selection: PlaceSelection, row: PlaceComponent) -> bool:
    """Whether an image at a place is meant, whatever the place is."""
    filters = selection.filters
    if selection.product not in (None, row.product) or not filters.has_component(row.product, row.component):
        return False
    if not selection.has_image(row.release, row.spelling, row.digest):
        return False
    own = repositories_at(topology, row.place, row.product, row.component)
    return filters.has_release(row.release, row.revision) and (
        filters.image is None or filters.image.has(own, row.spelling, row.digest, row.foreign)
    )


def repositories_at(topology: Topology, place: Place, product: str, component: str) -> OwnRepositories | None:
    """Where the images of a component may be at a place; None of one that the workspace does not have any more."""
    known = topology.product(product)
    source = known.component(component) if known is not None else None
    there = topology.application(place)
    if source is None:
        return None
    return OwnRepositories(
        source.source,
        there.registry if there is not None else None,
        there.mirrors if there is not None else (),
    )


def selected_live(
    topology: Topology, rows: Iterable[LiveComponent], selection: PlaceSelection
) -> list[LiveComponent]:
    """The rows of which anything is meant: what is desired, what was admitted, or what runs."""
    return [each for each in rows if _is_live_meant(topology, each, selection)]


def _is_live_meant(topology: Topology, row: LiveComponent, selection: PlaceSelection) -> bool:
    filters = selection.filters
    if selection.product not in (None, row.product) or not filters.has_component(row.product, row.component):
        return False
    images: list[tuple[str | None, str, str]] = [(None, "", "")]
    if row.desired is not None:
        images.append((row.desired.release, row.desired.spelling, row.desired.digest or ""))
    if row.decided is not None:
        images.append((row.decided.release, row.decided.spelling, row.decided.digest))
    if row.observed is not None:
        images += [(row.observed.release, row.observed.spelling, each) for each in row.observed.digests]
    own = repositories_at(topology, row.place, row.product, row.component)
    return any(
        selection.has_image(*each)
        and filters.has_release(each[0], None)
        and (filters.image is None or filters.image.has(own, each[1], each[2]))
        for each in images
    )
