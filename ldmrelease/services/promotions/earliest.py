"""When a plan can be through with each of its places at the earliest: what its decisions wait for, added up."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from ldmrelease.domain.decision import Decision, Finding, Outcome
from ldmrelease.domain.topology import Place

_EARLIER = "earlier-in-plan"


class EarliestTime(Struct, frozen=True):
    """The earliest time at which a release can enter a place; None where that is not known, and then `barred` is the
    place where it stands still, and `requirements` are those that no time alone makes true.
    """

    time: datetime | None
    barred: Place | None = None
    requirements: tuple[str, ...] = ()


EarliestTimes = Mapping[Place, EarliestTime]


def earliest_times(decisions: Iterable[Decision], before: EarliestTimes) -> dict[Place, EarliestTime]:
    """For each place of a plan, in its order; `before` are the times of places that come before this plan.

    A lower bound: a check, a roll-out or the next window may take longer.
    """
    found = dict(before)
    last = [*found.values()][-1] if found else None
    times: dict[Place, EarliestTime] = {}
    for each in decisions:
        last = times[each.place] = found[each.place] = _at(each, found, last)
    return times


def _at(decision: Decision, found: EarliestTimes, last: EarliestTime | None) -> EarliestTime:
    if last is not None and last.time is None:
        return last
    times = [decision.now if last is None or last.time is None else last.time]
    unknown = []
    for each in decision.unmet():
        time = _time(each, found, times[0])
        if time is None:
            unknown.append(each.requirement)
        else:
            times.append(time)
    return EarliestTime(None, decision.place, tuple(unknown)) if unknown else EarliestTime(max(times))


def _time(finding: Finding, found: EarliestTimes, after: datetime) -> datetime | None:
    """When a requirement can be met by itself; a soak begins where the place before it is through."""
    if finding.outcome is not Outcome.PENDING:
        return None
    if finding.code != _EARLIER:
        return finding.when
    place = next((each for each in found if str(each) == finding.values.get("place")), None)
    begins = found[place].time if place is not None else after
    return begins and begins + timedelta(seconds=int(finding.values.get("for", 0)))
