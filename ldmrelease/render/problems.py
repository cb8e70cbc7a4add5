"""Problems of files, a line each."""

from collections.abc import Sequence

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted
from ldmrelease.config.yaml.problems import Problem


def problem_lines(problems: Sequence[Problem], what: str) -> str:
    """Every problem with its place and remedy, or that there is none in `what`."""
    if not problems:
        return f"{printable(what)}: nothing is wrong"
    return "\n".join([*(printable(str(each)) for each in problems), counted(len(problems), "problem")])
