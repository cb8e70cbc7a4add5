"""Names of a workspace and its ledger, to be completed: read, never written, and none where something is wrong."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ldmrelease.config.workspace.cache import open_workspace
from ldmrelease.config.workspace.model import Workspace, find_workspace
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.targets import MenuTarget


def names(kind: str, directory: str | None, environ: Mapping[str, str]) -> list[str]:
    """The names of a kind in the workspace that is meant, each once. Raises whatever is wrong with it."""
    explicit = None if directory is None else Path(directory).expanduser()
    workspace = open_workspace(find_workspace(Path.cwd(), explicit, environ), os.environ)
    return list(dict.fromkeys(_KINDS[kind](workspace)))


def _stream_names(workspace: Workspace, prefix: str, without: str | None = None) -> list[str]:
    from ldmrelease.ledger.registry import stream_names  # noqa: PLC0415 - places and products go without a ledger

    return stream_names(workspace.ledger, prefix, without=without)


def _tags(workspace: Workspace) -> Iterator[str]:
    for stream in _stream_names(workspace, "release/"):
        yield stream.split("/", 2)[2]


def _promotions(workspace: Workspace) -> list[str]:
    return [each.partition("/")[2] for each in _stream_names(workspace, "promotion/")]


def _open_promotions(workspace: Workspace) -> list[str]:
    streams = _stream_names(workspace, "promotion/", EventKind.ENDED)
    return [each.partition("/")[2] for each in streams]


def _streams(workspace: Workspace) -> Iterator[str]:
    for stream in _stream_names(workspace, ""):
        yield stream
        yield stream.partition("/")[0]


def _targets(workspace: Workspace) -> Iterator[str]:
    yield from _levels(workspace)
    yield from _environments(workspace)
    yield from _places(workspace)


def _places(workspace: Workspace) -> Iterator[str]:
    yield from (str(each.place) for each in workspace.topology.applications)


def _levels(workspace: Workspace) -> Iterator[str]:
    yield from workspace.levels


def _environments(workspace: Workspace) -> Iterator[str]:
    yield from (each.place.environment for each in workspace.topology.applications)


def _products(workspace: Workspace) -> Iterator[str]:
    yield from (each.name for each in workspace.topology.products)


def _components(workspace: Workspace) -> Iterator[str]:
    yield from (part.name for each in workspace.topology.products for part in each.components)


def _checks(workspace: Workspace) -> Iterator[str]:
    yield from (each.name for each in workspace.topology.checks)


def _campaigns(workspace: Workspace) -> list[str]:
    return sorted(each.stem for each in workspace.campaigns.glob("*.yaml"))


def _aliases(workspace: Workspace) -> Iterator[str]:
    for product in workspace.topology.products:
        yield from product.aliases
    for each in workspace.topology.applications:
        if isinstance(each.target, MenuTarget):
            yield from each.target.aliases


def _roles(workspace: Workspace) -> Iterator[str]:
    yield from (each.name for each in workspace.keyring.roles)


def _tags_and_targets(workspace: Workspace) -> Iterator[str]:
    yield from _targets(workspace)
    yield from _tags(workspace)


_KINDS: Mapping[str, Callable[[Workspace], Iterator[str] | list[str]]] = {
    "aliases": _aliases,
    "campaigns": _campaigns,
    "checks": _checks,
    "components": _components,
    "environments": _environments,
    "levels": _levels,
    "open-promotions": _open_promotions,
    "places": _places,
    "products": _products,
    "promotions": _promotions,
    "roles": _roles,
    "streams": _streams,
    "tags": _tags,
    "tags-and-targets": _tags_and_targets,
    "targets": _targets,
}
