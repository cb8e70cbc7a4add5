"""What was observed at a place around a time: found by numbers, in a stream of any length."""

from datetime import datetime, timedelta

from msgspec import Struct

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.residences import INTAKE_WINDOW
from ldmrelease.services.inventory.known_at import last_known
from ldmrelease.services.inventory.observations import PlaceObservation, counted
from ldmrelease.services.needs import SignedHistory


class ObservationsAround(Struct, frozen=True):
    """What was seen at a place up to a moment, and the next time that somebody looked there; None where nobody did."""

    moment: datetime
    last: PlaceObservation | None
    next: PlaceObservation | None

    @property
    def speaks(self) -> bool:
        """Whether what was seen last was there at the moment: somebody looked soon enough before and after it.

        As for soaks, the next observation says how long after the last one leaves no gap; where there is none yet, the
        last one says until when it speaks.
        """
        if self.last is None:
            return False
        last = self.last.observation
        if last.time == self.moment:
            return True
        until, every = self.moment, last.every
        if self.next is not None:
            until, every = self.next.observation.time, self.next.observation.every
        return until - last.time <= timedelta(seconds=every)


def observation_at(context: SignedHistory, place: Place, moment: datetime) -> ObservationsAround:
    """What was seen at a place at a time, by its own time. What nobody knew yet is not in the reader of a context that
    `known_at.as_known` made.

    It is found by numbers: of the place's stream only what is around the moment is read.
    """
    return ObservationsAround(
        moment, _last_until(context, place, moment), _first_behind(context, place, moment)
    )


def _last_until(context: SignedHistory, place: Place, moment: datetime) -> PlaceObservation | None:
    """The one that counts with the latest time up to a moment, the newest of those."""
    stream, found = observation_stream(place), None
    upto = last_known(context.ledger, context.records, moment + INTAKE_WINDOW)
    while (event := context.ledger.last(stream, EventKind.OBSERVED, upto)) is not None:
        upto = event.sequence - 1
        seen = counted(context, event)
        if seen is None:
            continue
        if found is not None and event.time + INTAKE_WINDOW < found.observation.time:
            break
        if seen.time <= moment and (found is None or seen.time > found.observation.time):
            found = PlaceObservation(event.sequence, seen)
    return found


def _first_behind(context: SignedHistory, place: Place, moment: datetime) -> PlaceObservation | None:
    """The one that counts with the earliest time behind a moment, the oldest of those."""
    after = last_known(context.ledger, context.records, moment - INTAKE_WINDOW - timedelta(seconds=1))
    found = None
    events = context.ledger.events(stream=observation_stream(place), kinds=[EventKind.OBSERVED], after=after)
    for event in events:
        seen = counted(context, event)
        if seen is None:
            continue
        if found is not None and event.time - INTAKE_WINDOW > found.observation.time:
            break
        if seen.time > moment and (found is None or seen.time < found.observation.time):
            found = PlaceObservation(event.sequence, seen)
    return found


class ObservedPeriod(Struct, frozen=True):
    """What was seen at a place from `begin`, included, to `end`, left out; `last` is what had been seen up to `begin`,
    `next` what was seen from `end` on, and `within` is between them, by their own times.
    """

    begin: datetime
    end: datetime
    last: PlaceObservation | None
    within: tuple[PlaceObservation, ...]
    next: PlaceObservation | None

    @property
    def is_observed(self) -> bool:
        """Whether anybody ever looked there, as far as is known."""
        return self.last is not None or bool(self.within) or self.next is not None


def observations_between(
    context: SignedHistory, place: Place, begin: datetime, end: datetime
) -> ObservedPeriod:
    """What was seen at a place over a time, and right before and after it; read as `observation_at` does."""
    last = _last_until(context, place, begin)
    before_end = end - timedelta(seconds=1)
    found: list[PlaceObservation] = []
    after = last_known(context.ledger, context.records, begin - INTAKE_WINDOW - timedelta(seconds=1))
    upto = last_known(context.ledger, context.records, end + INTAKE_WINDOW)
    events = context.ledger.events(stream=observation_stream(place), kinds=[EventKind.OBSERVED], after=after)
    for event in events:
        if event.sequence > upto:
            break
        seen = counted(context, event)
        if seen is not None and begin < seen.time < end:
            found.append(PlaceObservation(event.sequence, seen))
    within = tuple(sorted(found, key=lambda each: (each.observation.time, each.sequence)))
    return ObservedPeriod(begin, end, last, within, _first_behind(context, place, before_end))
