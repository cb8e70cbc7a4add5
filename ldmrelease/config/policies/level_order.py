"""The order of levels by their policies alone: levels that come after each other, and levels that nobody describes."""

from collections.abc import Iterator, Mapping

from ldmrelease.config.policies.references import Policies
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.level import Level, Requirement

_LEVEL = "level:"
_Edges = Mapping[str, Mapping[str, Path]]
"""For each level those that have to come before it anywhere, each with where that is written."""


def circles(policies: Policies) -> Iterator[Problem]:
    """Each circle of levels once: nothing can ever enter the first of them, and so none."""
    edges = {name: dict(_before(level)) for name, (level, _) in policies.items()}
    told: set[str] = set()
    for name in edges:
        circle = _circle(edges, name)
        if circle is not None and told.isdisjoint(circle):
            told.update(circle)
            document = policies[name][1]
            path = edges[name][circle[1] if len(circle) > 1 else name]
            if len(circle) == 1:
                message = "a level cannot come after itself: whoever is first never enters"
                yield document.problem(path, message, "name the level before it")
            else:
                names = " -> ".join((*circle, name))
                yield document.problem(path, f"circular `after`: {names}", "take one of them out")


def unknown_levels(policies: Policies, names: frozenset[str]) -> Iterator[Problem]:
    """Levels that a requirement names and that none of the policies describes; `names` are all that there are."""
    for level, document in policies.values():
        for path, requirement in _requirements(level):
            for key, name in _named(requirement):
                if name not in names:
                    yield _unknown(document, (*path, key), name, names)


def _unknown(document: YamlDocument, path: Path, name: str, names: frozenset[str]) -> Problem:
    return document.unknown(path, f"no policy here describes the level {name!r}", name, names)


def _named(requirement: Requirement) -> Iterator[tuple[str, str]]:
    level, where = requirement.parameters.get("level"), requirement.parameters.get("where")
    if isinstance(level, str):
        yield "level", level
    if isinstance(where, str) and where.startswith(_LEVEL):
        yield "where", where.removeprefix(_LEVEL)


def _before(level: Level) -> Iterator[tuple[str, Path]]:
    for index, each in enumerate(level.enter):
        named = each.parameters.get("level")
        if each.rule == "after" and isinstance(named, str):
            yield named, ("spec", "enter", index, "level")


def _circle(edges: _Edges, start: str) -> tuple[str, ...] | None:
    """The shortest way from a level back to itself, each after the next."""
    walks: list[tuple[str, ...]] = [(start,)]
    visited = {start}
    while walks:
        walk = walks.pop(0)
        for each in edges.get(walk[-1], ()):
            if each == start:
                return walk
            if each not in visited:
                visited.add(each)
                walks.append((*walk, each))
    return None


def _requirements(level: Level) -> Iterator[tuple[Path, Requirement]]:
    parts: list[tuple[Path, object]] = [(("spec",), level)]
    parts += [(("spec", "environments", name), own) for name, own in level.environments.items()]
    for path, held in parts:
        for phase in ("enter", "confirm"):
            for index, each in enumerate(getattr(held, phase)):
                yield (*path, phase, index), each
