"""Which places, releases and images of the inventory are meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.where import PlaceComponent, UnobservedPlace

if TYPE_CHECKING:
    from ldmrelease.services.inventory.comparison import LiveComponent

_PREFIX = "sha256:"


class PlaceSelection(Struct, frozen=True):
    """What is meant; None means everything.

    places: those that a target names: a level, an environment, or one place.
    releases: the names (`product/tag`) that a tag may mean, product by product.
    spelling: an image's tag or reference.
    digest: the beginning of an image's digest.
    is_tag: whether it can be read as a tag of some product, or as a digest: else nothing by that name is a mistake.
    """

    product: str | None = None
    places: frozenset[Place] | None = None
    releases: frozenset[str] | None = None
    spelling: str | None = None
    digest: str | None = None
    is_tag: bool = True

    def has_place(self, place: Place) -> bool:
        """Whether a place is meant."""
        return self.places is None or place in self.places

    @property
    def is_of_places(self) -> bool:
        """Whether places are meant whatever runs there."""
        return self.product is None and self.releases is None

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
) -> PlaceSelection:
    """What somebody means by a release, an image tag, a digest or a place."""
    if what is None:
        return PlaceSelection(product, places)
    meant = applications_at(topology, what)
    if not isinstance(meant, UnknownTarget):
        own = frozenset(each.place for each in meant)
        return PlaceSelection(product, own if places is None else own & places)
    spelled = {
        each.name: parse(what.removeprefix(f"{each.name}/"), each.grammar).git for each in topology.products
    }
    releases = {f"{name}/{git}" for name, git in spelled.items() if git is not None} | {what}
    digest = what if what.startswith(_PREFIX) and len(what) > len(_PREFIX) else None
    is_tag = digest is not None or len(releases) > 1
    return PlaceSelection(product, places, frozenset(releases), what, digest, is_tag)


def selected_applications(topology: Topology, selection: PlaceSelection) -> list[Application]:
    """The applications at the places that are meant."""
    return [each for each in topology.applications if selection.has_place(each.place)]


def selected_rows(
    rows: Iterable[PlaceComponent | UnobservedPlace], selection: PlaceSelection
) -> list[PlaceComponent | UnobservedPlace]:
    """The rows that are meant; a place that nobody has observed only where places are."""
    return [each for each in rows if selection.has_place(each.place) and _is_meant(each, selection)]


def _is_meant(row: PlaceComponent | UnobservedPlace, selection: PlaceSelection) -> bool:
    if isinstance(row, UnobservedPlace):
        return selection.is_of_places
    return selection.product in (None, row.product) and selection.has_image(
        row.release, row.spelling, row.digest
    )


def selected_live(rows: Iterable[LiveComponent], selection: PlaceSelection) -> list[LiveComponent]:
    """The rows of which anything is meant: what is desired, what was admitted, or what runs."""
    return [each for each in rows if _is_live_meant(each, selection)]


def _is_live_meant(row: LiveComponent, selection: PlaceSelection) -> bool:
    if selection.product not in (None, row.product):
        return False
    images: list[tuple[str | None, str, str]] = [(None, "", "")]
    if row.desired is not None:
        images.append((row.desired.release, row.desired.spelling, row.desired.digest or ""))
    if row.decided is not None:
        images.append((row.decided.release, row.decided.spelling, row.decided.digest))
    if row.observed is not None:
        images += [(row.observed.release, row.observed.spelling, each) for each in row.observed.digests]
    return any(selection.has_image(*each) for each in images)
