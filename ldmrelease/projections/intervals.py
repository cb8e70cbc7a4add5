"""How long something was seen: the time between observations close enough together, gaps left out."""

from datetime import datetime
from typing import Any, NamedTuple

from ldmrelease.domain import times

KEPT = 32
"""How many of the latest intervals are kept; `pieces` counts all of them."""


class ObservedAt(NamedTuple):
    """An observation: the event that has it, its time, and the seconds since the one before it.

    `joined` is None where there is none before it, or where it is too far back: what ran between the two
    is unobserved, never guessed.
    """

    sequence: int
    time: datetime
    joined: int | None


def begun(moment: ObservedAt, *, counted: bool) -> dict[str, Any]:
    """The span of what is seen for the first time; `counted` says that it is ready."""
    spelled = times.spell(moment.time)
    return {
        "first": spelled,
        "last": spelled,
        "observed": 0,
        "counting": counted,
        "intervals": [[spelled, spelled]] if counted else [],
        "pieces": int(counted),
        "from": moment.sequence,
        "seen": moment.sequence,
        "sequence": moment.sequence,
    }


def continued(span: dict[str, Any], moment: ObservedAt, *, counted: bool) -> dict[str, Any]:
    """The span of what is seen again. The clock stands still while it is not ready, and across a gap."""
    spelled = times.spell(moment.time)
    changed = {**span, "last": spelled, "counting": counted, "seen": moment.sequence}
    changed |= {"sequence": moment.sequence}
    if not counted:
        return changed
    intervals = span["intervals"]
    if span["counting"] and moment.joined is not None:
        start = intervals[-1][0]
        grown = [*intervals[:-1], [start, spelled]]
        return {**changed, "observed": span["observed"] + moment.joined, "intervals": grown}
    started = [*intervals, [spelled, spelled]][-KEPT:]
    return {**changed, "intervals": started, "pieces": span["pieces"] + 1}


def ended(span: dict[str, Any], moment: ObservedAt, why: str) -> dict[str, Any]:
    """The span of what is no longer seen. The time since it was last seen is unobserved."""
    gone = times.spell(moment.time)
    return {**span, "counting": False, "sequence": moment.sequence, "ended": why, "gone": gone}
