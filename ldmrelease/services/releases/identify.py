"""What a digest or a tag that was seen stands for: the image of a component, and the release that it belongs to."""

from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.release import Component as Pinned
from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import Grammar, tag_pattern_match
from ldmrelease.domain.topology import Application, ComponentSource, Topology
from ldmrelease.services.needs import PinLookup

if TYPE_CHECKING:
    from ldmrelease.registry.opening import Registries


class ProductComponent(Struct, frozen=True):
    """A component that runs at a place, with the product that it is a part of."""

    product: str
    grammar: Grammar
    source: ComponentSource


class IdentifiedImage(Struct, frozen=True):
    """An image by its component's digest, which is that of its index.

    `release` is the digest of the pinned release that it belongs to, None where no pin has it; `spelling` is
    the tag there, or else what was seen.
    """

    digest: str
    spelling: str
    release: str | None


def components_of(topology: Topology, application: Application) -> dict[str, ProductComponent]:
    """What runs at the place, by the component's name."""
    found = {}
    for product in topology.products:
        for name in application.components(product.name):
            source = product.component(name)
            if source is not None:
                found[name] = ProductComponent(product.name, product.grammar, source)
    return found


def resolve(registries: "Registries", component: ProductComponent, tag: str | None) -> str | None:
    """The digest that a tag leads to now, at the component's source. Raises `RegistryError`."""
    if tag is None:
        return None
    found = registries.open(parse_reference(component.source.source)).resolve(tag)
    return found.digest if found is not None else None


def identify(
    context: PinLookup, component: ProductComponent, digest: str, tag: str | None, said: str | None = None
) -> IdentifiedImage:
    """What a digest stands for: any name of an image's identity leads to its index.

    Several releases may have one image: the one of the `tag`, then the one that is `said`, then the latest.
    """
    by_tag = _name_of(component, tag)

    def preference(each: tuple[Release, str]) -> tuple[bool, bool]:
        return each[0].name != by_tag, each[1] != said

    found = _releases(context, component, digest)
    if not found:
        return IdentifiedImage(digest, tag or digest, None)
    release, own = min(found, key=preference)
    part = release.component(component.source.name)
    assert part is not None
    # A workload that names another tag has not led its pods there yet: they are called by what they run.
    says_another = by_tag is not None and by_tag != release.name
    return IdentifiedImage(part.digest, part.spelling if says_another else tag or part.spelling, own)


def _releases(context: PinLookup, component: ProductComponent, digest: str) -> list[tuple[Release, str]]:
    """The pinned releases whose image of the component has this digest, the latest first, with their digests."""
    found = []
    for name in reversed(context.pins.names_of(digest)):
        product, _, tag = name.partition("/")
        for pinned in reversed(context.pins.revisions(product, tag) if product == component.product else []):
            release = canonical.decode(context.ledger.blob(pinned.body.document), Release)
            if _has(release.component(component.source.name), digest):
                found.append((release, pinned.body.digest))
    return found


def _has(part: Pinned | None, digest: str) -> bool:
    return part is not None and digest in part.identity.digests()


def _name_of(component: ProductComponent, tag: str | None) -> str | None:
    """`product/tag` of the release that an image's tag says, if it says one."""
    if tag is None:
        return None
    parsed = tag_pattern_match(component.source.spelling, tag, component.grammar)
    return f"{component.product}/{parsed.name}" if parsed is not None else None
