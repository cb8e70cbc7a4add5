"""How often a pattern is made, and as what: its lists, what the tree answers, and its exceptions."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct

from ldmrelease.config.workspace.pattern_schema import PatternTree, Repeated
from ldmrelease.config.workspace.patterns import facts
from ldmrelease.config.workspace.tree_questions import Files, TreeQuestion, question
from ldmrelease.config.workspace.variables import Bindings
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.config.yaml.validation_messages import Path

REFRESH = "read it with `ldmrelease workspace refresh`"


class PatternQuestions(Struct, frozen=True):
    """What a pattern asks of its tree: each step of `from_tree` has questions of which the first with an answer counts;
    `where` are questions of which the first scalar that is there says whether."""

    from_tree: tuple[tuple[TreeQuestion, ...], ...]
    where: tuple[TreeQuestion, ...]

    @property
    def questions(self) -> Iterator[TreeQuestion]:
        """All of them."""
        yield from itertools.chain(*self.from_tree)
        yield from self.where

    @property
    def variables(self) -> list[str]:
        """The variables that the tree gives a meaning."""
        return [name for step in self.from_tree for each in step for name in each.variables]


def asked_by(head: Repeated) -> PatternQuestions:
    """What a pattern asks."""
    steps = [tuple(question(each, step.value) for each in step.path) for step in head.from_tree or ()]
    return PatternQuestions(tuple(steps), tuple(question(each, "*") for each in head.where or ()))


class RecordedTrees:
    """The trees of a workspace, with what was recorded of each. `tell` takes problems."""

    def __init__(
        self,
        document: YamlDocument,
        named: Mapping[str, PatternTree],
        recorded: Mapping[str, facts.RecordedTree],
        tell: Callable[[Problem], None],
    ) -> None:
        self._document, self._named, self._recorded, self._tell = document, named, recorded, tell
        self.is_wrong = False
        """Whether one of them is not described as a tree is: what is asked of it is not told too."""

    def name(self, head: Repeated, above: str | None) -> str | None:
        """The tree that a pattern is about: its own, that of the pattern around it, or the only one."""
        alone = next(iter(self._named)) if len(self._named) == 1 else None
        return head.tree or above or alone

    def entry(self, name: str | None) -> PatternTree | None:
        """A tree as the workspace names it."""
        return None if name is None else self._named.get(name)

    def files(self, name: str | None, head: Repeated, path: Path) -> Files | None:
        """What is recorded for all that a pattern asks; None, and told, where something is not."""
        asked = asked_by(head)
        key = "from-tree" if head.from_tree else "where"
        if self.is_wrong:
            return None
        if head.tree is not None and head.tree not in self._named:
            message = f"no tree {head.tree!r}"
            self._tell(self._document.unknown((*path, "tree"), message, head.tree, self._named))
            return None
        if head.from_tree is None and head.where is None:
            return {}
        if name is None:
            message = "which tree is not said" if self._named else "there is no tree to ask"
            remedy = "write tree: and its name" if self._named else "describe it under trees"
            self._tell(self._document.problem((*path, key), message, remedy, at_key=True))
            return None
        entry, recorded = self._named[name], self._recorded.get(name)
        if recorded is None or (recorded.repository, recorded.branch) != (entry.repository, entry.branch):
            message = f"nothing is recorded of it in {facts.FILE}"
            self._tell(self._document.problem(("trees", name), message, REFRESH, at_key=True))
            return None
        lacking = next((each.asked for each in asked.questions if not recorded.has_answer(each)), None)
        if lacking is not None:
            message = f"{lacking} is not recorded in {facts.FILE}"
            place = (*path, "where" if head.where and lacking in {e.asked for e in asked.where} else key)
            self._tell(self._document.problem(place, message, REFRESH))
            return None
        return recorded.files


def listed(head: Repeated, bound: Bindings) -> Iterator[dict[str, str]]:
    """Each choice of the texts that a pattern lists."""
    lists = head.for_ or {}
    for chosen in itertools.product(*lists.values()):
        yield {**bound, **dict(zip(lists, chosen, strict=True))}


def choices(head: Repeated) -> int:
    """How many `listed` has, without listing them."""
    return math.prod(map(len, (head.for_ or {}).values()))


def found(
    asked: PatternQuestions, files: Files, bound: Bindings, weigh: Callable[[int], None]
) -> Iterator[dict[str, str]]:
    """What the variables stand for in each answer of the tree. weigh: told how many answers each question has."""
    known = [dict(bound)]
    for step in asked.from_tree:
        before, known = known, []
        for each in before:
            answers = _first(step, files, each)
            weigh(len(answers))
            known += answers
    return iter(known)


def _first(step: tuple[TreeQuestion, ...], files: Files, bound: Bindings) -> list[dict[str, str]]:
    for each in step:
        answers = list(each.answers(files, bound))
        if answers:
            return answers
    return []


def is_on(asked: PatternQuestions, files: Files, bound: Bindings) -> bool:
    """Whether the tree says true, or is not asked."""
    if not asked.where:
        return True
    values = (value for each in asked.where for value in each.values(files, bound))
    return next(values, None) == "true"


def is_excepted(head: Repeated, bound: Bindings) -> bool:
    """Whether one of the exceptions is about it."""
    return any(
        all(fnmatchcase(bound.get(name, ""), form) for name, form in each.items())
        for each in head.except_ or ()
    )


def exception_faults(
    head: Repeated, names: list[str], document: YamlDocument, path: Path
) -> Iterator[Problem]:
    """Variables of exceptions that there are not."""
    for index, each in enumerate(head.except_ or ()):
        for name in each:
            if name not in names:
                place = (*path, "except", index)
                near = nearest(name, names)
                remedy = f"did you mean {near}?" if near else f"known are {', '.join(sorted(names))}"
                yield document.problem(place, f"no variable {name!r}", remedy)
