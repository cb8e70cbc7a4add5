"""The components of products at a place, and where their tags lead now."""

from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.site_registry import OwnRepositories, site_repository
from ldmrelease.domain.topology import Application, ComponentSource, Topology

if TYPE_CHECKING:
    from ldmrelease.registry.opening import Registries


class ProductComponent(Struct, frozen=True):
    """A component that runs at a place, with the product that it is a part of."""

    product: str
    grammar: AnyGrammar
    source: ComponentSource


def components_of(topology: Topology, application: Application) -> dict[str, ProductComponent]:
    """What runs at the place, by the component's name."""
    found = {}
    for product in topology.products:
        for name in application.components(product.name):
            source = product.component(name)
            if source is not None:
                found[name] = ProductComponent(product.name, product.grammar, source)
    return found


def own_repositories(source: str, application: Application) -> OwnRepositories:
    """Where the images of a component's source may be said to be at a place."""
    return OwnRepositories(source, application.registry, application.mirrors)


def resolve(registries: "Registries", component: ProductComponent, tag: str | None) -> str | None:
    """The digest that a tag leads to now, at the component's source. Raises `RegistryError`."""
    if tag is None:
        return None
    found = registries.open(parse_reference(component.source.source)).resolve(tag)
    return found.digest if found is not None else None


def resolve_at_site(
    registries: "Registries", component: ProductComponent, registry: str, tag: str
) -> str | None:
    """The digest that a tag leads to in a site's own registry. Raises `RegistryError`."""
    found = registries.open(parse_reference(site_repository(component.source.source, registry))).resolve(tag)
    return found.digest if found is not None else None
