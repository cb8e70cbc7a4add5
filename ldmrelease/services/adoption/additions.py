"""What a tree has that the workspace of it does not write yet."""

from collections.abc import Iterator

from msgspec.structs import replace

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, MenuTarget
from ldmrelease.domain.topology import Topology
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.services.adoption.model import (
    ProposedApplication,
    ProposedEnvironment,
    ProposedProduct,
    ProposedSetting,
    TreeProposal,
)


def additions(proposal: TreeProposal, topology: Topology) -> TreeProposal:
    """The part of a proposal that a workspace lacks, with the products that it has under their own names."""
    written = set(_written(topology))
    homes = {one.source: f"{each.name}/{one.name}" for each in topology.products for one in each.components}
    names = _names(proposal, homes)
    environments = tuple(_lacking(each, written, names) for each in proposal.environments)
    products = tuple(filter(None, (_new_parts(each, homes) for each in proposal.products)))
    return replace(proposal, products=products, environments=environments)


def _written(topology: Topology) -> Iterator[str]:
    """What is written already, by file and path."""
    for each in topology.applications:
        target = each.target
        if not isinstance(target, ImageSettingsTarget | MenuTarget) or not isinstance(
            target.location, GitFile
        ):
            continue
        own = target.location.file
        paths = [target.path] if isinstance(target, MenuTarget) else []
        if isinstance(target, ImageSettingsTarget):
            paths += [address for setting in target.settings for address in setting.written]
        for path in paths:
            address = ValueAddress.of(path)
            yield f"{address.file or own}#{address.path}"


def _names(proposal: TreeProposal, homes: dict[str, str]) -> dict[str, str]:
    """By the name that was proposed, what the workspace calls a component."""
    return {
        f"{each.name}/{one.name}": homes[one.repository]
        for each in proposal.products
        for one in each.components
        if one.repository in homes
    }


def _lacking(
    environment: ProposedEnvironment, written: set[str], names: dict[str, str]
) -> ProposedEnvironment:
    found: list[ProposedApplication] = []
    for each in environment.applications:
        if each.menu is not None:
            component = names.get(each.menu.component, each.menu.component)
            if f"{each.file}#{each.menu.path}" not in written:
                found.append(replace(each, menu=replace(each.menu, component=component)))
            continue
        new = tuple(
            replace(one, component=names.get(one.component, one.component))
            for one in each.settings
            if not _is_written(one, written)
        )
        if new:
            found.append(replace(each, settings=new))
    return replace(environment, applications=tuple(found))


def _is_written(setting: ProposedSetting, written: set[str]) -> bool:
    return all(each.within("") in written for each in setting.selector.written)


def _new_parts(product: ProposedProduct, homes: dict[str, str]) -> ProposedProduct | None:
    parts = tuple(each for each in product.components if each.repository not in homes)
    return replace(product, components=parts) if parts else None
