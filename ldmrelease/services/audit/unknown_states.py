"""What is known otherwise of a state that nobody could ask for now: what a tree asked for by an imported history, what
others saw, and how long ago we looked. None of it is what runs now, and none of it counts as in order.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import Damaged
from ldmrelease.services.audit.desired_history import desired_at
from ldmrelease.services.audit.imports.stored import UnreadableRows
from ldmrelease.services.audit.told_by_others import seen_by_others
from ldmrelease.services.inventory.comparison import LiveComponent
from ldmrelease.services.inventory.drift import DESIRED, OBSERVED, Settler
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.inventory.settlers import OBSERVE, entitled_settlers
from ldmrelease.services.needs import SignedHistory

UNKNOWN_STATES = ("desired-by-import", "seen-by-others", "unobserved", "unreadable-import")
"""Every code that an unknown state can have."""


class UnknownState(Struct, frozen=True):
    """A state of a place (`desired` or `observed`) that nobody could ask for now: a code, its values, and who could
    settle it.
    """

    place: Place
    state: str
    code: str
    values: dict[str, Any]
    settlers: tuple[Settler, ...] = ()


def unknown_states(
    context: SignedHistory, rows: Sequence[LiveComponent], now: datetime
) -> tuple[UnknownState, ...]:
    """Those of the places where somebody did not answer, by the rows of a look at them; `now` is when that was."""
    found: list[UnknownState] = []
    for place in dict.fromkeys(each.place for each in rows if each.unheard):
        own = [each for each in rows if each.place == place]
        try:
            found += _of_place(context, place, own, now)
        except (UnreadableRows, Damaged) as error:
            found.append(UnknownState(place, DESIRED, "unreadable-import", {"reason": str(error)}))
    return tuple(found)


def _of_place(
    context: SignedHistory, place: Place, rows: Sequence[LiveComponent], now: datetime
) -> Iterator[UnknownState]:
    if all(each.observed is None for each in rows):
        yield from _observed(context, place, now)
    if all(each.desired is None for each in rows):
        for each in desired_at(context, now, environment=place.environment, application=place.application):
            told = {"tag": each.tag, "key": each.key, "since": spell(each.since), "commit": each.commit}
            by = {"by": each.author} if each.author is not None else {}
            yield UnknownState(place, DESIRED, "desired-by-import", told | by)


def _observed(context: SignedHistory, place: Place, now: datetime) -> Iterator[UnknownState]:
    latest = latest_observation(context, place)
    looked = latest.observation.time if latest is not None else None
    if latest is not None and (now - latest.observation.time).total_seconds() <= latest.observation.every:
        return  # `where` tells it, and it is recent enough
    since = {"since": spell(looked)} if looked is not None else {}
    told = _told_by_others(context, place)
    who = entitled_settlers(
        context, "observation", place, OBSERVE, now, ("ldmrelease", "observe", "--target", str(place))
    )
    if told is None or (looked is not None and told[0] <= looked):
        yield UnknownState(place, OBSERVED, "unobserved", since, who)
    else:
        yield UnknownState(place, OBSERVED, "seen-by-others", told[1] | since, who)


def _told_by_others(context: SignedHistory, place: Place) -> tuple[datetime, dict[str, Any]] | None:
    """The last that others say to have seen or synced there, with its time."""
    last = max(seen_by_others(context, place), key=lambda each: each.time, default=None)
    if last is None:
        return None
    return last.time, {"by": last.by, "time": spell(last.time), "image": last.text}
