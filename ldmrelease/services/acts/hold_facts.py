"""What holds say of a release at a place, as a decision rests on it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.facts import HoldFact, Intent
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Place
from ldmrelease.services.acts.holds import KnownHold


class UnknownCondition(Struct, frozen=True):
    """Why nobody can say whether a condition holds of a release."""

    reason: str


Judge = Callable[[KnownHold], bool | UnknownCondition]
"""Whether the condition of a recall holds of the release at the place."""


class HeldQuestion(Struct, frozen=True):
    """A release, with the digest of its artifact, that is to do something at a place, which is at a level."""

    place: Place
    level: str
    intent: Intent
    release: Release
    digest: str


def hold_facts(
    holds: Iterable[KnownHold], question: HeldQuestion, judge: Judge, now: datetime
) -> tuple[HoldFact, ...]:
    """The holds that stand, or will begin, and are about the place: freezes, and recalls of what the release is."""
    return tuple(_facts(holds, question, judge, now))


def _facts(
    holds: Iterable[KnownHold], question: HeldQuestion, judge: Judge, now: datetime
) -> Iterator[HoldFact]:
    for each in holds:
        if each.is_over(now) or not each.covers(question.place, question.level):
            continue
        if each.body.kind is HoldKind.FREEZE:
            if not (each.body.lets_back and question.intent is Intent.ROLLBACK):
                yield _fact(each)
        elif each.names(question.release, question.digest):
            applies = True if each.body.predicate is None else judge(each)
            if isinstance(applies, UnknownCondition):
                yield _fact(each, None, applies.reason)
            elif applies:
                yield _fact(each)


def _fact(hold: KnownHold, applies: bool | None = True, unknown: str | None = None) -> HoldFact:
    body = hold.body
    return HoldFact(
        hold=hold.id,
        kind=str(body.kind),
        person=hold.person,
        since=hold.since,
        reason=body.reason,
        applies=applies,
        until=body.end,
        start=body.start,
        unknown=unknown,
    )
