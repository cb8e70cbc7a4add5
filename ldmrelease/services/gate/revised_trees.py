"""Applications that an environment takes from another revision than the others: Argo CD reads them there, and so do we.

`revisions: {portal: tickets/DM-1}` in an environment's file moves one application off the branch. A change of that line
changes its images though no file of the application does.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from ldmrelease.services.gate.merge_trees import MergeTrees, TreePair
from ldmrelease.targets.git.merges import has_folder, with_folders
from ldmrelease.targets.results import RefusedError
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.interface import NotUnderstood
from ldmrelease.trees.layouts import phalanx
from ldmrelease.trees.registry import layout_of
from ldmrelease.trees.values import UnreadableFile, YamlScalar


class RevisedTrees(Struct, frozen=True):
    """The environments whose tree is another one than the branch's, with it; and what of them is not there."""

    pairs: Mapping[str, TreePair] = {}
    unread: tuple[NotUnderstood, ...] = ()


def revised_trees(trees: MergeTrees) -> RevisedTrees:
    """Those of a change. Raises `GitError`."""
    if layout_of(trees.whole.after) != "phalanx":
        return RevisedTrees()
    pairs: dict[str, TreePair] = {}
    unread: list[NotUnderstood] = []
    for environment in phalanx.environments(trees.whole.after):
        was, now = (_revisions(each, environment) for each in (trees.whole.before, trees.whole.after))
        if not was and not now:
            continue
        unread += _unread(trees, environment, was, now)
        before, after = trees.whole.before.revision, trees.whole.after.revision
        pair = TreePair(trees.git, _tree(trees, before, was), _tree(trees, after, now))
        if (pair.before.revision, pair.after.revision) != (before, after):
            pairs[environment] = pair
    return RevisedTrees(pairs, tuple(unread))


def _revisions(tree: CommittedTree, environment: str) -> Mapping[str, YamlScalar]:
    try:
        return phalanx.revisions(tree, environment)
    except UnreadableFile:
        return {}  # whoever reads the environment says so


def _tree(trees: MergeTrees, revision: str, revisions: Mapping[str, YamlScalar]) -> str:
    """The tree with each application as it is at its own revision; one that is not there is left as it is."""
    for application, said in revisions.items():
        commit = trees.commit(said.printed() or "")
        if commit is None:
            continue
        try:
            revision = with_folders(trees.git, revision, {phalanx.folder_of(application): commit})
        except RefusedError:
            continue
    return revision


def _unread(
    trees: MergeTrees, environment: str, was: Mapping[str, YamlScalar], now: Mapping[str, YamlScalar]
) -> Iterator[NotUnderstood]:
    """The revisions that the change says, and that are not there or have no folder of the application: where a link or
    a submodule is in its place, Argo CD would follow it. What was said before already changes by nothing that is here.
    """
    for application, said in now.items():
        name = said.printed() or ""
        before = was.get(application)
        if before is not None and before.printed() == name:
            continue
        reason = _fault(trees, application, name)
        if reason is not None:
            yield NotUnderstood(said.file, reason, said.line, environment, application)


def _fault(trees: MergeTrees, application: str, name: str) -> str | None:
    """Why an application cannot be read at a revision."""
    commit = trees.commit(name)
    if commit is None:
        return (
            f"{application} is taken from the revision {name}, which is not in this clone; "
            f"`git fetch origin {name}` brings it"
        )
    folder = phalanx.folder_of(application)
    if has_folder(trees.git, commit, folder):
        return None
    return f"{application} is taken from elsewhere, and the revision {name} has no folder {folder}"
