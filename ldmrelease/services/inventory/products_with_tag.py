"""Which of several products have a tag: where it is pinned, or where an image of it is built."""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.tags import image_tag, parse
from ldmrelease.domain.topology import ComponentKind, ComponentSource, Product
from ldmrelease.registry.errors import RegistryError
from ldmrelease.registry.opening import Registries
from ldmrelease.services.deployments.concurrency import Job, run_concurrently
from ldmrelease.services.needs import ReleaseSources


class ProductsWithTag(Struct, frozen=True):
    """The products that have a tag, and those about which nobody could be asked in time."""

    found: tuple[str, ...]
    unheard: tuple[str, ...]


def products_with_tag(
    context: ReleaseSources, products: Sequence[Product], text: str, seconds: float
) -> ProductsWithTag:
    """Of these products those that have the tag; registries are asked together, for so many `seconds`."""
    pinned = {each.name for each in products if _is_pinned(context, each, text)}
    jobs: dict[str, Job[str, bool]] = {
        each.name: partial(_ask, context.registries, each, text)
        for each in products
        if each.name not in pinned
    }
    heard = run_concurrently(jobs, seconds)
    names = [each.name for each in products]
    return ProductsWithTag(
        tuple(each for each in names if each in pinned or heard.get(each)),
        tuple(each for each in names if each not in pinned and each not in heard),
    )


def _is_pinned(context: ReleaseSources, product: Product, text: str) -> bool:
    tag = parse(text, product.grammar, product.aliases)
    return tag.name is not None and bool(context.pins.revisions(product.name, tag.name))


def _ask(registries: Registries, product: Product, text: str, tell: Callable[[str, bool], None]) -> None:
    with contextlib.suppress(RegistryError):
        tell(product.name, any(_is_built(registries, each, product, text) for each in product.components))


def _is_built(registries: Registries, component: ComponentSource, product: Product, text: str) -> bool:
    if component.kind is not ComponentKind.IMAGE:
        return False
    try:
        spelled = image_tag(parse(text, product.grammar, product.aliases), component.spelling)
    except ValueError:
        return False
    return registries.open(parse_reference(component.source)).resolve(spelled) is not None
