"""Applications that the workspace has places for, and that their environment does not deploy: the tree says so by a
switch, and nothing of what is written there runs."""

from collections.abc import Iterator
from functools import partial

from msgspec import Struct

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, MenuTarget
from ldmrelease.domain.topology import Application, Place
from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.services.deployments.asking import asked
from ldmrelease.services.inventory.rendered import possible_environments
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Change, SettingItem
from ldmrelease.targets.stores import git_file
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.interface import SwitchedOff
from ldmrelease.trees.registry import switching_layout_of
from ldmrelease.trees.scalar_addresses import path_text
from ldmrelease.trees.values import UnreadableFile


class SwitchedOffApplication(Struct, frozen=True):
    """An application of a tree that is off where a place is.

    components: those of the place whose settings are in its folder. file, line, path, value: the switch; `line` and
    `value` are None where nothing is said there, and so not that it is on. changed: who said so last, None where nobody
    could say it.
    """

    place: Place
    application: str
    environment: str
    components: tuple[str, ...]
    file: str
    path: str
    line: int | None
    value: str | None
    changed: Change | None


def switched_off(access: Access, application: Application, revision: str) -> list[SwitchedOffApplication]:
    """Those that settings of a place are in, in a revision of its tree. Raises `GitError`, `RefusedError`."""
    target, where = application.target, application.target.location
    if not isinstance(target, ImageSettingsTarget | MenuTarget) or not isinstance(where, GitFile):
        return []
    tree = CommittedTree(access.repository(where.repository).git, revision)
    layout = switching_layout_of(tree)
    if layout is None:
        return []
    environments = possible_environments(layout.environments(tree), application.place.environment, where.file)
    if len(environments) != 1:
        return []  # nobody can say which of them the place is in
    files = written_files(target, where.file)
    try:
        found = list(layout.switched_off(tree, environments[0], files))
    except UnreadableFile:
        return []
    return [_told(access, application.place, where, files, each) for each in found]


def written_files(target: ImageSettingsTarget | MenuTarget, own: str) -> dict[str, list[str]]:
    """By file, the components whose settings are written there."""
    found: dict[str, list[str]] = {}
    if isinstance(target, MenuTarget):
        return {own: [target.component]}
    for setting in target.settings:
        for address in setting.written:
            found.setdefault(file_of(address, own), []).append(setting.component)
    return found


def _told(
    access: Access, place: Place, where: GitFile, files: dict[str, list[str]], off: SwitchedOff
) -> SwitchedOffApplication:
    path = path_text(off.path)
    components = dict.fromkeys(name for name in components_in(files, off.application))
    changed = author_of(access, where, ValueAddress(path, off.file)) if off.line is not None else None
    return SwitchedOffApplication(
        place,
        off.application,
        off.environment,
        tuple(components),
        off.file,
        path,
        off.line,
        off.value,
        changed,
    )


def components_in(files: dict[str, list[str]], application: str) -> Iterator[str]:
    """The components that are written in the folder of an application."""
    for file, components in files.items():
        if application in file.split("/")[:-1]:
            yield from components


def author_of(access: Access, where: GitFile, address: ValueAddress) -> Change | None:
    """Who wrote a scalar of a tree last; None where nobody could say it."""
    item = SettingItem(str(address))
    found = asked(where.repository, partial(git_file.changed_by, where, [item], access))
    change = found.get(item) if isinstance(found, dict) else None
    return change if isinstance(change, Change) else None
