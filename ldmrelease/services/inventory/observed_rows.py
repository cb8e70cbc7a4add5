"""What a place's observations tell together, from the first and the last one of each unbroken row of them.

An observation that saw what the one before it had seen says which one was the first of them (`UnbrokenRow`): what lies
between the two changes no residence. So the history of a place costs what has changed there, however often somebody
looked. Where anything about a row is not as whoever signed it says, all observations are read.
"""

import itertools
from collections.abc import Iterable, Iterator

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.residences import Seen
from ldmrelease.services.inventory.observations import counted, counted_observations
from ldmrelease.services.needs import SignedHistory


class _BrokenRow(Exception):
    """A row is not what one of its observations says."""


def observed_rows(context: SignedHistory, place: Place, turns: Iterable[int]) -> list[Seen]:
    """Observations that count, oldest first, from which the same residences follow as from all of them.

    turns: numbers of events from which on what was seen may have to be read otherwise, such as an admission: the last
        observation before each and the first one from it on are among them.
    """
    try:
        found = [each for row in reversed(list(_rows(context, place, sorted(set(turns))))) for each in row]
        _require_order(found)
    except _BrokenRow:
        return [Seen(each.sequence, each.observation) for each in counted_observations(context, place)]
    return found


def _rows(context: SignedHistory, place: Place, turns: list[int]) -> Iterator[list[Seen]]:
    """The rows of a place, the newest first."""
    stream, upto = observation_stream(place), None
    while (event := context.ledger.last(stream, EventKind.OBSERVED, upto)) is not None:
        upto = event.sequence - 1
        last = counted(context, event)
        if last is None:
            continue
        if last.row is None:
            yield [Seen(event.sequence, last)]
            continue
        row = _Row(context, event, last)
        yield row.turning_at(turns)
        upto = row.first.sequence - 1


class _Row:
    """A row by its last observation."""

    def __init__(self, context: SignedHistory, event: Event, last: Observation) -> None:
        assert last.row is not None
        self._context, self._event, self._last = context, event, last
        self._row = last.row
        first = context.ledger.get(last.row.first)
        if first is None or first.sequence >= event.sequence or self._key(event) != last.row.key:
            raise _BrokenRow
        self.first = Seen(first.sequence, self._same(first))
        if self.first.observation.row is not None:
            raise _BrokenRow

    def turning_at(self, turns: Iterable[int]) -> list[Seen]:
        """The first and the last one, and those around each turn."""
        first, last = self.first.sequence, self._event.sequence
        found = {first: self.first.observation, last: self._last}
        for turn in turns:
            if first < turn <= last:
                before, behind = self._around(turn)
                found |= {
                    each.sequence: self._same(each) for each in (before, behind) if each.sequence != last
                }
        return [Seen(at, found[at], unbroken=at != first) for at in sorted(found)]

    def _around(self, turn: int) -> tuple[Event, Event]:
        """The last event of the row before a number, and the first one from it on."""
        ledger, stream = self._context.ledger, self._event.stream
        before = ledger.last(stream, upto=turn - 1)
        behind = next(iter(ledger.events(stream=stream, after=turn - 1)), None)
        if before is None or behind is None or behind.stream_version != before.stream_version + 1:
            raise _BrokenRow
        return before, behind

    def _same(self, event: Event) -> Observation:
        """What another observation of the row saw, which has to be the same."""
        seen = counted(self._context, event) if event.stream == self._event.stream else None
        if seen is None or self._key(event) != self._row.key or not seen.saw_the_same(self._last):
            raise _BrokenRow
        if event.sequence != self._row.first and (seen.row is None or seen.row.first != self._row.first):
            raise _BrokenRow
        return seen

    def _key(self, event: Event) -> str:
        found = self._context.records.read(event, Observation)
        # It counts: otherwise nobody asks.
        return getattr(getattr(found, "key", None), "keyid", "")


def _require_order(found: list[Seen]) -> None:
    """Raise `_BrokenRow` where an observation is older than one before it: what is left out may have been left over."""
    times = [each.observation.time for each in found]
    if any(after < before for before, after in itertools.pairwise(times)):
        raise _BrokenRow
