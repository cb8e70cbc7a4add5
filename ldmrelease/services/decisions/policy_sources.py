"""Where policies are read from: a file, a folder, or a revision of a git repository (`REV:PATH`)."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ldmrelease.config.policies.load import SUFFIX, parse_level, policy_files, read_levels
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.level import Level
from ldmrelease.targets.git.git_remote import open_repository
from ldmrelease.targets.git.local_repository import layout_of
from ldmrelease.targets.git.merges import commit_named
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import RefusedError
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.values import UnreadableFile


class UnknownPolicies(InputError):
    """What was named is no policies."""


def read_both(before: str, after: str, folder: Path) -> tuple[dict[str, Level], dict[str, Level]]:
    """The levels of two sources. Where one of them is a single file, the others of a folder are not meant.

    Raises as `read_policies`, and `UnknownPolicies` where a single file is of a level that the other source lacks.
    """
    old, new = (read_policies(each, folder) for each in (before, after))
    levels = ", ".join(old), ", ".join(new)
    for own, source in ((old, before), (new, after)):
        if source.endswith(SUFFIX) and len(own) == 1:
            old, new = ({name: level for name, level in each.items() if name in own} for each in (old, new))
    if not old or not new:
        raise UnknownPolicies(
            f"{before} and {after} have no level in common ({levels[0]}; {levels[1]}), so nothing can be compared"
        )
    return old, new


def read_policies(source: str, folder: Path) -> dict[str, Level]:
    """The levels of a file, of a folder, or of `REV:PATH` in the repository that `folder` is in.

    A path that there is, is one, whatever its name. Raises `BadInput` where a policy is wrong, `UnknownPolicies` where
    there is none.
    """
    path = folder / source
    if path.is_dir():
        return _levels(policy_files(path))
    if path.exists():
        return _levels((path,))
    revision, colon, within = source.partition(":")
    if not colon:
        raise UnknownPolicies(f"{source} is not there; name a file, a folder, or REV:PATH")
    return _committed(source, revision, within, folder)


def _levels(files: tuple[Path, ...]) -> dict[str, Level]:
    return {name: level for name, (level, _) in read_levels(files).items()}


def _committed(source: str, revision: str, within: str, folder: Path) -> dict[str, Level]:
    try:
        tree = _tree(source, revision, folder)
        found = {name: tree.read(name) for name in _files(tree, within)}
    except (GitError, RefusedError) as error:
        raise UnknownPolicies(f"{source} cannot be read: {error}") from error
    except UnreadableFile as error:
        raise UnknownPolicies(f"{source} cannot be read: {error.reason}") from error
    if not found:
        raise UnknownPolicies(f"{revision} has no policy (*{SUFFIX}) at {within or '.'}")
    return _parsed(revision, found)


def _tree(source: str, revision: str, folder: Path) -> CommittedTree:
    root = next((each for each in (folder, *folder.parents) if layout_of(each) is not None), None)
    if root is None:
        raise UnknownPolicies(f"{source} is not there, and {folder} is in no git repository")
    remote = open_repository(str(root), root)
    oid = commit_named(remote, revision)
    if oid is None:
        raise UnknownPolicies(f"there is no revision {revision} in {root}")
    return CommittedTree(remote.git, oid)


def _files(tree: CommittedTree, within: str) -> Iterator[str]:
    """The file of that path, or those of the folder: not what is below it."""
    wanted = PurePosixPath(within or ".")
    for name in sorted(tree.files()):
        path = PurePosixPath(name)
        if path == wanted or (path.parent == wanted and path.suffix == SUFFIX):
            yield name


def _parsed(revision: str, found: dict[str, bytes]) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    problems: list[Problem] = []
    for name, data in found.items():
        try:
            level = parse_level(data, f"{revision}:{name}")
        except BadInput as error:
            problems.extend(error.problems)
            continue
        levels[level.name] = level
    if problems:
        raise BadInput(problems)
    return levels
