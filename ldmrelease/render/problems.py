"""Problems of files, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted, listed

if TYPE_CHECKING:
    from ldmrelease.config.yaml.problems import Problem


_APPLICATION = re.compile(r"^environments\.([^.]+)\.applications\.([^.]+)\.(.*)$")
"""A field of an application: where many have the same trouble, their places are enough."""


def problem_lines(problems: Sequence[Problem], what: str) -> str:
    """Every problem with its place and remedy, or that there is none in `what`."""
    notices = [each for each in problems if each.notice]
    wrong = [each for each in problems if not each.notice]
    end = counted(len(wrong), "problem") if wrong else f"{printable(what)}: nothing is wrong"
    if notices:
        end += f", {counted(len(notices), 'notice')}"
    return "\n".join(
        [*map(printable, _lines(wrong)), *(f"notice: {printable(each)}" for each in _lines(notices)), end]
    )


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
        inner = dict.fromkeys(own[3] for each in found if (own := _APPLICATION.match(each.field)))
        within = f" {listed(inner)}:" if inner else ""
        yield f"{file}: {fields}:{within} {message}{f'; {remedy}' if remedy else ''}"


def _place(problem: Problem) -> str:
    line = f"line {problem.line}" if problem.line else ""
    field = _APPLICATION.sub(r"\1/\2", problem.field)
    return f"{field} ({line})" if field and line else field or line
