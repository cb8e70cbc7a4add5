"""The kinds of check, each by one line."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from ldmrelease.checks.interface import CheckKind, Traits

KINDS: dict[str, str] = {
    "command": "ldmrelease.checks.kinds.command",
    "container": "ldmrelease.checks.kinds.container",
    "job": "ldmrelease.checks.kinds.job",
    "reported": "ldmrelease.checks.kinds.reported",
}
"""By the name that the workspace's file has for it, the module; loaded when it is asked for."""

if TYPE_CHECKING:
    from ldmrelease.checks.kinds import command, container, job, reported

    _KINDS: tuple[CheckKind, ...] = (command, container, job, reported)


def kind_of(name: str) -> CheckKind:
    """A kind by its name. Raises KeyError."""
    return cast(CheckKind, import_module(KINDS[name]))


def traits(name: str) -> Traits:
    """What is said of every check of a kind. Raises KeyError."""
    return kind_of(name).TRAITS
