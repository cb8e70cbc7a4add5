"""Errors: what went wrong, for programs."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.problems import Problem


class ProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of one file. `line` and `column` count from 1, null where the whole file is meant; `field` is the path
    of the faulty value; `found` is what stands there, and `expected` what may, in words; `remedy` says what to write
    instead. The `severity` of what is allowed, and gives something up, is `notice`, else it is `error`.
    """

    severity: Literal["error", "notice"]

    file: str
    line: int | None
    column: int | None
    field: str | None
    message: str
    found: str | None
    expected: str | None
    remedy: str | None


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is the kind of error, `exit_code` that of the command; `problems` are those of files."""

    code: str
    message: str
    exit_code: int
    problems: tuple[ProblemAnswer, ...] = ()


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """In place of any answer: why there is none."""

    error: ErrorDetail


Problems = list[ProblemAnswer]


def problem_answers(problems: Iterable[Problem]) -> Problems:
    """Everything that is wrong with files."""
    return [
        ProblemAnswer(
            severity="notice" if each.notice else "error",
            file=each.file,
            line=each.line,
            column=each.column,
            field=each.field or None,
            message=each.message,
            found=each.found,
            expected=each.expected,
            remedy=each.remedy,
        )
        for each in problems
    ]


def error_answer(
    code: str, message: str, exit_code: ExitCode, problems: Iterable[Problem] = ()
) -> ErrorAnswer:
    """Why there is no answer."""
    return ErrorAnswer(
        error=ErrorDetail(
            code=code, message=message, exit_code=int(exit_code), problems=tuple(problem_answers(problems))
        )
    )
