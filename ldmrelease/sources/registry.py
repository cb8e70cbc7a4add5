"""The kinds of source, each by one line."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from ldmrelease.domain.topology import ComponentKind
from ldmrelease.sources.interface import Source

SOURCES: dict[ComponentKind, str] = {
    ComponentKind.IMAGE: "ldmrelease.sources.registry_tags",
    ComponentKind.CONFIGURATION: "ldmrelease.sources.git_tags",
    ComponentKind.BUILD: "ldmrelease.sources.eups",
}
"""By what comes from there, the module; loaded when it is asked for."""

if TYPE_CHECKING:
    from ldmrelease.sources import eups, git_tags, registry_tags

    _SOURCES: tuple[Source, ...] = (registry_tags, git_tags, eups)


def source_of(kind: ComponentKind) -> Source:
    """Where components of a kind come from."""
    return cast(Source, import_module(SOURCES[kind]))
