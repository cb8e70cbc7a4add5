"""Which images of a tree are asked for: those of an environment, an application, a level, a product, a release, or that
image. Pure."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ldmrelease.domain.images import Reference, parse_reference
from ldmrelease.domain.tags import Tag, grammar_of, image_tag, parse
from ldmrelease.domain.topology import ComponentKind, ComponentSource, Place, Product, Topology
from ldmrelease.services.releases.components import own_repositories
from ldmrelease.trees.interface import TreeImage

PlacedImage = tuple[TreeImage, Place | None]


class UnknownImage(Struct, frozen=True):
    """Nothing in the tree is what was asked for; `known` are names of environments, applications and products."""

    what: str
    known: tuple[str, ...]


def selected_images(
    images: Sequence[PlacedImage], topology: Topology | None, what: str | None, product: str | None
) -> list[PlacedImage] | UnknownImage:
    """Those that are meant; topology: the workspace's, None where a folder is looked at without one.

    A release is known by the tags that its components have in their repositories.
    """
    found = [each for each in images if product is None or _is_of_product(each, topology, product)]
    if what is None:
        return found
    meant = [each for each in found if _is_meant(each, topology, what)]
    if meant or not images or _is_tag(topology, what):
        return meant
    names = {name for image, _ in images for name in (image.environment, image.application)}
    products = [each.name for each in topology.products] if topology else []
    return UnknownImage(what, tuple(sorted({*names, *products})))


def _is_meant(found: PlacedImage, topology: Topology | None, what: str) -> bool:
    image, place = found
    names = {image.environment, image.application, f"{image.environment}/{image.application}"}
    if place is not None:
        names |= {str(place), place.environment, place.application}
        application = topology.application(place) if topology is not None else None
        names |= {application.level} if application is not None else set()
    if what in names or _is_named(image, what):
        return True
    return _is_of_product(found, topology, what) or _is_release(found, topology, what)


def _is_named(image: TreeImage, what: str) -> bool:
    """Whether it is an image by its reference, repository, last name, tag or digest."""
    reference = _reference(image)
    if reference is None:
        return False
    name, digest = reference.name, reference.digest or ""
    return what in (image.image, name, name.rpartition("/")[2], reference.tag) or (
        len(what) >= len("sha256:") + 6 and digest.startswith(what)
    )


def _is_of_product(found: PlacedImage, topology: Topology | None, name: str) -> bool:
    known = topology.product(name) if topology is not None else None
    return known is not None and next(_components(found, topology, known), None) is not None


def _is_release(found: PlacedImage, topology: Topology | None, what: str) -> bool:
    reference = _reference(found[0])
    if topology is None or reference is None:
        return False
    prefix, slash, rest = what.partition("/")
    for product in topology.products:
        if not slash or prefix == product.name:
            for tag in _readings(product, rest if slash else what):
                spelled = (_spelled(tag, each.spelling) for each in _components(found, topology, product))
                if reference.tag is not None and reference.tag in spelled:
                    return True
    return False


def _is_tag(topology: Topology | None, what: str) -> bool:
    """Whether it may be a release that nothing in the tree is of."""
    products = topology.products if topology is not None else ()
    return any(
        parse(what.removeprefix(f"{each.name}/"), each.grammar, each.aliases).parsed for each in products
    )


def _readings(product: Product, text: str) -> Iterator[Tag]:
    """The tags that a text is, as it is spelled or with another case and other separators."""
    plain = text.strip().lower()
    for each in dict.fromkeys((text, plain, *grammar_of(product.grammar).other_spellings(plain))):
        tag = parse(each, product.grammar, product.aliases)
        if tag.parsed:
            yield tag


def _spelled(tag: Tag, spelling: str) -> str | None:
    try:
        return image_tag(tag, spelling)
    except ValueError:
        return None


def _components(found: PlacedImage, topology: Topology | None, product: Product) -> Iterator[ComponentSource]:
    """Those of a product whose image it is: at their own repository, or at one that the place has them from."""
    image, place = found
    reference = _reference(image)
    application = topology.application(place) if topology is not None and place is not None else None
    for each in product.components if reference is not None else ():
        if each.kind is not ComponentKind.IMAGE or reference is None:
            continue
        if application is None:
            if parse_reference(each.source).name == reference.name:
                yield each
        elif own_repositories(each.source, application).has(reference.name):
            yield each


def _reference(image: TreeImage) -> Reference | None:
    try:
        return parse_reference(image.image) if image.image is not None else None
    except ValueError:
        return None
