"""A GitOps tree before and after a change, as the stores of targets read it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from ldmrelease.domain.errors import InputError, reason_of
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application, Topology
from ldmrelease.targets.connections import Connections
from ldmrelease.targets.git.git_remote import GitRemote, open_repository
from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.merges import (
    ProposedBranch,
    ProposedMerge,
    commit_named,
    is_shallow,
    proposed_merge,
    renamed,
    with_own_objects,
)
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import RefusedError
from ldmrelease.trees.committed import CommittedTree

_HEADS = "refs/heads/"
_SUFFIX = re.compile(r"[~^@:]")


class UnusableChange(InputError):
    """What was named is no change of a tree of the workspace; the message says what helps."""


class MergeQuestion(Struct, frozen=True):
    """What is asked about: the change `head` that is to be merged into `base`.

    tree: a checkout or a bare repository; None for the one that the workspace names. repository: which of the
    workspace's it is of, and `branch` which branch of it `base` is; None where there is one alone.
    """

    base: str
    head: str
    tree: Path | None = None
    repository: str | None = None
    branch: str | None = None


class ProposedConnections(Connections):
    """Everything as it is, but for one repository, of which a branch is as it is proposed to be."""

    def __init__(self, root: Path, others: Connections, name: str, branch: GitRemote) -> None:
        super().__init__(root)
        self.clusters, self.memory = others.clusters, others.memory
        self._others, self._name, self._branch = others, name, branch

    def repository(self, spec: str) -> GitRemote:
        """A repository. Raises `RefusedError` and `GitError`."""
        return self._branch if spec == self._name else self._others.repository(spec)


class TreePair:
    """A tree before a change and after it. git: where both are, by their revisions."""

    def __init__(self, git: Git, before: str, after: str) -> None:
        self.git = git
        self.before, self.after = CommittedTree(git, before), CommittedTree(git, after)
        self.differing = self.before.differing(self.after)

    @cached_property
    def moved(self) -> Mapping[str, str]:
        """Where files are that the change has moved, by where they were. Raises `GitError`."""
        if self.differing <= self.after.files():
            return {}
        return renamed(self.git, self.before.revision, self.after.revision)


class MergeTrees:
    """The tree before and after, and what is deployed from it.

    remote: the repository itself. work: a folder for objects of git, which nobody else needs.
    """

    def __init__(
        self,
        source: GitFile,
        remote: GitRemote,
        git: Git,
        merge: ProposedMerge,
        root: Path,
        others: Connections,
        work: "TemporaryDirectory[str]",
    ) -> None:
        self.repository, self.branch = source.repository, source.branch
        self.git, self.merge = git, merge
        self._remote, self._root, self._others, self._work = remote, root, others, work
        self.whole = TreePair(git, merge.before, merge.after)
        self._commits: dict[str, str | None] = {}

    def commit(self, name: str) -> str | None:
        """The commit that a branch, a tag or a revision of the repository names; None where it is not there.

        Raises `GitError`.
        """
        if name not in self._commits:
            found = commit_named(self._remote, name)
            self._commits[name] = found or commit_named(self._remote, f"refs/remotes/origin/{name}")
        return self._commits[name]

    def applications(self, topology: Topology) -> list[Application]:
        """Those that are written in this branch."""
        return [
            each
            for each in topology.applications
            if isinstance(where := each.target.location, GitFile)
            and (where.repository, where.branch) == (self.repository, self.branch)
        ]

    def connections(self, revision: str) -> Connections:
        """Everything as it is, with the branch at a revision of the tree."""
        ref = f"{_HEADS}{self.branch}"
        branch = ProposedBranch(self.git, self.repository, None, proposed={ref: revision})
        return ProposedConnections(self._root, self._others, self.repository, branch)


def open_merge(topology: Topology, root: Path, others: Connections, question: MergeQuestion) -> MergeTrees:
    """The trees of a change.

    root: where relative paths of repositories start. Raises `UnusableChange`, `GitError`.
    """
    source = _source(topology, question)
    try:
        named = str(question.tree.absolute()) if question.tree is not None else source.repository
        remote = open_repository(named, root)
        work = TemporaryDirectory(prefix="ldmrelease-merge-")
        base, head = (_commit(remote, each, named, question.tree) for each in (question.base, question.head))
        git = with_own_objects(remote.git, Path(work.name))
        merge = proposed_merge(git, base, head)
    except RefusedError as refused:
        raise UnusableChange(_no_repository(refused, question.tree)) from None
    except OSError as error:
        raise GitError("open", 1, reason_of(error)) from None
    if merge is None:
        hint = f"; it is a shallow clone: `git -C {named} fetch --unshallow`" if is_shallow(git) else ""
        raise UnusableChange(f"{question.base} and {question.head} have no commit in common{hint}")
    return MergeTrees(source, remote, git, merge, root, others, work)


def _no_repository(refused: RefusedError, tree: Path | None) -> str:
    about = refused.refusal.values
    where, found = about.get("where", tree), str(about.get("found", ""))
    if tree is not None and found.startswith("a folder in "):
        return f"{where} is {found.removesuffix('/.git')}; name the top of the clone with --tree"
    return f"{where} is not a git repository"


def _commit(remote: GitRemote, name: str, where: str, tree: Path | None) -> str:
    found = commit_named(remote, name)
    if found is not None:
        return found
    helps = []
    if tree is None:
        helps.append("`--tree .` asks the clone that you are in")
    if remote.url is None:
        helps += _fetches(remote, name, where)
    owner = "" if tree is not None else ", which the workspace names"
    told = f"there is no revision {name!r} in {remote.where}{owner}"
    raise UnusableChange(f"{told}; {', and '.join(helps)}" if helps else told)


def _fetches(remote: GitRemote, name: str, where: str) -> Iterator[str]:
    """What brings a revision into a clone, as one types it."""
    if is_shallow(remote.git):
        yield f"it is a shallow clone: `git -C {where} fetch --unshallow origin` brings its history"
    # `main~1` and `main@{1}` are of a branch, and no name that can be fetched.
    branch = _SUFFIX.split(name.removeprefix(_HEADS).removeprefix("refs/remotes/").removeprefix("origin/"))[0]
    if branch:
        yield f"`git -C {where} fetch origin {branch}:refs/remotes/origin/{branch}` brings a branch"


def _source(topology: Topology, question: MergeQuestion) -> GitFile:
    """The repository and the branch that is asked about, as targets name them."""
    known = dict.fromkeys(
        (where.repository, where.branch)
        for each in topology.applications
        if isinstance(where := each.target.location, GitFile)
    )
    if not known:
        raise UnusableChange(
            "the workspace writes to no GitOps tree: no place of it has a target `gitops` or `menu`"
        )
    repository = _chosen("repository", question.repository, [each for each, _ in known])
    branches = [branch for each, branch in known if each == repository]
    wanted = question.branch
    if wanted is None and len(branches) > 1:
        short = question.base.removeprefix(_HEADS).removeprefix("refs/remotes/").removeprefix("origin/")
        wanted = short if short in branches else None
    return GitFile(repository, _chosen("branch", wanted, branches), "")


def _chosen(what: str, named: str | None, known: Iterable[str]) -> str:
    known = list(dict.fromkeys(known))
    if named is None and len(known) == 1:
        return known[0]
    if named in known:
        return named
    told = (
        f"there is no {what} {named!r} in the workspace"
        if named
        else f"the workspace has several {what} names"
    )
    raise UnusableChange(f"{told}; say one with --{what}: {', '.join(known)}")
