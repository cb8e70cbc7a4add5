"""The tree that somebody names to adopt it: a checkout, a folder, or the address of a repository."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.services.inventory.tree_images import TreeSource, open_tree
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import Refusal, RefusedError
from ldmrelease.trees.files import Folder, Tree

MOST_FILES = 200_000
"""Files of a tree that is read."""
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:")
_USUAL = ("main", "master")


class OpenedTree(Struct, frozen=True):
    """A tree, how a workspace names its repository, and its branch. committed: whether it is a revision of a
    repository; else it is a folder as it is. commit: the revision, or words for there being none."""

    tree: Tree
    repository: str
    branch: str
    committed: bool
    commit: str = "a folder"


@contextmanager
def opened_tree(named: str, branch: str | None, home: Path) -> Iterator[OpenedTree | Refusal | Unavailable]:
    """Open a tree for a while. What is fetched of it is kept elsewhere until then, and nothing is written.

    named: a folder, or what git takes for a remote; branch: None for the one that is checked out, or else the usual
    ones; home: the folder of the workspace to be. Refused: `no-tree`, `no-branch`, `tree-too-large`, and what opening
    a repository refuses.
    """
    folder = Path(named).expanduser()
    if not _URL.match(named) and not folder.is_dir():
        yield Refusal("no-tree", {"where": named})
        return
    remote = bool(_URL.match(named))
    if not remote and not _is_repository(folder):
        yield _checked(OpenedTree(Folder(folder), _from(home, folder), branch or _USUAL[0], committed=False))
        return
    spec = named if remote else str(folder.resolve())
    with TemporaryDirectory(prefix="ldmrelease-adopt-") as work:
        found = _committed(spec, branch, Path(work))
        if isinstance(found, OpenedTree):
            found = OpenedTree(
                found.tree,
                named if remote else _from(home, folder),
                found.branch,
                committed=True,
                commit=found.commit,
            )
        yield _checked(found)


def _checked(found: OpenedTree | Refusal | Unavailable) -> OpenedTree | Refusal | Unavailable:
    if isinstance(found, OpenedTree) and len(found.tree.files()) > MOST_FILES:
        return Refusal("tree-too-large", {"found": len(found.tree.files()), "most": MOST_FILES})
    return found


def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())


def _from(home: Path, folder: Path) -> str:
    """A folder as a workspace names it: from its own where it is inside of that or beside it."""
    there, base = folder.resolve(), home.resolve()
    if there.is_relative_to(base):
        return there.relative_to(base).as_posix()
    if there.is_relative_to(base.parent):
        return f"../{there.relative_to(base.parent).as_posix()}"
    return str(there)


def _committed(spec: str, branch: str | None, work: Path) -> OpenedTree | Refusal | Unavailable:
    access = Access(work, opened=Connections(work))
    chosen = branch or _branch(access, spec)
    if isinstance(chosen, Refusal | Unavailable):
        return chosen
    tree = open_tree(access, TreeSource(spec, chosen))
    if isinstance(tree, Refusal | Unavailable):
        return tree
    return OpenedTree(tree, spec, chosen, committed=True, commit=tree.revision)


def _branch(access: Access, spec: str) -> str | Refusal | Unavailable:
    """The branch that is checked out; of a remote, the first of the usual ones."""
    try:
        opened = access.repository(spec)
        if opened.url is None:
            head = _checked_out(opened.git.run)
            if head is not None:
                return head
        tips = opened.tips([f"refs/heads/{each}" for each in _USUAL])
    except RefusedError as refused:
        return refused.refusal
    except (GitError, OSError) as error:
        return Unavailable(spec, reason_of(error))
    there = [each for each in _USUAL if tips[f"refs/heads/{each}"] is not None]
    return there[0] if there else Refusal("no-branch", {"where": opened.where, "branch": _USUAL[0]})


def _checked_out(run: object) -> str | None:
    assert callable(run)
    try:
        name: str = run("symbolic-ref", "--short", "-q", "HEAD").decode().strip()
    except GitError:
        return None
    return name or None
