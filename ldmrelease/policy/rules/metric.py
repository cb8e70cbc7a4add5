"""`metric`: a measured value is within a threshold, or no worse than that of what runs there.

Values are decimal numbers in text and are compared exactly.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import RunningRelease, StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.statement_facts import MetricFact
from ldmrelease.policy.counted import (
    CountedStatements,
    JudgedPart,
    counted_statements,
    earliest,
    made,
    worst,
)
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.runs import not_counted
from ldmrelease.policy.subjects import About, NoSubject, PolicySubject, subjects


class Parameters(Struct, frozen=True):
    """A `metric` by name, and what its value has to be: `at_most` or `at_least` a number, or `no_worse_than` that of
    what runs there, by `tolerance` (a number, or such as `5%` of the running one); `better` is where better values are.
    `unit`: the one that it has to be in. `max_age` in seconds.
    """

    metric: str
    at_most: str | None = None
    at_least: str | None = None
    no_worse_than: Literal["running"] | None = None
    better: Literal["lower", "higher"] | None = None
    tolerance: str = "0"
    unit: str | None = None
    about: About = "release"
    by: tuple[str, ...] = ()
    max_age: int | None = None


class _Bounds(Struct, frozen=True):
    """The numbers of the parameters, read."""

    at_most: Fraction | None
    at_least: Fraction | None
    tolerance: Fraction
    in_percent: bool


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """The newest value about each subject decides; the worst part speaks for all."""
    values: dict[str, Any] = {"metric": parameters.metric, "about": parameters.about}
    bounds = _bounds(parameters)
    if bounds is None:
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    required = subjects(parameters.about, context)
    if isinstance(required, NoSubject):
        return context.finding(requirement, Outcome.MISSING, required.code, values | required.describe())
    parts = [_part(each, parameters, bounds, context) for each in required]
    speaking = worst(parts)
    values |= speaking.values
    if speaking.outcome is Outcome.FAILED:
        # A waiver is for this value, and for no worse one.
        values["metrics"] = [f"{parameters.metric}={values['value']}"]
    return context.finding(
        requirement,
        speaking.outcome,
        speaking.code,
        values,
        evidence=tuple(sorted({each for part in parts for each in part.evidence})),
        who=parameters.by if speaking.outcome is Outcome.MISSING else (),
        until=earliest(each.until for each in parts),
    )


def _bounds(parameters: Parameters) -> _Bounds | None:
    """None where they make no sense."""
    relative, bounded = parameters.no_worse_than, parameters.at_most or parameters.at_least
    if (relative is None and bounded is None) or (relative is None) != (parameters.better is None):
        return None
    in_percent = parameters.tolerance.endswith("%")
    try:
        tolerance = Fraction(parameters.tolerance.removesuffix("%"))
        at_most, at_least = _number(parameters.at_most), _number(parameters.at_least)
    except (ValueError, ZeroDivisionError):
        return None
    return None if tolerance < 0 else _Bounds(at_most, at_least, tolerance, in_percent)


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _part(
    subject: PolicySubject, parameters: Parameters, bounds: _Bounds, context: RuleContext
) -> JudgedPart:
    told: dict[str, Any] = subject.describe() if subject.component is not None else {}
    found = _of_metric(counted_statements("metric", (subject,), parameters.by, context), parameters.metric)
    if not found.found:
        outcome, code = found.absent("no-metric")
        return JudgedPart(outcome, code, told | {"seen": found.seen})
    latest = found.latest()
    evidence, until = tuple(sorted({each.evidence for each in latest})), None
    if parameters.max_age is not None:
        until = max(map(made, latest)) + timedelta(seconds=parameters.max_age)
        if until < context.now:
            old = {"since": times.spell(until), "max_age": parameters.max_age}
            return JudgedPart(Outcome.MISSING, "too-old", told | old, evidence)
    measured = sorted((_value(each, parameters.metric) for each in latest), key=lambda each: each.value)
    part = worst(_judged(each, parameters, bounds, context) for each in measured)
    return replace(
        part, values=told | part.values, evidence=tuple(sorted({*evidence, *part.evidence})), until=until
    )


def _of_metric(found: CountedStatements, metric: str) -> CountedStatements:
    having = tuple([each for each in found.found if metric in (each.metrics or {})])
    others = len(found.found) - len(having)
    return CountedStatements(having, (*found.rejected, *["no-metric"] * others))


def _value(statement: StatementFact, metric: str) -> MetricFact:
    assert statement.metrics is not None
    return statement.metrics[metric]


def _judged(
    measured: MetricFact, parameters: Parameters, bounds: _Bounds, context: RuleContext
) -> JudgedPart:
    value = Fraction(measured.value)
    told: dict[str, Any] = {"value": measured.value, "unit": measured.unit}
    if parameters.unit is not None and measured.unit != parameters.unit:
        return JudgedPart(Outcome.ERRORED, "other-unit", told | {"asked": parameters.unit})
    if bounds.at_most is not None and value > bounds.at_most:
        return JudgedPart(Outcome.FAILED, "too-high", told | {"at_most": parameters.at_most})
    if bounds.at_least is not None and value < bounds.at_least:
        return JudgedPart(Outcome.FAILED, "too-low", told | {"at_least": parameters.at_least})
    if parameters.no_worse_than is None:
        return JudgedPart(Outcome.SATISFIED, "within", told | _written(parameters))
    return _compared(measured, parameters, bounds, context, told)


def _written(parameters: Parameters) -> dict[str, str]:
    named = {"at_most": parameters.at_most, "at_least": parameters.at_least}
    return {name: value for name, value in named.items() if value is not None}


def _compared(
    measured: MetricFact,
    parameters: Parameters,
    bounds: _Bounds,
    context: RuleContext,
    told: dict[str, Any],
) -> JudgedPart:
    """With every release that runs there: the value must be no worse than that of any."""
    running = context.facts.running
    if not running:
        # The first one has nothing to be compared with: a threshold alone lets it in.
        if _written(parameters):
            return JudgedPart(Outcome.SATISFIED, "within", told | _written(parameters))
        return JudgedPart(Outcome.MISSING, "nothing-runs", told)
    return worst(
        _compared_with(each, measured, parameters, bounds, told)
        for each in sorted(running, key=lambda each: (each.name, each.digest))
    )


def _compared_with(
    running: RunningRelease,
    measured: MetricFact,
    parameters: Parameters,
    bounds: _Bounds,
    told: dict[str, Any],
) -> JudgedPart:
    told = told | {"running": running.name, "tolerance": parameters.tolerance}
    theirs = list(_values_of(running, parameters))
    if not theirs:
        return JudgedPart(Outcome.MISSING, "not-measured-there", told)
    statement, other = theirs[0]
    told, evidence = told | {"running_value": other.value}, (statement.evidence,)
    if other.unit != measured.unit:
        return JudgedPart(Outcome.ERRORED, "other-unit", told | {"asked": other.unit}, evidence)
    ours, limit = Fraction(measured.value), Fraction(other.value)
    room = abs(limit) * bounds.tolerance / 100 if bounds.in_percent else bounds.tolerance
    is_worse = ours > limit + room if parameters.better == "lower" else ours < limit - room
    if is_worse:
        return JudgedPart(Outcome.FAILED, "worse-than-running", told, evidence)
    return JudgedPart(Outcome.SATISFIED, "no-worse", told, evidence)


def _values_of(running: RunningRelease, parameters: Parameters) -> Iterator[tuple[StatementFact, MetricFact]]:
    """The newest value that counts; of several in one second the best, as what has to be kept."""
    having = [
        each
        for each in running.statements
        if each.type == "metric"
        and parameters.metric in (each.metrics or {})
        and not_counted(each, frozenset(parameters.by)) is None
    ]
    if not having:
        return
    newest = max(_first_intake(having, each) for each in having)
    latest = [each for each in having if _first_intake(having, each) == newest]
    sign = 1 if parameters.better == "lower" else -1
    pairs = [(each, _value(each, parameters.metric)) for each in latest]
    yield min(pairs, key=lambda pair: (sign * Fraction(pair[1].value), pair[0].evidence))


def _first_intake(statements: Iterable[StatementFact], statement: StatementFact) -> datetime:
    return min(each.received for each in statements if each.evidence == statement.evidence)
