"""What a tree has that the workspace of it does not write yet: nothing of a person's lines is touched."""

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
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, environment_lines, product_lines


def additions(proposal: TreeProposal, topology: Topology) -> TreeProposal:
    """The part of a proposal that a workspace lacks, with the products that it has under their own names."""
    written = set(_written(topology))
    homes = {one.source: f"{each.name}/{one.name}" for each in topology.products for one in each.components}
    names = _names(proposal, homes)
    environments = tuple(_lacking(each, written, names) for each in proposal.environments)
    products = tuple(filter(None, (_new_parts(each, homes) for each in proposal.products)))
    return replace(proposal, products=products, environments=environments)


def additions_text(lacking: TreeProposal, tree: TreeOfWorkspace) -> str:
    """The entries to add, as they would stand in the workspace; empty where nothing is new."""
    products = list(product_lines(lacking.products))
    sites = list(environment_lines(lacking.environments, tree))
    parts = [["products:", *products] if products else [], ["environments:", *sites] if sites else []]
    return "\n".join(line for part in parts for line in part)


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
