"""Which names stand for what in the menus, as their committed settings say now."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.topology import Application, Place, Product
from ldmrelease.services.deployments import desired
from ldmrelease.services.needs import AliasLookup, ReleaseLookup
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot


class AliasOf(Struct, frozen=True):
    """A name of a menu. `tag` is the image tag that it stands for, None for nothing; `release` is that tag's
    release, where it is pinned.
    """

    place: Place
    alias: str
    tag: str | None
    release: str | None


class NotRead(Struct, frozen=True):
    """A menu that could not be read."""

    place: Place
    why: Refusal | Unavailable


def aliases(context: AliasLookup, applications: Sequence[Application]) -> Iterator[AliasOf | NotRead]:
    """Every alias of every menu among the applications, in their order."""
    for application in applications:
        if application.target.capabilities.names_aliases:
            yield from _aliases(context, application)


def _aliases(context: AliasLookup, application: Application) -> Iterator[AliasOf | NotRead]:
    there = desired.snapshot(context, application)
    stated = registry.stated(application.target, there) if isinstance(there, Snapshot) else there
    if isinstance(stated, Refusal | Unavailable):
        yield NotRead(application.place, stated)
        return
    means = {each.alias: each.tag for each in stated if each.alias is not None}
    for alias, component in sorted(registry.aliases(application.target).items()):
        tag = means.get(alias)
        yield AliasOf(application.place, alias, tag, _release(context, application, component, tag))


def _release(context: ReleaseLookup, application: Application, component: str, tag: str | None) -> str | None:
    for product in context.topology.products:
        if tag is not None and component in application.components(product.name):
            name = _name(product, component, tag)
            known = name is not None and context.pins.revisions(product.name, name.partition("/")[2])
            return name if known else None
    return None


def _name(product: Product, component: str, tag: str) -> str | None:
    source = product.component(component)
    parsed = tag_pattern_match(source.spelling, tag, product.grammar) if source is not None else None
    return f"{product.name}/{parsed.git}" if parsed is not None and parsed.git is not None else None
