"""What a branch would be with another one merged into it: worked out beside the repository, which stays as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ldmrelease.targets.git.commits import TreeEntry
from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.git.git_repository import Git, tree_with
from ldmrelease.targets.git.local_repository import MIRROR_LINKS, open_layout
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import RefusedError

_NONE = 1
"""The status of `git merge-base` and `rev-parse` where there is none, and of `merge-tree` where they conflict."""
_NOT_KNOWN = 129
"""The status of git where it does not know an option."""
_FOLDER = "040000"


class ProposedMerge(Struct, frozen=True):
    """Two commits, and what comes of merging one into the other.

    base, head: the commit that is merged into, and the change. fork: the newest that both come from.
    tree: what the merge holds; None where they conflict, or git cannot say (before 2.38).
    """

    base: str
    head: str
    fork: str
    tree: str | None

    @property
    def before(self) -> str:
        """What the change is compared with: the branch that it is merged into, or, where that cannot be done, what
        it began with."""
        return self.base if self.tree is not None else self.fork

    @property
    def after(self) -> str:
        """What holds with the change: all of the merge, or, where that cannot be made, the change as it is."""
        return self.head if self.tree is None else self.tree


class ProposedBranch(GitRemote, frozen=True, kw_only=True):
    """A repository whose branches are at these revisions already, by the full names of their refs. Nothing is written
    there: whoever tries finds that the refs have moved."""

    proposed: Mapping[str, str]

    def tips(self, refs: Sequence[str]) -> dict[str, str | None]:
        """Where the refs would be; of others nobody knows."""
        return {ref: self.proposed.get(ref) for ref in refs}


def with_own_objects(git: Git, folder: Path) -> Git:
    """The same repository, with a folder of ours for what is made of its objects."""
    return Git(open_layout(git.opened.layout, links=MIRROR_LINKS), objects=folder)


def is_shallow(git: Git) -> bool:
    """Whether the repository has only the newest commits of its history."""
    return (git.opened.layout.common / "shallow").exists()


def commit_named(remote: GitRemote, name: str) -> str | None:
    """The commit that a name stands for: in a copy of a remote its branch, tag or ref, fetched now; None for none.

    Raises `GitError`.
    """
    if remote.url is not None:
        for ref in (name,) if name.startswith("refs/") else (f"refs/heads/{name}", f"refs/tags/{name}"):
            if remote.tips([ref])[ref] is not None:
                name = ref
                break
    try:
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return remote.git.run(*words).decode().strip()
    except GitError as error:
        if error.status in (_NONE, 128):
            return None
        raise


def proposed_merge(git: Git, base: str, head: str) -> ProposedMerge | None:
    """What comes of merging a commit into another; None where they have nothing in common. Raises `GitError`.

    git: one with objects of its own, which this makes.
    """
    try:
        fork = git.run("merge-base", base, head).decode().strip()
    except GitError as error:
        if error.status == _NONE:
            return None
        raise
    if fork in (base, head):
        return ProposedMerge(base, head, fork, head if fork == base else base)
    return ProposedMerge(base, head, fork, _merged(git, base, head))


def renamed(git: Git, before: str, after: str) -> dict[str, str]:
    """Where files are that a change has moved, by where they were. Raises `GitError`."""
    words = ("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", before, after)
    told = git.run(*words).decode(errors="surrogateescape").split("\0")
    return dict(zip(told[1::3], told[2::3], strict=False))


def with_folders(git: Git, revision: str, folders: Mapping[str, str]) -> str:
    """The tree of a revision with folders as they are at other revisions. Raises `GitError`, and `RefusedError`
    (`no-file`) where the other revision has no such folder.

    git: one with objects of its own, which this makes. folders: by path, such as `applications/portal`, the revision.
    """
    entries: dict[str, TreeEntry] = {}
    for path, other in folders.items():
        found = _folder(git, other, path)
        if found is None:
            raise RefusedError("no-file", file=path, revision=other)
        entries[path] = found
    objects = git.new_objects()
    tree = tree_with(git, objects, revision, entries)
    git.store(objects)
    return tree


def has_folder(git: Git, revision: str, path: str) -> bool:
    """Whether a revision has a folder of its own there, and no link or submodule. Raises `GitError`."""
    return _folder(git, revision, path) is not None


def _folder(git: Git, revision: str, path: str) -> TreeEntry | None:
    above, _, name = path.rpartition("/")
    wanted = name.encode(errors="surrogateescape")
    found = next((each for each in git.entries(revision, above) if each.name == wanted), None)
    return found if found is not None and found.mode == _FOLDER else None


def _merged(git: Git, base: str, head: str) -> str | None:
    try:
        told = git.run("merge-tree", "--write-tree", "-z", base, head)
    except GitError as error:
        if error.status in (_NONE, _NOT_KNOWN):
            return None
        raise
    return told.partition(b"\0")[0].decode()
