"""Tests of policies: what became of each case, and of each policy that asks less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.sentences.mutants import mutant_words
from ldmrelease.domain.decision import Verdict

if TYPE_CHECKING:
    from ldmrelease.services.decisions.policy_tests import PlayedCase, TriedMutant


class PolicyDifferenceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a case expects of something, and what was found: of the `verdict`, of a requirement's outcome and code, or
    of what the level says beside its requirements.
    """

    about: str
    expected: str
    found: str


class PolicyCaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A case of a policy, on the line of its file where it begins. `verdict` is the one that was found; it passed
    where there are no `differences`.
    """

    file: str
    line: int
    level: str
    name: str
    passed: bool
    verdict: Verdict
    differences: tuple[PolicyDifferenceAnswer, ...]


class PolicyMutantAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A policy with one clause removed or loosened: where, what, of which requirement (null: of the level itself).
    `found_by` is the first case that fails with it; null: it survived, no case holds the clause.
    """

    file: str
    line: int
    column: int
    level: str
    requirement: str | None
    code: str
    sentence: str
    found_by: str | None


class PolicyTestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the cases. `mutants` and how many of them `survived` are null where they were not asked for, or
    where a case fails already.
    """

    passed: int
    failed: int
    cases: tuple[PolicyCaseAnswer, ...]
    survived: int | None
    mutants: tuple[PolicyMutantAnswer, ...] | None

    @property
    def exit_code(self) -> ExitCode:
        """A case that fails, or a mutant that survived, is something bad."""
        return found_code(self.failed or self.survived)


def policy_test_answer(played: Sequence[PlayedCase], tried: Sequence[TriedMutant] | None) -> PolicyTestAnswer:
    """What came of cases, and of mutants where they were tried."""
    cases = tuple(map(_case, played))
    passed = sum(each.passed for each in cases)
    return PolicyTestAnswer(
        passed=passed,
        failed=len(cases) - passed,
        cases=cases,
        survived=None if tried is None else sum(each.found_by is None for each in tried),
        mutants=None if tried is None else tuple(map(_mutant, tried)),
    )


def _case(played: PlayedCase) -> PolicyCaseAnswer:
    result = played.result
    return PolicyCaseAnswer(
        file=played.file,
        line=played.line,
        level=played.level,
        name=result.case.name,
        passed=result.passed,
        verdict=result.decision.verdict,
        differences=tuple(
            PolicyDifferenceAnswer(about=each.about, expected=each.expected, found=each.found)
            for each in result.differences
        ),
    )


def _mutant(tried: TriedMutant) -> PolicyMutantAnswer:
    return PolicyMutantAnswer(
        file=tried.file,
        line=tried.line,
        column=tried.column,
        level=tried.level,
        requirement=tried.mutant.requirement,
        code=tried.mutant.code,
        sentence=mutant_words(tried.mutant),
        found_by=tried.found_by,
    )
