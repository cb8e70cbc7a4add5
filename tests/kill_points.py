"""At which effects of a command a test kills its process, when it does not at all of them.

Always: after every write to a registry, and before and after one effect of each kind. Of the effects that repeat a kind
an eighth, those that only read much less; which ones changes from day to day, so that eight days have been at all that
change something. Between two effects that follow each other nothing lasting happens: the moment before one is that
after the other.

LDMRELEASE_KILL_ALL=1 chooses all of them. LDMRELEASE_KILL_DAY is the day instead of today's, to repeat what failed.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

ALL = bool(os.environ.get("LDMRELEASE_KILL_ALL"))
REPEATED, READS = 8, 64
"""One of so many effects that repeat a kind, and of those that read."""
_PLACES = re.compile(r"/(blobs/uploads|blobs|manifests|referrers|tags|index\.json|oci-layout)(?=[/?]|$)")
_REGISTRY_WRITE = re.compile(r"after (WRITE|PUT|POST|PATCH|DELETE) ")
_READ = re.compile(r"\w+ (GET|HEAD) ")


def today() -> int:
    """The number of the day, by which points are chosen."""
    given = os.environ.get("LDMRELEASE_KILL_DAY")
    return int(given) if given else datetime.now(UTC).date().toordinal()


def kind_of(call: str) -> str:
    """What a call does, without which image or file it is about: `after PUT manifests`, `before step.done`."""
    phase, _, what = call.partition(" ")
    verb, _, address = what.partition(" ")
    found = _PLACES.findall(address)
    return f"{phase} {verb} {found[-1]}" if found else f"{phase} {verb}"


def chosen(calls: Sequence[str], day: int | None = None, *, everything: bool = ALL) -> list[int]:
    """The numbers from 1 of the calls to kill at. A call is `before` or `after`, and what was done."""
    if everything:
        return list(range(1, len(calls) + 1))
    day = today() if day is None else day
    kinds: dict[str, list[int]] = defaultdict(list)
    for number, call in enumerate(calls, 1):
        kinds[kind_of(call)].append(number)
    always = {each[day % len(each)] for each in kinds.values()}
    always |= {number for number, call in enumerate(calls, 1) if _REGISTRY_WRITE.match(call)}
    for reads, between in ((True, READS), (False, REPEATED)):
        turns = [number for number, call in enumerate(calls, 1) if bool(_READ.match(call)) is reads]
        always |= set(turns[day % between :: between])
    return sorted(always)
