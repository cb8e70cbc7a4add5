"""What the patterns of a workspace read from its trees, recorded anew: shown as a difference before it is written."""

import os
import re
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.workspace.patterns.asked import AskedTree, asked_trees
from ldmrelease.config.workspace.patterns.facts import RecordedTree, recorded_trees, trees_file, trees_text
from ldmrelease.config.workspace.tree_questions import asked_question
from ldmrelease.domain.errors import Unavailable
from ldmrelease.services.inventory.tree_images import TreeSource, open_tree
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.files import Tree
from ldmrelease.trees.parsed import scalars_in
from ldmrelease.trees.values import UnreadableFile

Open = Callable[[AskedTree], "tuple[Tree, str] | Refusal | Unavailable"]
"""Opens a tree: its files, and the commit that they are of."""


class UnreadFile(Struct, frozen=True):
    """A file of a tree that could not be read; the others were."""

    file: str
    reason: str
    line: int | None = None


class Refresh(Struct, frozen=True):
    """The file of what was recorded, as it is and as it would be; None where there is none yet. asked: how many
    questions the trees were asked."""

    file: Path
    before: str | None
    after: str
    unread: tuple[UnreadFile, ...] = ()
    asked: int = 0

    @property
    def differs(self) -> bool:
        """Whether the trees say something else than what was recorded, or were asked something else."""
        return _without_commits(self.before or "") != _without_commits(self.after)

    @property
    def difference(self) -> str:
        """A unified diff of the two."""
        old, new = (self.before or "").splitlines(), self.after.splitlines()
        return "\n".join(unified_diff(old, new, self.file.name, self.file.name, n=1, lineterm=""))


def refresh(file: Path, open_: Open) -> Refresh | Refusal | Unavailable:
    """Ask the trees of a workspace what its patterns want to know. Raises `BadInput`.

    file: the workspace's. Refused, or unavailable, as the first tree is that cannot be opened.
    """
    found: dict[str, RecordedTree] = {}
    unread: list[UnreadFile] = []
    for each in asked_trees(file):
        opened = open_(each)
        if isinstance(opened, Refusal | Unavailable):
            return opened
        tree, commit = opened
        found[each.name] = record_of(each, tree, commit, unread)
    path = trees_file(file)
    before = path.read_text() if path.is_file() else None
    asked = sum(len(each.asked) for each in found.values())
    return Refresh(path, before, trees_text(found), tuple(unread), asked)


def committed(access: Access) -> Open:
    """Opens trees as they are committed now."""

    def open_(asked: AskedTree) -> tuple[Tree, str] | Refusal | Unavailable:
        opened = open_tree(access, TreeSource(asked.repository, asked.branch))
        return opened if isinstance(opened, Refusal | Unavailable) else (opened, opened.revision)

    return open_


def write(refreshed: Refresh) -> None:
    """Write what was found in place of what was recorded, whole or not at all."""
    new = refreshed.file.with_name(f".{refreshed.file.name}.{os.getpid()}")
    try:
        new.write_text(refreshed.after)
        new.replace(refreshed.file)
    finally:
        new.unlink(missing_ok=True)


def changed_trees(file: Path, open_: Open) -> list[str] | Refusal | Unavailable:
    """The trees that say something else than what was recorded of them. Raises `BadInput`."""
    recorded = recorded_trees(trees_file(file))
    found = list[str]()
    for each in asked_trees(file):
        if not each.questions:
            continue
        opened = open_(each)
        if isinstance(opened, Refusal | Unavailable):
            return opened
        now, before = record_of(each, *opened, []), recorded.get(each.name)
        if before is None or (now.files, now.asked) != (before.files, before.asked):
            found.append(each.name)
    return found


def record_of(asked: AskedTree, tree: Tree, commit: str, unread: list[UnreadFile]) -> RecordedTree:
    """What a tree answers; `unread` takes the files that could not be read."""
    # Of a variable that stands twice in a question, any two texts are recorded.
    questions = [asked_question(each.asked) for each in asked.questions]
    files: dict[str, dict[str, str | None]] = {}
    for file in sorted(tree.files()) if questions else ():
        own = [each for each in questions if each.is_recorded(file)]
        if not own:
            continue
        # One look tells most scalars apart from all that was asked about.
        asked_about = re.compile("|".join(f"(?:{each.path_form})" for each in own), re.DOTALL)
        try:
            for path, value in scalars_in(tree, file):
                if not asked_about.fullmatch(path):
                    continue
                taking = [each for each in own if each.takes(path, value)]
                if taking:
                    told = value if any(each.value is not None for each in taking) else None
                    files.setdefault(file, {})[path] = told
        except UnreadableFile as error:
            unread.append(UnreadFile(error.file, error.reason, error.line))
    names = frozenset(each.asked for each in asked.questions)
    return RecordedTree(asked.repository, asked.branch, commit, names, files)


def _without_commits(text: str) -> list[str]:
    return [each for each in text.splitlines() if not each.startswith("    commit: ")]
