"""Import the history of a GitOps tree from its repository."""

from collections.abc import Callable
from datetime import datetime

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import InputError
from ldmrelease.histories.git_tree import read_git
from ldmrelease.services.audit.imports.desired_imports import import_changes
from ldmrelease.services.audit.imports.recorded import ImportedHistory, Progress
from ldmrelease.services.needs import RecordKeeping
from ldmrelease.targets.connections import Access
from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.git.program import GitError

_HEADS = "refs/heads/"
_DETACHED = 1
"""The status of git where HEAD is no branch."""


class NoBranch(InputError):
    """The repository has no branch of that name."""


def import_git(
    context: RecordKeeping,
    repository: str,
    *,
    branch: str | None = None,
    since: datetime | None = None,
    dry_run: bool = False,
    read: Callable[[int], None] = lambda _: None,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import what a branch asked for, the one that is checked out where none is named.

    since: changes before are left out, and what is imported of them stays. Raises `NoBranch`, `RefusedError`,
    `GitError`, and as `recorded.record`.
    """
    opened = Access(context.workspace.root).repository(repository)
    name = branch or _default_branch(opened)
    ref = f"{_HEADS}{name}"
    tip = opened.tips([ref])[ref]
    if tip is None:
        raise NoBranch(f"{opened.where} has no branch {name!r}; name another one: --branch")
    entries = read_git(opened.git, tip, since=since, progress=read)
    source = f"{public(repository)}@{name}"
    return import_changes(context, source, entries, since=since, dry_run=dry_run, progress=progress)


def _default_branch(opened: GitRemote) -> str:
    """The branch of its HEAD. Raises `GitError` where it cannot be asked."""
    if opened.url is not None:
        told = opened.git.run("ls-remote", "-q", "--symref", "--", opened.url, "HEAD").decode()
        told = told.partition("\t")[0].removeprefix("ref: ")
    else:
        try:
            told = opened.git.run("symbolic-ref", "-q", "HEAD").decode().strip()
        except GitError as error:
            if error.status != _DETACHED:
                raise
            told = ""
    if not told.startswith(_HEADS):
        raise NoBranch(f"{opened.where} does not say which branch is its own; name one: --branch")
    return told.removeprefix(_HEADS)
