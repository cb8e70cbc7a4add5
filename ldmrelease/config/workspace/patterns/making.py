"""Entries that are made of a pattern: named ones of a mapping, and items of a list."""

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel

from ldmrelease.config.workspace.pattern_schema import HEAD, Repeated
from ldmrelease.config.workspace.patterns import nodes
from ldmrelease.config.workspace.patterns.repeats import (
    PatternQuestions,
    RecordedTrees,
    asked_by,
    choices,
    exception_faults,
    found,
    is_excepted,
    is_on,
    listed,
)
from ldmrelease.config.workspace.schema import ComponentEntry, SelectionEntry
from ldmrelease.config.workspace.target_schema import SettingEntry
from ldmrelease.config.workspace.tree_questions import Files
from ldmrelease.config.workspace.variables import OWN_NAMES, Bindings, names_in, replaced
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import YamlDocument, YamlNode
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.config.yaml.validation_messages import Path, validate
from ldmrelease.domain.document_faults import spell_path

H = TypeVar("H", bound=BaseModel)

NAMED: dict[str, type[BaseModel]] = {"components": ComponentEntry}
"""Mappings of a pattern whose entries may be patterns."""
LISTS: dict[str, type[BaseModel]] = {"settings": SettingEntry, "select": SelectionEntry}
"""Lists of a pattern whose items may be patterns."""
MOST = 200_000
"""Values that all patterns make together."""


class Made(Struct, frozen=True):
    """What an entry was made as."""

    label: str
    bindings: Bindings


class Scope(Struct, frozen=True):
    """Where something is made: `path` as it is written, `to` as it will stand there; what the variables stand for,
    the tree that is asked, and the variables of an entry's name, the only ones that named patterns inside of it know.
    """

    path: Path
    to: Path
    bindings: Bindings
    tree: str | None = None
    of_name: tuple[str, ...] = ()

    def at(self, step: str | int, to: str | int) -> "Scope":
        """One step further in."""
        return replace(self, path=(*self.path, step), to=(*self.to, to))


class Maker:
    """Makes entries. `problems`: what is wrong with patterns; `dropped`: where they stand; `made`: by the path of what
    was made, as what."""

    def __init__(self, document: YamlDocument, trees: RecordedTrees, problems: list[Problem]) -> None:
        self.document, self.trees, self.problems = document, trees, problems
        self.dropped: list[Path] = []
        self.made: dict[str, Made] = {}
        self._weight = 0
        self._heads: dict[tuple[type[BaseModel], Path], BaseModel] = {}
        self._asked: dict[tuple[Path, str | None, tuple[str, ...]], tuple[PatternQuestions, Files]] = {}

    def head(
        self, model: type[H], node: YamlNode, path: Path, keys: Collection[str], body: type[BaseModel]
    ) -> H | None:
        """What makes an entry a pattern; None, and told, where that is wrong. What is right is looked at once, however
        often it is made."""
        there = self._heads.get((model, path))
        if isinstance(there, model):
            return there
        known = {*keys, *(each.alias or name for name, each in body.model_fields.items())}
        before = len(self.problems)
        for key, _, _ in nodes.entries(node):
            if key not in known:
                self._tell_unknown((*path, key), key, known)
        head = self.part(model, nodes.only(node, keys), path)
        if head is None or len(self.problems) > before:
            self.dropped.append(path)
            return None
        self._heads[model, path] = head
        return head

    def part(self, model: type[H], node: YamlNode, path: Path) -> H | None:
        """A part of the document as a model; None, and told, where it is not one."""
        try:
            return validate(model, YamlDocument(self.document.file, self.document.data, node.value, node))
        except BadInput as error:
            self.problems += [replace(each, field=_joined(path, each.field)) for each in error.problems]
            return None

    def repeat(self, head: Repeated, scope: Scope) -> list[Bindings] | None:
        """What the variables of a pattern stand for, each time that it is made; None, and told, where that is not
        known."""
        if any(name in scope.bindings for name in head.for_ or {}):
            name = next(name for name in head.for_ or {} if name in scope.bindings)
            self._drop((*scope.path, "for", name), f"{name!r} stands for something already", scope.path)
            return None
        questions = self._questions(head, scope)
        if questions is None:
            self.dropped.append(scope.path)
            return None
        asked, files = questions
        weigh = self.weigher(scope.path)
        weigh(choices(head))
        chosen = (each for own in listed(head, scope.bindings) for each in found(asked, files, own, weigh))
        return [each for each in chosen if is_on(asked, files, each) and not is_excepted(head, each)]

    def _questions(self, head: Repeated, scope: Scope) -> tuple[PatternQuestions, Files] | None:
        """What a pattern asks, and of which files; None, and told, where that is wrong."""
        key = scope.path, scope.tree, tuple(scope.bindings)
        if key in self._asked:
            return self._asked[key]
        files = self.trees.files(self.trees.name(head, scope.tree), head, scope.path)
        asked = asked_by(head)
        names = [*scope.bindings, *(head.for_ or {}), *asked.variables]
        faults = self.faults(head, names, asked, scope.path)
        self.problems += faults
        if files is None or faults:
            return None
        return self._asked.setdefault(key, (asked, files))

    def faults(self, head: Repeated, names: list[str], asked: PatternQuestions, path: Path) -> list[Problem]:
        """Variables of a pattern's exceptions and conditions that stand for nothing."""
        faults = list(exception_faults(head, names, self.document, path))
        lacking = [name for each in asked.where for name in each.variables if name not in names]
        if lacking:
            message = f"no variable {lacking[0]!r}"
            faults.append(self.document.unknown((*path, "where"), message, lacking[0], names))
        return faults

    def check(self, node: YamlNode, names: Collection[str], path: Path) -> None:
        """Tell the variables of what is made that stand for nothing; those of patterns inside of it are told there."""
        if isinstance(node.value, str):
            self._tell_variables(node.value, names, path)
        steps = enumerate(nodes.items(node)) if isinstance(node.value, list) else ()
        for step, each in (*steps, *((key, each) for key, _, each in nodes.entries(node))):
            known, place = dict.fromkeys([*names, *_names_of(each)]), (*path, step)
            if isinstance(step, str):
                self._tell_variables(step, known, place, at_key=True)
            if step in OWN_NAMES:
                continue
            if not _is_pattern(each):
                self.check(each, known, place)
            elif self.part(Repeated, nodes.only(each, HEAD), place) is not None:
                self.check(nodes.only(each, HEAD, without=True), known, place)

    def _tell_variables(self, text: str, known: Collection[str], path: Path, *, at_key: bool = False) -> None:
        for name in names_in(text):
            if name not in known:
                message = f"no variable {name!r}"
                remedy = did_you_mean(name, known)
                self.problems.append(self.document.problem(path, message, remedy, at_key))

    def named(self, node: YamlNode, model: type[BaseModel], scope: Scope, *, within: bool = True) -> YamlNode:
        """A mapping of named entries, with those that its patterns stand for.

        within: whether what is no pattern may have patterns in itself.
        """
        result, lines = nodes.mapping(node, ()), dict[str, int]()
        for key, place, each in nodes.entries(node):
            if names_in(key) and not isinstance(each.value, dict):
                path = (*scope.path, key)
                self.problems.append(self.document.problem(path, "is not a mapping", "write a mapping"))
                self.dropped += [path, (*scope.to, key)]
                continue
            if not _is_pattern(each) and not names_in(key):
                own = scope.at(key, replaced(key, scope.bindings))
                made = self.copy(each, own) if within else each
                self._add(result, lines, str(own.to[-1]), place, made, own.path)
                continue
            self._named_pattern(result, lines, key, place, each, model, scope)
        return result

    def _named_pattern(
        self,
        result: YamlNode,
        lines: dict[str, int],
        key: str,
        place: tuple[int, int],
        node: YamlNode,
        model: type[BaseModel],
        scope: Scope,
    ) -> None:
        path = (*scope.path, key)
        head = self.head(Repeated, node, path, HEAD, model)
        own = replace(scope, path=path)
        bound = None if head is None else self.repeat(head, own)
        if head is None or bound is None:
            self.dropped.append((*scope.to, key))
            return
        before = len(self.problems)
        names = [*scope.bindings, *_names_of(node)]
        self._tell_variables(key, names, path, at_key=True)
        body = nodes.only(node, HEAD, without=True)
        self.check(body, names, path)
        if len(self.problems) > before:
            self.dropped += [path, (*scope.to, key)]
            return
        for each in bound:
            name = replaced(key, each)
            to = (*scope.to, name)
            made = self.copy(
                body, Scope(path, to, each, self.trees.name(head, scope.tree), tuple(names_in(key)))
            )
            self.made[spell_path(to)] = Made("/".join(str(step) for step in to[1::2]), each)
            self._add(result, lines, name, place, made, path)

    def _add(
        self,
        result: YamlNode,
        lines: dict[str, int],
        name: str,
        place: tuple[int, int],
        made: YamlNode,
        path: Path,
    ) -> None:
        """Put an entry there; one that says the same twice is one."""
        if name not in result.children:
            lines[name] = place[0]
            nodes.put(result, name, place, made)
        elif result.children[name].value != made.value or lines[name] != place[0]:
            other = (
                f"line {lines[name]} does" if lines[name] != place[0] else "this line does, and not the same"
            )
            message = f"makes {name!r}, which {other} too"
            remedy = "name the exception, or let one entry make it"
            self.problems.append(self.document.problem(path, message, remedy, at_key=True))

    def copy(self, node: YamlNode, scope: Scope, key: str = "") -> YamlNode:
        """A value with what its variables stand for, and with what the patterns inside of it make."""
        self._weigh(scope.path)
        if isinstance(node.value, str):
            return nodes.text(node, replaced(node.value, scope.bindings))
        if isinstance(node.value, list):
            return nodes.sequence(node, list(self._items(node, scope, key)))
        if not isinstance(node.value, dict):
            return node
        own = list[nodes.Entry]()
        for name, place, each in nodes.entries(node):
            bindings = nodes.known_in(name, scope.bindings)
            below = scope.at(name, replaced(name, scope.bindings))
            if name in NAMED and isinstance(each.value, dict):
                known = {own: value for own, value in scope.bindings.items() if own in scope.of_name}
                child = self.named(each, NAMED[name], replace(below, bindings=known, of_name=()))
            else:
                child = self.copy(each, replace(below, bindings=bindings), name)
            own.append((replaced(name, scope.bindings), place, child))
        return nodes.mapping(node, own)

    def _items(self, node: YamlNode, scope: Scope, key: str) -> Iterator[YamlNode]:
        number, seen = 0, list[object]()
        for index, each in enumerate(nodes.items(node)):
            if key not in LISTS or not _is_pattern(each):
                yield self.copy(each, scope.at(index, number))
                number += 1
                continue
            path = (*scope.path, index)
            head = self.head(Repeated, each, path, HEAD, LISTS[key])
            bound = None if head is None else self.repeat(head, replace(scope, path=path))
            for own in bound or ():
                to = (*scope.to, number)
                inner = Scope(path, to, own, self.trees.name(head, scope.tree) if head else None)
                made = self.copy(nodes.only(each, HEAD, without=True), inner)
                if made.value not in seen:
                    seen.append(made.value)
                    self.made[spell_path(to)] = Made("", own)
                    number += 1
                    yield made

    def weigher(self, path: Path) -> Callable[[int], None]:
        """What weighs the choices of a pattern before they are looked at, whether or not they make something."""
        return lambda count: self._weigh(path, count)

    def _weigh(self, path: Path, count: int = 1) -> None:
        self._weight += count
        if self._weight > MOST:
            message = f"the patterns make more than {MOST} values"
            raise BadInput([self.document.problem(path[:2], message, "make fewer entries of it")])

    def _drop(self, path: Path, message: str, pattern: Path) -> None:
        self.problems.append(self.document.problem(path, message, "choose another name", at_key=True))
        self.dropped.append(pattern)

    def _tell_unknown(self, path: Path, key: str, known: Collection[str]) -> None:
        problem = self.document.problem(path, "unknown key", did_you_mean(key, known), at_key=True)
        self.problems.append(problem)


def _is_pattern(node: YamlNode) -> bool:
    return isinstance(node.value, dict) and not node.children.keys().isdisjoint(HEAD)


def _names_of(node: YamlNode) -> list[str]:
    """The variables that a pattern gives a meaning, as far as it is written as one."""
    names = [key for key, _, _ in nodes.entries(nodes.child(node, "for"))]
    asked = nodes.child(node, "from-tree")
    return names + (_texts_of(asked) if asked is not None else [])


def _texts_of(node: YamlNode) -> list[str]:
    if isinstance(node.value, str):
        return names_in(node.value)
    return [name for each in node.children.values() for name in _texts_of(each)]


def _joined(path: Path, field: str) -> str:
    start = spell_path(path)
    return f"{start}{'' if field.startswith('[') or not field else '.'}{field}"
