"""`window`: only at agreed times, such as Thursday 15:00 Pacific.

Time zones are resolved before: the facts hold the open intervals in UTC.
"""

from typing import Any

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import Interval
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.rule_context import RuleContext


class Parameters(Struct, frozen=True):
    """The window as written, for whoever resolves it and for the finding; the rule reads the intervals."""

    start: str
    end: str
    zone: str
    weekday: str | None = None
    week_of_month: int | None = None


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Open from the start of an interval until just before its end."""
    intervals = context.facts.windows.get(requirement.id, ())
    values: dict[str, Any] = {"zone": parameters.zone}
    now = max((each for each in intervals if each.start <= context.now < each.end), key=_end, default=None)
    if now is not None:
        return context.finding(requirement, Outcome.SATISFIED, "open", values | _spell(now), until=now.end)
    following = min((each for each in intervals if each.start > context.now), key=_start, default=None)
    if following is None:
        return context.finding(requirement, Outcome.ERRORED, "no-interval", values)
    return context.finding(
        requirement, Outcome.PENDING, "closed", values | _spell(following), when=following.start
    )


def _spell(interval: Interval) -> dict[str, str]:
    return {"start": times.spell(interval.start), "end": times.spell(interval.end)}


def _start(interval: Interval) -> tuple[Any, ...]:
    return interval.start, interval.end


def _end(interval: Interval) -> tuple[Any, ...]:
    return interval.end, interval.start
