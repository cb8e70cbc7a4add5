"""Runs of a check: which of them count for a subject, and what the latest one says.

A run is registered before it starts; the latest run decides, not the best; a result counts once, for a
registered run. A run is as late as its registration, an outside result as its intake.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from ldmrelease.domain.facts import RunFact, StatementFact
from ldmrelease.policy.context import Context
from ldmrelease.policy.subjects import Subject


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs count: of which check in which definition, by which roles, from which environments.

    Empty roles and None for environments are any; `unregistered` lets outside results count.
    """

    check: str
    definition: str
    by: tuple[str, ...]
    environments: tuple[str, ...] | None
    unregistered: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run, or one outside result. `code` says why a run that ended has no result that counts; `order` is
    that of its run, for those of one second."""

    time: datetime
    name: str
    result: StatementFact | None
    deadline: datetime | None = None
    code: str | None = None
    order: int = 0


@dataclass(slots=True)
class Attempts:
    """The runs that count, in order, and how often what was seen did not count, by code."""

    counted: list[Attempt] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)


def attempts(subject: Subject, wanted: Wanted, context: Context) -> Attempts:
    """The runs of a check about a subject."""
    found = Attempts()
    runs = _registered(subject, wanted, context)
    for run in runs.values():
        _take_run(run, subject, wanted, context, found)
    for result in subject.found_in(context.index.results, wanted.check):
        run_of = context.index.registered.get(result.run or "")
        if run_of is None:
            _take_outside(result, wanted, context, found)
        elif (code := _foreign(result, run_of, runs, wanted, context)) is not None:
            found.seen[code] += 1
    found.counted.sort(key=lambda each: (each.time, each.order, each.name))
    return found


def not_counted(statement: StatementFact, by: tuple[str, ...]) -> str | None:
    """Why a statement does not count for a requirement that wants these roles; None if it does."""
    if not statement.counted:
        return statement.code or "not-counted"
    if by and not set(by) & set(statement.roles):
        return "wrong-role"
    return None


def _registered(subject: Subject, wanted: Wanted, context: Context) -> dict[str, RunFact]:
    runs = context.index.runs.get((wanted.check, subject.digest), ())
    if subject.index is not None:
        runs += context.index.runs.get((wanted.check, subject.index), ())
    return {each.run: each for each in runs if context.index.registered.get(each.run) is each}


def _take_run(run: RunFact, subject: Subject, wanted: Wanted, context: Context, found: Attempts) -> None:
    code = _run_not_counted(run, wanted, context)
    if code is not None:
        found.seen[code] += 1
        return
    result = context.index.own.get(run.run)
    if result is None:
        code = "result-gone" if run.evidence else None
        found.counted.append(Attempt(run.registered, run.run, None, run.deadline, code, run.order))
        return
    if result.platform and subject.platform and result.platform != subject.platform:
        return
    code = _result_not_counted(result, run, wanted)
    if code is None and not subject.spoken_for_by(result):
        code = "other-subject"
    if code is not None:
        found.seen[code] += 1
    counted = result if code is None else None
    found.counted.append(Attempt(run.registered, run.run, counted, run.deadline, code, run.order))


def _run_not_counted(run: RunFact, wanted: Wanted, context: Context) -> str | None:
    if run.check_digest != wanted.definition:
        return "other-definition"
    if wanted.environments is not None and run.environment not in wanted.environments:
        return "other-environment"
    if _is_elsewhere(run, context):
        return "other-cluster"
    return None


def _is_elsewhere(what: RunFact | StatementFact, context: Context) -> bool:
    """Whether it was in another cluster than its environment is: a name can be given to any cluster."""
    expected = context.facts.clusters.get(what.environment or "")
    return expected is not None and what.cluster_uid not in (None, expected)


def _result_not_counted(result: StatementFact, run: RunFact, wanted: Wanted) -> str | None:
    if result.check != run.check:
        return "other-check"
    if result.environment != run.environment:
        return "other-environment"
    if result.cluster_uid != run.cluster_uid:
        return "other-cluster"
    if result.check_digest not in (None, run.check_digest):
        return "other-definition"
    return not_counted(result, wanted.by)


def _foreign(
    result: StatementFact, run: RunFact, runs: dict[str, RunFact], wanted: Wanted, context: Context
) -> str | None:
    """Why a result that names a registered run is not that run's; None if it is, and was taken with it."""
    owner = context.index.own.get(run.run)
    if owner is None or owner.evidence != result.evidence:
        return not_counted(result, wanted.by) or "run-reused"
    return None if run.run in runs else "other-run"


def _take_outside(result: StatementFact, wanted: Wanted, context: Context, found: Attempts) -> None:
    code = _outside_not_counted(result, wanted) or (
        "other-cluster" if _is_elsewhere(result, context) else None
    )
    if code is not None:
        found.seen[code] += 1
    else:
        found.counted.append(Attempt(result.received, result.evidence, result))


def _outside_not_counted(result: StatementFact, wanted: Wanted) -> str | None:
    code = not_counted(result, wanted.by)
    if code is not None:
        return code
    if not wanted.unregistered:
        return "unregistered"
    if result.check_digest not in (None, wanted.definition):
        return "other-definition"
    if wanted.environments is not None and result.environment not in wanted.environments:
        return "other-environment"
    return None
