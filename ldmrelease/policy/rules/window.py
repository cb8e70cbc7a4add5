"""`window`: only at agreed times, such as Thursday 15:00 Pacific.

Time zones are resolved before: the facts hold the open intervals in UTC. With a notice, an interval is open no
earlier than that long after somebody asked.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import Interval
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.rule_context import RuleContext, command


class Parameters(Struct, frozen=True):
    """The window as written, for whoever resolves it and for the finding; the rule reads the intervals, and `notice`,
    the seconds between a request and the earliest change.
    """

    start: str
    end: str
    zone: str
    weekday: str | None = None
    week_of_month: int | None = None
    notice: int | None = None


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Open from the start of an interval until just before its end."""
    values: dict[str, Any] = {"zone": parameters.zone}
    noticed = _noticed(parameters, context)
    if noticed is not None:
        values["notice"] = parameters.notice
    known = context.facts.windows.get(requirement.id, ())
    intervals = known if noticed is None else _from(noticed, known)
    now = max((each for each in intervals if each.start <= context.now < each.end), key=_end, default=None)
    if now is not None:
        return context.finding(requirement, Outcome.SATISFIED, "open", values | _spell(now), until=now.end)
    following = min((each for each in intervals if each.start > context.now), key=_start, default=None)
    if following is None:
        return context.finding(requirement, Outcome.ERRORED, "no-interval", values)
    open_now = any(each.start <= context.now < each.end for each in known)
    if noticed is not None and (open_now or noticed == following.start):
        values |= {"requested": _requested(context)}
        code, next_words = "notice", _request(context)
    else:
        code, next_words = "closed", () if noticed is None else _request(context)
    return context.finding(
        requirement,
        Outcome.PENDING,
        code,
        values | _spell(following),
        next=next_words,
        when=following.start,
    )


def _noticed(parameters: Parameters, context: RuleContext) -> datetime | None:
    """When the notice is over that begins with the request, or would begin now."""
    if parameters.notice is None:
        return None
    return (context.facts.requested or context.now) + timedelta(seconds=parameters.notice)


def _from(noticed: datetime, intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    return tuple(Interval(max(each.start, noticed), each.end) for each in intervals if noticed < each.end)


def _requested(context: RuleContext) -> str | None:
    asked = context.facts.requested
    return None if asked is None else times.spell(asked)


def _request(context: RuleContext) -> tuple[str, ...]:
    """What lets the notice begin."""
    if context.facts.requested is not None:
        return ()
    return command("request", context.facts.release.tag, "--target", str(context.facts.place))


def _spell(interval: Interval) -> dict[str, str]:
    return {"start": times.spell(interval.start), "end": times.spell(interval.end)}


def _start(interval: Interval) -> tuple[Any, ...]:
    return interval.start, interval.end


def _end(interval: Interval) -> tuple[Any, ...]:
    return interval.end, interval.start
