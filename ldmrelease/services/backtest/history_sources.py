"""Where a history is read from: a table in a file, or a git repository with a GitOps tree."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ldmrelease.domain.errors import InputError
from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.composed_selectors import put_together
from ldmrelease.histories.git_tree import read_git
from ldmrelease.histories.table import read_table
from ldmrelease.targets.git.git_remote import open_repository
from ldmrelease.targets.git.merges import commit_named
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import RefusedError

Entry = SettingChange | UnreadableChange


class UnknownHistory(InputError):
    """What was named is no history."""


def read_history(source: str, folder: Path, revision: str = "HEAD") -> Iterator[Entry]:
    """The changes of a history, the oldest first, selectors put together: of the table in a file, or of the branch that
    ends with `revision` in a repository, a directory or an address. `folder` is where relative paths start.

    Raises `UnknownHistory` for what is neither or cannot be read.
    """
    path = folder / source
    if path.is_file():
        yield from _table(path)
        return
    try:
        remote = open_repository(source, folder)
        tip = commit_named(remote, revision)
        if tip is None:
            raise UnknownHistory(f"{source} has no commit {revision}")
        yield from read_git(remote.git, tip)
    except GitError as error:
        raise UnknownHistory(f"{source} is no table of changes, and no git repository: {error}") from error
    except RefusedError as error:
        raise UnknownHistory(_why_none(error.refusal.values)) from error


def _why_none(told: Mapping[str, object]) -> str:
    """The address without what is secret in it, and what is there."""
    if "found" not in told:
        return f"there is no {told['where']}; name a table, or a git repository's folder or address"
    return f"{told['where']} is no table of changes, and no git repository to read: {told['found']}"


def _table(path: Path) -> Iterator[Entry]:
    try:
        # Lines end with a line feed alone: other ends may stand in a cell. What is no UTF-8 is shown as such.
        with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            yield from put_together(read_table(lines, str(path)))
    except OSError as error:
        raise UnknownHistory(f"{path} cannot be read: {error.strerror or error}") from error
