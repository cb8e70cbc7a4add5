"""`check`: a test ran, and its latest run passed (in-toto test-result v0.1)."""

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome, Phase
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.index import PASSING
from ldmrelease.policy.place_names import Unknown, environments
from ldmrelease.policy.rule_context import RuleContext, command
from ldmrelease.policy.runs import Attempt, Attempts, WantedRun, attempts
from ldmrelease.policy.subjects import About, NoSubject, subjects


class Parameters(Struct, frozen=True):
    """`check` by name; `where` it ran: `here`, an environment, `level:<name>`, or None for anywhere;
    `max_age` in seconds since the result's intake; `unregistered` lets results of outside runs count.
    """

    check: str
    about: About = "release"
    max_age: int | None = None
    by: tuple[str, ...] = ()
    where: str | None = None
    accept_warned: bool = False
    unregistered: bool = False


class _Part(Struct, frozen=True):
    """What became of the check for one subject."""

    outcome: Outcome
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    until: datetime | None = None


_result = attrgetter("result")
_WORST_FIRST = (Outcome.FAILED, Outcome.MISSING, Outcome.ERRORED, Outcome.PENDING, Outcome.SATISFIED)


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Every subject needs a passing run of its own; the worst part speaks for all."""
    values: dict[str, Any] = {"check": parameters.check, "about": parameters.about}
    wanted = _wanted(parameters, context)
    if isinstance(wanted, Unknown):
        return context.finding(requirement, Outcome.ERRORED, wanted.code, values | {"name": wanted.name})
    required = subjects(parameters.about, context)
    if isinstance(required, NoSubject):
        return context.finding(requirement, Outcome.MISSING, required.code, values | required.describe())
    parts = [(each, _part(attempts(each, wanted, context), parameters, context)) for each in required]
    worst = min((part for _, part in parts), key=lambda part: _WORST_FIRST.index(part.outcome))
    unmet = worst.outcome is not Outcome.SATISFIED
    values |= worst.values
    if any(part.values.get("flaky") for _, part in parts):
        values["flaky"] = True
    if unmet and parameters.about == "image":
        values["lacking"] = [
            each.describe() | {"code": part.code}
            for each, part in parts
            if part.outcome is not Outcome.SATISFIED
        ]
    return context.finding(
        requirement,
        worst.outcome,
        worst.code,
        values,
        evidence=tuple(sorted({each for _, part in parts for each in part.evidence})),
        who=parameters.by if unmet else (),
        next=_next(parameters, wanted, context) if unmet and worst.outcome is not Outcome.PENDING else (),
        until=min((part.until for _, part in parts if part.until), default=None),
    )


def _wanted(parameters: Parameters, context: RuleContext) -> WantedRun | Unknown:
    definition = context.index.checks.get(parameters.check)
    if definition is None:
        return Unknown("unknown-check", parameters.check)
    where = None if parameters.where is None else environments(parameters.where, context)
    if isinstance(where, Unknown):
        return where
    by = frozenset(parameters.by)
    return WantedRun(parameters.check, definition.digest, by, where, parameters.unregistered)


def _next(parameters: Parameters, wanted: WantedRun, context: RuleContext) -> tuple[str, ...]:
    place = context.facts.place
    target = wanted.environments[0] if wanted.environments else place.environment
    if context.phase is Phase.CONFIRM and target == place.environment:
        # The release is put back there, and a run about what is not there is refused: only another try has one.
        return command(str(context.facts.intent), context.facts.release.tag, "--target", str(place))
    return command("check-run", parameters.check, context.facts.release.tag, "--target", target)


def _part(found: Attempts, parameters: Parameters, context: RuleContext) -> _Part:
    seen = {"seen": dict(sorted(found.seen.items()))} if found.seen else {}
    latest = found.latest
    if latest is None:
        if "future" in found.seen:
            return _Part(Outcome.ERRORED, "future", seen)
        return _Part(Outcome.MISSING, "not-counted" if seen else "no-run", seen)
    part = _latest(latest, parameters, context)
    values = part.values | seen | {"run": latest.name}
    if _flaky(found.results, parameters.max_age, context.now):
        values["flaky"] = True
    evidence = (latest.result.evidence,) if latest.result else ()
    return _Part(part.outcome, part.code, values, evidence, part.until)


def _latest(latest: Attempt, parameters: Parameters, context: RuleContext) -> _Part:
    if latest.result is None:
        return _without_result(latest, context.now)
    match latest.result.result:
        case "PASSED":
            return _passed(latest.result.received, "passed", parameters.max_age, context.now)
        case "WARNED" if parameters.accept_warned:
            return _passed(latest.result.received, "passed-with-warnings", parameters.max_age, context.now)
        case "WARNED":
            return _Part(Outcome.FAILED, "warned")
        case "FAILED":
            code = "failed-elsewhere" if latest.code == "unknown-run" else "failed"
            return _Part(Outcome.FAILED, code, {"failed_tests": sorted(latest.result.failed_tests)})
        case result:
            return _Part(Outcome.ERRORED, "contradictory" if result == "ERRORED" else "unknown-result")


def _without_result(latest: Attempt, now: datetime) -> _Part:
    if latest.code == "result-gone":
        return _Part(Outcome.ERRORED, "result-gone")
    if latest.code == "future":
        return _Part(Outcome.ERRORED, "future")
    if latest.deadline is not None and now < latest.deadline:
        # A deadline is the latest that it may come, and says nothing of the earliest.
        return _Part(Outcome.PENDING, "running", {"due": times.spell(latest.deadline)})
    return _Part(Outcome.ERRORED, "no-result")


def _passed(received: datetime, code: str, max_age: int | None, now: datetime) -> _Part:
    if max_age is None:
        return _Part(Outcome.SATISFIED, code)
    until = received + timedelta(seconds=max_age)
    if until < now:
        return _Part(Outcome.MISSING, "too-old", {"since": times.spell(until), "max_age": max_age})
    return _Part(Outcome.SATISFIED, code, until=until)


def _flaky(counted: list[StatementFact], max_age: int | None, now: datetime) -> bool:
    """Both outcomes within the window: told, and no reason to refuse."""
    if "FAILED" not in map(_result, counted):
        return False
    since = None if max_age is None else now - timedelta(seconds=max_age)
    results = {each.result for each in counted if since is None or each.received >= since}
    return "FAILED" in results and not results.isdisjoint(PASSING)
