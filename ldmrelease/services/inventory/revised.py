"""Applications that an environment takes from another revision of its tree than the branch that is written
(`revisions: {portal: tickets/DM-1}`): what is committed for them on that branch is brought by nobody."""

from msgspec import Struct

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, MenuTarget
from ldmrelease.domain.topology import Application
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.services.inventory.rendered import possible_environments
from ldmrelease.services.inventory.switched_off import author_of, components_in, written_files
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Change
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.layouts import phalanx
from ldmrelease.trees.registry import layout_of
from ldmrelease.trees.scalar_addresses import path_text
from ldmrelease.trees.values import UnreadableFile


class RevisedApplication(Struct, frozen=True):
    """An application of a tree that comes from another revision: what says so, at which line, since whom; and the
    components of the place that are in it."""

    address: str
    line: int
    revision: str
    components: tuple[str, ...]
    changed: Change | None = None


def revised(access: Access, application: Application, revision: str) -> list[RevisedApplication]:
    """Those that settings of a place are in. Raises `GitError`, `RefusedError`."""
    target, where = application.target, application.target.location
    if not isinstance(target, ImageSettingsTarget | MenuTarget) or not isinstance(where, GitFile):
        return []
    tree = CommittedTree(access.repository(where.repository).git, revision)
    if layout_of(tree) != "phalanx":
        return []
    environments = possible_environments(
        phalanx.environments(tree), application.place.environment, where.file
    )
    if len(environments) != 1:
        return []  # nobody can say which of them the place is in
    try:
        said = phalanx.revisions(tree, environments[0])
    except UnreadableFile:
        return []
    files, found = written_files(target, where.file), []
    for name, scalar in said.items():
        components = tuple(dict.fromkeys(components_in(files, name)))
        if components and scalar.printed() not in (where.branch, "HEAD"):
            address = ValueAddress(path_text(scalar.path), scalar.file)
            by = author_of(access, where, address)
            found.append(
                RevisedApplication(str(address), scalar.line, scalar.printed() or "", components, by)
            )
    return found
