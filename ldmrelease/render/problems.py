"""Problems of files, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted, listed

if TYPE_CHECKING:
    from ldmrelease.config.yaml.problems import Problem


def problem_lines(problems: Sequence[Problem], what: str) -> str:
    """Every problem with its place and remedy, or that there is none in `what`."""
    if not problems:
        return f"{printable(what)}: nothing is wrong"
    return "\n".join([*map(printable, _lines(problems)), counted(len(problems), "problem")])


def _lines(problems: Sequence[Problem]) -> Iterator[str]:
    """A line for each problem; where several fields of a file have the same one, a line with all of them."""
    alike: dict[tuple[str, str, str | None], list[Problem]] = {}
    for each in problems:
        alike.setdefault((each.file, each.message, each.remedy), []).append(each)
    for (file, message, remedy), found in alike.items():
        if len(found) == 1:
            yield str(found[0])
            continue
        fields = listed(_place(each) for each in found)
        yield f"{file}: {fields}: {message}{f'; {remedy}' if remedy else ''}"


def _place(problem: Problem) -> str:
    line = f"line {problem.line}" if problem.line else ""
    return f"{problem.field} ({line})" if problem.field and line else problem.field or line
