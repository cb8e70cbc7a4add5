"""Menus of notebook images in a proposal: a place of its own for each, and what is on it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from ldmrelease.domain.tags import RELEASE_KINDS, Kind, parse
from ldmrelease.services.adoption.model import (
    ProposedApplication,
    ProposedComponent,
    ProposedEnvironment,
    ProposedMenu,
    ProposedProduct,
)
from ldmrelease.services.adoption.products import component_names
from ldmrelease.trees.interface import TreeMenu
from ldmrelease.trees.scalar_addresses import path_text

LEVEL = "jupyterlab"
"""The level of menus: many releases beside one another, and users choose."""
GRAMMAR = "rsp"
"""How a notebook service reads the tags of its images."""
ALIAS = "recommendedTag"
RECOMMENDED = "recommended"
_REASON = "what notebook menus have in them"


def with_menus(
    environments: Iterable[ProposedEnvironment],
    products: Sequence[ProposedProduct],
    menus: Collection[TreeMenu],
) -> tuple[tuple[ProposedEnvironment, ...], tuple[ProposedProduct, ...]]:
    """The environments and products of a proposal with the menus of a tree."""
    homes = {one.repository: f"{each.name}/{one.name}" for each in products for one in each.components}
    new = _products([each for each in menus if each.repository not in homes], products)
    homes |= {each.components[0].repository: f"{each.name}/{each.components[0].name}" for each in new}
    aliases: dict[str, dict[str, None]] = defaultdict(dict)
    for each in menus:
        if each.recommended is not None:
            aliases[homes[each.repository].partition("/")[0]][_alias(each.recommended)] = None
    by_place = {(each.environment, each.application): each for each in menus}
    found = tuple(
        replace(
            site,
            applications=(
                *site.applications,
                *(_place(menu, homes) for (name, _), menu in sorted(by_place.items()) if name == site.name),
            ),
        )
        for site in environments
    )
    every = sorted((*products, *new), key=lambda each: each.name)
    return found, tuple(
        replace(each, aliases=tuple(sorted(aliases[each.name]))) if each.name in aliases else each
        for each in every
    )


def _products(menus: Iterable[TreeMenu], known: Iterable[ProposedProduct]) -> list[ProposedProduct]:
    """A product for each repository: what is in one of them is not in the others."""
    listed = list(known)
    taken = [one.repository for each in listed for one in each.components]
    new = {each.repository for each in menus}
    names = component_names({*taken, *new})
    used = {each.name for each in listed}
    found = []
    for repository in sorted(new):
        name = names[repository]
        product = name if name not in used else f"{name}-menu"
        found.append(ProposedProduct(product, GRAMMAR, (ProposedComponent(name, repository),), (), _REASON))
    return found


def _alias(recommended: str) -> str:
    """The name that moves: what the key says, unless it was moved to a release already."""
    kind = parse(recommended, GRAMMAR).kind
    return RECOMMENDED if kind in RELEASE_KINDS or kind is Kind.experimental else recommended


def _place(menu: TreeMenu, homes: Mapping[str, str]) -> ProposedApplication:
    path = path_text(menu.path)
    aliases = ((_alias(menu.recommended), ALIAS),) if menu.recommended is not None else ()
    defaults = f"{menu.defaults.file}#{path_text(menu.defaults.path)}"
    made = ProposedMenu(homes[menu.repository], path, defaults, aliases, menu.dropdown)
    return ProposedApplication(f"{menu.application}-menu", menu.file, (), LEVEL, made)
