"""Play cases of policies: each is decided by the one engine, with windows in their time zones."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ldmrelease.config.policies.cases import CaseFile
from ldmrelease.config.policies.window_intervals import windows
from ldmrelease.domain.facts import Interval
from ldmrelease.domain.level import Level
from ldmrelease.policy.cases.scenario import Scenario
from ldmrelease.policy.cases.verdicts import CaseResult, PolicyCase, run_case
from ldmrelease.policy.engine import asked_requirements
from ldmrelease.policy.mutations import PolicyMutant, mutants


class PlayedCase(Struct, frozen=True):
    """A case of a file, where it stands, and what came of it."""

    file: str
    line: int
    level: str
    result: CaseResult


def play(files: Iterable[CaseFile]) -> Iterator[PlayedCase]:
    """Every case of every file, in their order."""
    for file in files:
        for each in file.cases:
            yield PlayedCase(file.file, each.line, file.level.name, play_case(each.case, file.level))


def play_case(case: PolicyCase, level: Level) -> CaseResult:
    """One case decided by a level."""
    return run_case(case, level, scenario_windows(case.scenario, level))


def scenario_windows(scenario: Scenario, level: Level) -> dict[str, tuple[Interval, ...]]:
    """When the windows are open that a level asks for, around the time of a scenario."""
    asked = asked_requirements(level, scenario.place, scenario.intent, scenario.phase)
    return {each.id: windows(each, scenario.at) for each in asked if each.rule == "window"}


class TriedMutant(Struct, frozen=True):
    """A policy that asks less, where it was changed, and the first case that noticed; None: it survived."""

    file: str
    line: int
    column: int
    level: str
    mutant: PolicyMutant
    found_by: str | None


def mutate(files: Iterable[CaseFile]) -> Iterator[TriedMutant]:
    """Every policy of the files with each clause removed or loosened in turn, against all its cases."""
    together: dict[str, list[CaseFile]] = {}
    for file in files:
        together.setdefault(file.policy.file, []).append(file)
    for own in together.values():
        first = own[0]
        cases = [each.case for file in own for each in file.cases]
        for mutant in mutants(first.level):
            line, column = first.policy.where(mutant.path)
            found = _noticed(mutant.level, cases)
            yield TriedMutant(first.policy.file, line, column, first.level.name, mutant, found)


def _noticed(level: Level, cases: Sequence[PolicyCase]) -> str | None:
    return next((each.name for each in cases if not play_case(each, level).passed), None)
