"""What the patterns of a workspace read from its trees, recorded anew: shown as a difference before it is written."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.replacement import Replacement, replace_files
from ldmrelease.config.workspace.patterns.asked import AskedTree, asked_trees
from ldmrelease.config.workspace.patterns.facts import RecordedTree, recorded_trees, trees_file, trees_text
from ldmrelease.config.workspace.tree_questions import TreeQuestion, asked_question
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
    before = path.read_bytes().decode() if path.is_file() else None
    asked = sum(len(each.asked) for each in found.values())
    return Refresh(path, before, trees_text(found), tuple(unread), asked)


def committed(access: Access) -> Open:
    """Opens trees as they are committed now."""

    def open_(asked: AskedTree) -> tuple[Tree, str] | Refusal | Unavailable:
        opened = open_tree(access, TreeSource(asked.repository, asked.branch))
        return opened if isinstance(opened, Refusal | Unavailable) else (opened, opened.revision)

    return open_


def write(refreshed: Refresh) -> None:
    """Write what was found in place of what was recorded, whole or not at all. Raises `FileChanged`."""
    before = None if refreshed.before is None else refreshed.before.encode()
    replace_files([Replacement(refreshed.file, before, refreshed.after.encode())])


def changed_trees(file: Path, open_: Open) -> dict[str, bool | Refusal | Unavailable]:
    """Each tree that is asked something, and whether it says something else than what was recorded of it; or why it
    cannot be opened. Raises `BadInput`."""
    recorded = recorded_trees(trees_file(file))
    found: dict[str, bool | Refusal | Unavailable] = {}
    for each in asked_trees(file):
        if not each.questions:
            continue
        opened = open_(each)
        if isinstance(opened, Refusal | Unavailable):
            found[each.name] = opened
            continue
        now, before = record_of(each, *opened, []), recorded.get(each.name)
        found[each.name] = before is None or (now.files, now.asked) != (before.files, before.asked)
    return found


def record_of(asked: AskedTree, tree: Tree, commit: str, unread: list[UnreadFile]) -> RecordedTree:
    """What a tree answers; `unread` takes the files that could not be read."""
    # Of a variable that stands twice in a question, any two texts are recorded.
    by_file: dict[str, list[TreeQuestion]] = defaultdict(list)
    for each in asked.questions:
        question = asked_question(each.asked)
        by_file[question.file].append(question)
    files: dict[str, dict[str, str | None]] = {}
    known: dict[tuple[str, ...], _QuestionsOfFiles] = {}
    for file in sorted(tree.files()) if by_file else ():
        forms = tuple(form for form, (first, *_) in by_file.items() if first.is_recorded(file))
        if not forms:
            continue
        if forms not in known:
            known[forms] = _QuestionsOfFiles([each for form in forms for each in by_file[form]])
        try:
            found = dict(known[forms].answers(scalars_in(tree, file)))
        except UnreadableFile as error:
            unread.append(UnreadFile(error.file, error.reason, error.line))
            continue
        if found:
            files[file] = found
    names = frozenset(each.asked for each in asked.questions)
    return RecordedTree(asked.repository, asked.branch, commit, names, files)


class _QuestionsOfFiles:
    """The questions about some files, which mostly have the same paths: each path is compared with them once."""

    def __init__(self, questions: Sequence[TreeQuestion]) -> None:
        self._questions = questions
        # One look tells most paths apart from all that was asked about.
        self._asked = re.compile("|".join(f"(?:{each.path_form})" for each in questions), re.DOTALL)
        self._about: dict[str, list[TreeQuestion]] = {}

    def answers(self, scalars: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str | None]]:
        """The scalars that answer, with their value where that was asked."""
        for path, value in scalars:
            about = self._about.get(path)
            if about is None:
                about = self._about[path] = self._find(path)
            taking = [each for each in about if each.takes_value(value)]
            if taking:
                yield path, value if any(each.value is not None for each in taking) else None

    def _find(self, path: str) -> list[TreeQuestion]:
        is_asked = self._asked.fullmatch(path) is not None
        return [each for each in self._questions if each.takes_path(path)] if is_asked else []


def _without_commits(text: str) -> list[str]:
    return [each for each in text.splitlines() if not each.startswith("    commit: ")]
