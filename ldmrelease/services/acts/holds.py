"""Holds: the freezes and recalls that somebody signed whose role says so, and what became of each.

What nobody entitled signed is seen and has no effect: neither a hold nor the lifting of one (trust.md section 2).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.acts import Hold, HoldKind, HoldLifted
from ldmrelease.domain.release import Release
from ldmrelease.domain.scopes import EVERYWHERE, ActScope, environments_of
from ldmrelease.domain.streams import HOLDS
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.known_at import Limitable, as_known
from ldmrelease.services.needs import RecordLookup
from ldmrelease.trust.records import EventRecord, Records
from ldmrelease.trust.verify import Rejected


class Lifting(Struct, frozen=True):
    """Who lifted a hold, when the ledger took that in, and why."""

    person: str
    time: datetime
    reason: str


class KnownHold(Struct, frozen=True):
    """A hold that counts. `since` is when the ledger took it in; what its signer claims is not asked."""

    body: Hold
    person: str
    since: datetime
    lifted: Lifting | None = None

    @property
    def id(self) -> str:
        """Its name, such as `H-3`."""
        return self.body.hold

    def stands(self, at: datetime) -> bool:
        """Whether it was set by then, has begun, and neither ended nor was lifted."""
        begun = self.since <= at and (self.body.start is None or self.body.start <= at)
        return begun and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Whether it has ended or was lifted by then: it never holds again."""
        ended = self.body.end is not None and self.body.end <= at
        return ended or (self.lifted is not None and self.lifted.time <= at)

    def covers(self, place: Place, level: str) -> bool:
        """Whether a place, which is at a level, is among those that it is about."""
        scopes = [ActScope.parse(each) for each in self.body.scopes]
        return not scopes or any(each.covers(place, level) for each in scopes)

    def names(self, release: Release, digest: str) -> bool:
        """Whether a recall is about this release, by name, or by its digest, its content or a component of it; any
        release, where it is by a condition alone.
        """
        body = self.body
        if body.kind is not HoldKind.RECALL:
            return False
        if not body.subjects and body.tag is None:
            return body.predicate is not None
        named = body.component is None and (body.product, body.tag) == (release.product, release.tag)
        return named or not release_subjects(release, digest).isdisjoint(body.subjects)


class UncountedAct(Struct, frozen=True):
    """An event among the holds that has no effect: which one it is, when it came, and why it does not count."""

    sequence: int
    kind: str
    time: datetime
    refusal: Rejected


def release_subjects(release: Release, digest: str, component: str | None = None) -> frozenset[str]:
    """Every digest by which a release may be recalled: its own, its content's and those of its components; with a
    component, those of that one alone.
    """
    parts = [each for each in release.components if component in (None, each.name)]
    found = {each for part in parts for each in (part.digest, *part.identity.digests())}
    if component is not None:
        return frozenset(found)
    return frozenset(found | {digest} | ({release.content} if release.content is not None else set()))


def known_holds(context: RecordLookup) -> tuple[KnownHold, ...]:
    """Every hold that counts, oldest first, with its lifting. Of two of one name the first is the one."""
    return holds_of(context.ledger.events(stream=HOLDS), context.records)


def holds_of(events: Iterable[Event], records: Records) -> tuple[KnownHold, ...]:
    """The same, of the events of the stream of holds."""
    found: dict[str, KnownHold] = {}
    for each in _read(events, records):
        if isinstance(each, UncountedAct):
            continue
        body, time = each.body, each.event.time
        if isinstance(body, Hold):
            found.setdefault(body.hold, KnownHold(body, each.person, time))
        elif isinstance(body, HoldLifted):
            held = found.get(body.hold)
            if held is not None and held.lifted is None and _lifts(body, held.body):
                found[held.id] = replace(held, lifted=Lifting(each.person, time, body.reason))
    return tuple(found.values())


def uncounted_holds(context: RecordLookup) -> tuple[UncountedAct, ...]:
    """What is among the holds and has no effect, oldest first."""
    events = context.ledger.events(stream=HOLDS)
    return tuple(each for each in _read(events, context.records) if isinstance(each, UncountedAct))


def holds_at(
    context: Limitable[RecordLookup], at: datetime, known_at: datetime | None = None
) -> tuple[KnownHold, ...]:
    """The holds that stood at a time, as was known at another one, or is known now."""
    known = context if known_at is None else as_known(context, known_at)
    return tuple(each for each in known_holds(known) if each.stands(at))


def _read(
    events: Iterable[Event], records: Records
) -> Iterator[EventRecord[Hold] | EventRecord[HoldLifted] | UncountedAct]:
    for event in events:
        found = records.verify(event)
        if isinstance(found, Rejected):
            yield UncountedAct(event.sequence, str(event.kind), event.time, found)
        elif isinstance(found.body, (Hold, HoldLifted)):
            yield found


def _lifts(lift: HoldLifted, hold: Hold) -> bool:
    """A lift was signed for the scopes that it names: it is of the hold only if those are all of the hold's."""
    covered = set(environments_of(lift.scopes))
    return EVERYWHERE in covered or set(environments_of(hold.scopes)) <= covered
