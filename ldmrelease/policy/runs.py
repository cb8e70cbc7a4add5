"""Runs of a check: which of them count for a subject, and what the latest one says.

A run is registered before it starts; the latest run decides, not the best; a result counts once, for a
registered run. A run is as late as its registration, an outside result as its intake.
"""

from collections import defaultdict
from datetime import UTC, datetime
from functools import partial

from msgspec import Struct, field

from ldmrelease.domain.facts import RunFact, StatementFact
from ldmrelease.policy.index import Runs
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.subjects import PolicySubject

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class WantedRun(Struct, frozen=True):
    """Which runs count: of which check in which definition, by which roles, from which environments.

    Empty roles and None for environments are any; `unregistered` lets outside results count.
    """

    check: str
    definition: str
    by: frozenset[str]
    environments: tuple[str, ...] | None
    unregistered: bool


class Attempt(Struct, frozen=True):
    """One run, or one outside result. `code` says why a run that ended has no result that counts, or that nobody here
    knows the run (`unknown-run`); `order` is that of its run, for those of one second."""

    time: datetime
    name: str
    result: StatementFact | None
    deadline: datetime | None = None
    code: str | None = None
    order: int = 0


class Attempts(Struct):
    """What became of the runs that count: the latest one, the results of all of them, and how often what was
    seen did not count, by code.
    """

    latest: Attempt | None = None
    results: list[StatementFact] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=partial(defaultdict, int))


def attempts(subject: PolicySubject, wanted: WantedRun, context: RuleContext) -> Attempts:
    """The runs of a check about a subject."""
    found = Attempts()
    runs = _registered(subject, wanted, context)
    _take_runs(runs, subject, wanted, context, found)
    unpaired = subject.found_in(context.index.unpaired.get(wanted.check, {}))
    if unpaired:
        _take_unpaired(unpaired, {each.run for each in runs.registered}, wanted, context, found)
    return found


def not_counted(statement: StatementFact, by: frozenset[str]) -> str | None:
    """Why a statement does not count for a requirement that wants these roles; None if it does."""
    if not statement.counted:
        return statement.code or "not-counted"
    if by and by.isdisjoint(statement.roles):
        return "wrong-role"
    return None


def _registered(subject: PolicySubject, wanted: WantedRun, context: RuleContext) -> Runs:
    """The registered runs of the check about the subject or the index above it."""
    groups = context.index.runs.get(wanted.check, {})
    runs = groups.get(subject.digest, Runs())
    above = Runs() if subject.index is None else groups.get(subject.index, Runs())
    if not above.registered:
        return runs
    together = {run.run: (run, result) for each in (runs, above) for run, result in zip(*each, strict=True)}
    return Runs(*zip(*together.values(), strict=True))


def _take_runs(
    runs: Runs, subject: PolicySubject, wanted: WantedRun, context: RuleContext, found: Attempts
) -> None:
    """Every run of the check is looked at, so this is where the time of a decision goes."""
    definition, environments, platform = wanted.definition, wanted.environments, subject.platform
    by, digest, take = wanted.by, subject.digest, found.results.append
    last: RunFact | None = None
    of_last: tuple[StatementFact | None, str | None] = None, None
    since = _BEFORE_ALL
    for run, result in zip(*runs, strict=True):
        if run.check_digest != definition:
            found.seen["other-definition"] += 1
        elif environments is not None and run.environment not in environments:
            found.seen["other-environment"] += 1
        elif run.cluster_uid is not None and _is_elsewhere(run, context):
            found.seen["other-cluster"] += 1
        elif result is None:
            if last is None or _is_later(run, last):
                last, since, of_last = run, run.registered, (None, "result-gone" if run.evidence else None)
        elif platform is None or not subject.other_platform(result):
            code = _result_not_counted(result, run, digest, subject, by)
            if code is None:
                take(result)
            else:
                found.seen[code] += 1
            if run.registered > since or last is None or _is_later(run, last):
                last, since, of_last = run, run.registered, (result if code is None else None, code)
    if last is not None:
        result, code = of_last
        found.latest = Attempt(since, last.run, result, last.deadline, code, last.order)


def _is_later(run: RunFact, than: RunFact) -> bool:
    return (run.registered, run.order, run.run) > (than.registered, than.order, than.run)


def _is_elsewhere(what: RunFact | StatementFact, context: RuleContext) -> bool:
    """Whether it was in another cluster than its environment is: a name can be given to any cluster."""
    expected = context.facts.clusters.get(what.environment or "")
    return expected is not None and what.cluster_uid not in (None, expected)


def _result_not_counted(
    result: StatementFact, run: RunFact, digest: str, subject: PolicySubject, by: frozenset[str]
) -> str | None:
    """Why the result of a run does not count for a subject with this digest; None if it does."""
    if result.check != run.check:
        return "other-check"
    if result.environment != run.environment:
        return "other-environment"
    if result.cluster_uid != run.cluster_uid:
        return "other-cluster"
    if result.check_digest not in (None, run.check_digest):
        return "other-definition"
    if not result.counted or (by and by.isdisjoint(result.roles)):
        return not_counted(result, by)
    if digest in result.subjects or subject.spoken_for_by(result):
        return None
    return "other-subject"


def _take_unpaired(
    results: tuple[StatementFact, ...],
    runs: set[str],
    wanted: WantedRun,
    context: RuleContext,
    found: Attempts,
) -> None:
    """Results that no run was registered for may count as they are; those of a run say why they do not."""
    for result in results:
        run = context.index.registered.get(result.run or "")
        if run is not None:
            code = _foreign(result, run, runs, wanted, context)
        else:
            code = _outside_not_counted(result, wanted, context)
            if code is None:
                _take_outside(result, found)
            elif code == "unregistered" and _failed_elsewhere(result, wanted, context):
                _take_failure(result, found)
        if code is not None:
            found.seen[code] += 1


def _foreign(
    result: StatementFact, run: RunFact, runs: set[str], wanted: WantedRun, context: RuleContext
) -> str | None:
    """Why a result that names a registered run is not that run's; None if it is, and was taken with it."""
    owner = context.index.own.get(run.run)
    if owner is None or owner.evidence != result.evidence:
        return not_counted(result, wanted.by) or "run-reused"
    return None if run.run in runs else "other-run"


def _take_outside(result: StatementFact, found: Attempts) -> None:
    attempt = Attempt(result.received, result.evidence, result)
    if found.latest is None or _order(found.latest) <= _order(attempt):
        found.latest = attempt
    found.results.append(result)


def _take_failure(result: StatementFact, found: Attempts) -> None:
    """A failure that a cut ledger has lost, or another ledger has. Only a run that was registered after its intake
    makes it good; in the same second that one speaks."""
    if found.latest is None or found.latest.time < result.received:
        found.latest = Attempt(result.received, result.run or result.evidence, result, code="unknown-run")
    found.results.append(result)


def _order(attempt: Attempt) -> tuple[datetime, int, str]:
    return attempt.time, attempt.order, attempt.name


def _outside_not_counted(result: StatementFact, wanted: WantedRun, context: RuleContext) -> str | None:
    code = not_counted(result, wanted.by)
    if code is not None:
        return code
    return "unregistered" if not wanted.unregistered else _outside_misfit(result, wanted, context)


def _failed_elsewhere(result: StatementFact, wanted: WantedRun, context: RuleContext) -> bool:
    """Whether a result is the failure of a run that this ledger has never registered, of the very check."""
    unknown = result.result == "FAILED" and result.run in context.facts.unknown_runs
    return unknown and _outside_misfit(result, wanted, context) is None


def _outside_misfit(result: StatementFact, wanted: WantedRun, context: RuleContext) -> str | None:
    if result.check_digest not in (None, wanted.definition):
        return "other-definition"
    if wanted.environments is not None and result.environment not in wanted.environments:
        return "other-environment"
    return "other-cluster" if _is_elsewhere(result, context) else None
