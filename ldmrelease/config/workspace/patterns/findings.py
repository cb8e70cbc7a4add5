"""Problems of what patterns made: told once for each pattern's line, with what it was made for."""

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from ldmrelease.config.workspace.patterns.making import Made
from ldmrelease.config.yaml.problems import Problem

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def told_once(problems: Iterable[Problem], made: Mapping[str, Made], file: str) -> list[Problem]:
    """The problems, those that differ in what the variables stand for as one, which says what it was made for."""
    if not made:
        return list(problems)
    groups: dict[tuple[object, ...], list[tuple[Problem, str]]] = {}
    for each in problems:
        origins = _origins(each, made) if each.file == file else []
        label = next((origin.label for origin in origins if origin.label), "")
        words = {value: name for origin in origins for name, value in origin.bindings.items()}
        key = (each.file, each.line, each.column, _without(each.message, words)) if origins else (each,)
        groups.setdefault(key, []).append((each, label))
    return [_told(group) for group in groups.values()]


def _told(group: list[tuple[Problem, str]]) -> Problem:
    first, label = group[0]
    others = {other for _, other in group} - {label}
    if not label:
        return first
    more = f" and {len(others)} more" if others else ""
    return replace(first, message=f"{first.message} (made for {label}{more})")


def _origins(problem: Problem, made: Mapping[str, Made]) -> list[Made]:
    """As what each of the entries was made that the problem is of, the outermost first."""
    field = problem.field
    ends = [index for index, each in enumerate(field) if each in ".["]
    return [made[start] for start in (*(field[:end] for end in ends), field) if start in made]


def _without(message: str, words: Mapping[str, str]) -> str:
    """A message with the names of variables in place of what they stand for, where it quotes something."""
    longest = sorted(words, key=len, reverse=True)

    def quoted(match: re.Match[str]) -> str:
        text = match[0]
        for word in longest:
            text = text.replace(word, f"{{{words[word]}}}")
        return text

    return _QUOTED.sub(quoted, message)
