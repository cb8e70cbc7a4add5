"""The builds of a cycle's components, as somebody lists them in YAML: `COMPONENT: 7`, or `COMPONENT: c0044.007`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import YamlDocument, read


def read_builds(file: Path, components: Iterable[str]) -> dict[str, int | str]:
    """The build of each component that is named, by number or tag.

    components: those that the product has. Raises `BadInput` with everything that is wrong.
    """
    document = read(file)
    plain = document.plain
    if not isinstance(plain, dict) or not plain:
        message = "names no component"
        raise BadInput([document.problem((), message, "write a line `COMPONENT: BUILD` for each component")])
    problems = [*_problems(document, plain, tuple(components))]
    if problems:
        raise BadInput(problems)
    return plain


def _problems(
    document: YamlDocument, plain: dict[str, object], components: tuple[str, ...]
) -> Iterator[Problem]:
    for name, build in plain.items():
        if name not in components:
            yield document.unknown((name,), f"no component {name!r}", name, components, at_key=True)
        elif isinstance(build, bool) or not isinstance(build, int | str) or build in ("", None):
            message = "is not a build"
            expected = "a number like 7, or a tag like c0044.007"
            yield document.problem((name,), message, f"write {expected}", expected=expected)
