"""Problems of files, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted

if TYPE_CHECKING:
    from ldmrelease.config.yaml.problems import Problem


def problem_lines(problems: Sequence[Problem], what: str) -> str:
    """Every problem with its place and remedy, or that there is none in `what`."""
    if not problems:
        return f"{printable(what)}: nothing is wrong"
    return "\n".join([*(printable(str(each)) for each in problems), counted(len(problems), "problem")])
