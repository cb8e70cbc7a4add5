"""Taking over the claim of another process: who holds it now, and whether that process is gone."""

import os
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.place import PlaceClaimed
from ldmrelease.domain.events.promotion import StepIntended
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.plan import Step
from ldmrelease.domain.streams import claim_stream, promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.claims import Claim, claim_of
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.records import EventRecord


def this_holder() -> str:
    """This process, as others can recognise it: host, process id, and when the process started."""
    return f"{platform.node()}:{os.getpid()}:{_started(os.getpid())}"


def claim_now(context: SignedHistory, place: Place) -> Claim | None:
    """The claim that stands on a place, with the time of its promotion's last append."""
    told = _counted(context, claim_stream(place))
    claim = claim_of(told)
    if claim is None:
        return None
    own = _counted(context, promotion_stream(claim.promotion))
    return claim_of(sorted([*told, *own], key=lambda each: each.event.sequence))


def _counted(context: SignedHistory, stream: str) -> list[EventRecord[Any]]:
    return list(context.records.counted(context.ledger.events(stream=stream), object))


def may_take(claim: Claim, now: datetime, take_over: bool) -> bool:
    """Whether a claim of another process may be taken: on demand, when it has lapsed, or when the process is gone."""
    return take_over or claim.has_lapsed(now) or _is_gone(claim.holder)


def claim_events(promotion: str, step: Step, holder: str, *, takeover: bool) -> list[NewEvent]:
    """The claim and the intention to fence it, appended together."""
    return [
        new_event(PlaceClaimed(step.place, promotion, holder, takeover)),
        new_event(StepIntended(step.id), promotion_stream(promotion)),
    ]


def _is_gone(holder: str) -> bool:
    """Whether a holder on this machine has ended for sure; one elsewhere is never known to."""
    host, _, rest = holder.partition(":")
    number, _, started = rest.partition(":")
    if host != platform.node() or not number.isdecimal():
        return False
    return _started(int(number)) != started


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty where there is no such process (or no /proc)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return _alive(pid)
    # The name in parentheses may hold anything; the state and the numbers come after its last one.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _alive(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "running"
