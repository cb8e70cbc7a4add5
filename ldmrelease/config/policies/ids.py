"""Ids of requirements that clash: told beside whatever else is wrong in a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.policy.builtin import IDS


def id_clashes(document: YamlDocument) -> Iterator[Problem]:
    """Ids that are built in, that stand twice, or that the level has in its other phase."""
    clauses = list(_clauses(document.plain))
    base = {name: path for path, name in clauses if len(path) == 3}
    taken: dict[tuple[Path, str], Path] = {}
    for path, name in clauses:
        if name in IDS:
            message = f"{name!r} is the id of something that every decision asks"
            yield document.problem((*path, "id"), message, "give it another id")
            continue
        first = taken.setdefault((path[:-2], name), path)
        if first is not path:
            line = document.where(first)[0]
            message = f"the requirement {name!r} stands twice, first on line {line}"
            yield document.problem((*path, "id"), message, "give it another id")
        elif base.get(name, path)[-2] != path[-2]:
            line = document.where(base[name])[0]
            message = f"the level has {name!r} under {base[name][-2]} on line {line}"
            yield document.problem((*path, "id"), message, f"move it to {base[name][-2]} or rename it")


def _clauses(plain: Any) -> Iterator[tuple[Path, str]]:
    """Every id with the path of its requirement, as far as the file has the shape of a policy."""
    spec = _mapping(_mapping(plain).get("spec"))
    parts: list[tuple[Path, Any]] = [(("spec",), spec)]
    parts += [
        (("spec", "environments", name), own) for name, own in _mapping(spec.get("environments")).items()
    ]
    for path, part in parts:
        for phase in ("enter", "confirm"):
            found = _mapping(part).get(phase)
            for index, each in enumerate(found if isinstance(found, list) else ()):
                name = _mapping(each).get("id")
                if isinstance(name, str):
                    yield (*path, phase, index), name


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
