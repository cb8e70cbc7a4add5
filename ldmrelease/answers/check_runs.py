"""Runs of checks by hand."""

from enum import StrEnum

import msgspec

from ldmrelease.answers.sentences.check_runs import problem_words
from ldmrelease.answers.spellings import ReleaseName, TimeText, time_text
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.services.checks.runs import RunResult


class RunResultName(StrEnum):
    """What came of a run."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    ERRORED = "ERRORED"
    REGISTERED = "REGISTERED"
    REFUSED = "REFUSED"


class CheckRunAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a check. `REGISTERED`: its result is due by `deadline`; `ERRORED`: it said nothing of the release, and
    `problem` and `sentence` say why; `REFUSED`: the release does not run there, and `next` may bring it there. `run` is
    null where nothing was registered.
    """

    check: str
    release: ReleaseName
    environment: str | None
    run: str | None
    result: RunResultName
    deadline: TimeText | None = None
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    exit_code: int | None = None
    problem: str | None = None
    sentence: str | None = None
    output: str = ""
    next: tuple[str, ...] = ()


CheckRuns = list[CheckRunAnswer]


def not_registered(check: str, release: str, environment: str, why: str) -> CheckRunAnswer:
    """There is nothing to check."""
    return CheckRunAnswer(
        check=check,
        release=release,
        environment=environment,
        run=None,
        result=RunResultName.ERRORED,
        problem="rollout",
        sentence=problem_words("rollout"),
        output=why,
    )


def refused_run(check: str, release: str, environment: str, next: tuple[str, ...]) -> CheckRunAnswer:
    """It is to be tried where the release runs, and it does not run there."""
    return CheckRunAnswer(
        check=check,
        release=release,
        environment=environment,
        run=None,
        result=RunResultName.REFUSED,
        problem="not-there",
        sentence=f"{release} does not run at {environment}, where it is to be tried; nothing was registered",
        next=next,
    )


def registered_run(check: str, release: str, run: RunRegistration) -> CheckRunAnswer:
    """A run whose result somebody else signs."""
    return CheckRunAnswer(
        check=check,
        release=release,
        environment=run.environment,
        run=run.run,
        result=RunResultName.REGISTERED,
        deadline=time_text(run.deadline),
    )


def finished_run(check: str, release: str, run: RunRegistration, found: RunResult) -> CheckRunAnswer:
    """What came of a run."""
    ran = found.ran
    return CheckRunAnswer(
        check=check,
        release=release,
        environment=run.environment,
        run=run.run,
        result=RunResultName(found.result),
        passed=tuple(ran.passed),
        failed=tuple(ran.failed),
        exit_code=ran.exit_code,
        problem=ran.problem,
        sentence=problem_words(ran.problem) if ran.problem else None,
        output=ran.output,
    )
