"""Who is asked is told: what somebody has to hear of is recorded, delivered, and marked as told.

A receiver is told of each thing once, of several in one message. One that is dead holds nothing up: it has some
seconds, beside the others, and hears of it the next time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import Struct

from ldmrelease.checks.check_files import command_files
from ldmrelease.config.workspace.model import Notify, Receiver, Workspace
from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.notifications import NotificationDue, NotificationsSent
from ldmrelease.domain.events.promotion import PromotionState, Request
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import NOTIFICATIONS, promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.notifications.delivering import deliver_all
from ldmrelease.notifications.interface import Delivery, Notification
from ldmrelease.services.inventory.known_at import last_known
from ldmrelease.services.needs import RecordKeeping
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import EventRecord

B = TypeVar("B")

_TELLING = {PromotionState.WAITING: "waiting", PromotionState.HALTED: "halted", PromotionState.STUCK: "stuck"}
_LOOKED_AT = 10_000
"""What became due more than so many events ago, and longer ago than `_LONGEST`, is not looked at any more."""
_OF_OTHERS = timedelta(minutes=1)
"""What another process has recorded is for that one to tell; after so long it has not."""
_LONGEST = timedelta(days=7)
"""After so long nobody is told any more."""

Words = Callable[[NotificationDue], str]
"""One sentence for what is due."""


class Undelivered(Struct, frozen=True):
    """A receiver that did not take what it should have; `keys` are those of what it has not been told."""

    receiver: str
    problem: str
    keys: tuple[str, ...]


class PendingNotification(Struct, frozen=True):
    """What became due, with the receivers that have been told and those that have not."""

    due: NotificationDue
    told: tuple[str, ...]
    untold: tuple[str, ...]


def due_of(outcome: PromotionOutcome, context: RecordKeeping) -> NotificationDue | None:
    """What somebody has to hear of, where a promotion was left: an approval is needed, it waits, it was halted."""
    name = _TELLING.get(outcome.state)
    if name is None:
        return None
    cause = canonical.to_plain(outcome.cause)
    who = tuple(sorted(cause.get("who") or ()))
    if outcome.state is PromotionState.WAITING and who:
        name = "approval-needed"
    place = _place(cause.pop("place", None))
    about = canonical.digest_of({"place": place, "who": who, "code": cause.get("code")})
    return NotificationDue(
        key=f"{outcome.promotion}/{name}/{about.partition(':')[2][:12]}",
        event=name,
        subject=outcome.promotion,
        state=str(outcome.state),
        time=context.now(),
        place=place,
        release=_release(outcome, context),
        who=who,
        next=_next(outcome, name, place),
        values={key: value for key, value in cause.items() if key != "who"},
    )


def _place(plain: Any) -> str | None:
    """A place, as a cause has it: as its name, or as the fields of one."""
    return str(canonical.from_plain(plain, Place)) if isinstance(plain, dict) else plain


def _release(outcome: PromotionOutcome, context: RecordKeeping) -> str | None:
    event = context.ledger.last(promotion_stream(outcome.promotion), EventKind.REQUESTED)
    found = context.records.read(event, Request)
    return f"{found.body.product}/{found.body.tag}" if isinstance(found, EventRecord) else None


def _next(outcome: PromotionOutcome, name: str, place: str | None) -> tuple[tuple[str, ...], ...]:
    show = ("ldmrelease", "promotions", "show", outcome.promotion)
    if name == "waiting":
        return show, ("ldmrelease", "resume", outcome.promotion)
    if name == "approval-needed" and place is not None:
        return show, ("ldmrelease", "approve", outcome.promotion, "--target", place)
    return (show,)


def notify(
    context: RecordKeeping, due: Iterable[NotificationDue], words: Words, *, left_by_others: bool = False
) -> tuple[Undelivered, ...]:
    """Record what is due, and tell it, with what is still untold. Answers what went wrong: never a reason to stop.

    left_by_others: tell what another process has recorded, too, however short ago that was.
    """
    notify_by = context.workspace.notify
    if notify_by is None:
        return ()
    if not is_agreed(notify_by, context.workspace):
        return (Undelivered("notify", _not_agreed(context.workspace), tuple(each.key for each in due)),)
    new = _record(context, due)
    wait = timedelta() if left_by_others else _OF_OTHERS
    left = [each for each in pending(context) if _is_ours(each, new, context, wait)]
    return _tell(context, notify_by, left, words)


def is_agreed(notify_by: Notify, workspace: Workspace) -> bool:
    """Whether it is agreed to, and the files of its commands are still what they were."""
    try:
        return notify_by.agreed and command_files(notify_by.words, (), workspace.root) == notify_by.files
    except (OSError, ValueError):
        return False


def _not_agreed(workspace: Workspace) -> str:
    return (
        f"what `notify` says is not what {workspace.trust.name} records, and is not run: `ldmrelease trust agree` "
        "shows and records it"
    )


def _record(context: RecordKeeping, due: Iterable[NotificationDue]) -> set[str]:
    """The keys of what is recorded now, and was not before."""
    known = {each.key for each in _bodies(context, EventKind.NOTIFICATION_DUE, NotificationDue)}
    new = {each.key: each for each in due if each.key not in known}
    if new:
        context.append([new_event(each) for each in new.values()])
    return set(new)


def _is_ours(
    each: PendingNotification, new: Collection[str], context: RecordKeeping, wait: timedelta
) -> bool:
    age = context.now() - each.due.time
    return bool(each.untold) and (each.due.key in new or wait <= age <= _LONGEST)


def pending(context: RecordKeeping) -> tuple[PendingNotification, ...]:
    """What became due of late, oldest first, whoever has been told."""
    notify_by = context.workspace.notify
    receivers = notify_by.receivers if notify_by is not None else ()
    told: dict[str, set[str]] = {}
    for sent in _bodies(context, EventKind.NOTIFICATIONS_SENT, NotificationsSent):
        for key in sent.keys:
            told.setdefault(key, set()).add(sent.receiver)
    due = {each.key: each for each in _bodies(context, EventKind.NOTIFICATION_DUE, NotificationDue)}
    return tuple(_pending(each, told.get(each.key, set()), receivers) for each in due.values())


def _pending(
    due: NotificationDue, told: Collection[str], receivers: Iterable[Receiver]
) -> PendingNotification:
    wanted = [each.name for each in receivers if _hears(each, due)]
    return PendingNotification(due, tuple(sorted(told)), tuple(each for each in wanted if each not in told))


def _hears(receiver: Receiver, due: NotificationDue) -> bool:
    """Whether it is for a receiver, by what the workspace says."""
    return (not receiver.events or due.event in receiver.events) and (
        not receiver.roles or bool(set(receiver.roles) & set(due.who))
    )


def _bodies(context: RecordKeeping, kind: EventKind, body: type[B]) -> Iterator[B]:
    for event in context.ledger.events(stream=NOTIFICATIONS, kinds=[kind], after=_looked_at(context)):
        found = context.records.read(event, body)
        if isinstance(found, EventRecord):
            yield found.body


def _looked_at(context: RecordKeeping) -> int:
    """The number of the event behind which is looked: whoever writes a great many rows in a week hides nothing."""
    ledger = context.ledger
    recent = last_known(ledger, context.records, context.now() - _LONGEST)
    return max(0, min(ledger.head().size - _LOOKED_AT, recent))


def _tell(
    context: RecordKeeping, notify_by: Notify, left: Iterable[PendingNotification], words: Words
) -> tuple[Undelivered, ...]:
    by_receiver = {
        each: [found.due for found in left if each.name in found.untold] for each in notify_by.receivers
    }
    asked = {each: due for each, due in by_receiver.items() if due}
    if not asked:
        return ()
    way = Delivery(f"urn:uuid:{context.ledger.uuid}", context.workspace.root)
    messages = {
        each: [notification(one, context.keyring, words) for one in due] for each, due in asked.items()
    }
    problems = deliver_all(messages, way)
    sent = [
        new_event(NotificationsSent(each.name, tuple(one.key for one in due), context.now()))
        for each, due in asked.items()
        if problems[each] is None
    ]
    if sent:
        context.append(sent)
    return tuple(
        Undelivered(each.name, problem, tuple(one.key for one in asked[each]))
        for each, problem in problems.items()
        if problem is not None
    )


def notification(due: NotificationDue, keyring: Keyring, words: Words) -> Notification:
    """What is due, as receivers get it."""
    asked = set(due.who)
    addresses = [each.mail for each in keyring.keys if each.mail and asked & {each.id, *each.roles}]
    plain: dict[str, Any] = {
        "event": due.event,
        "promotion": due.subject,
        "state": due.state,
        "release": due.release,
    }
    people = dict.fromkeys(each.person for each in keyring.keys if asked & {each.id, *each.roles})
    plain |= {"who": list(due.who), "people": list(people)}
    return Notification(
        key=due.key,
        event=due.event,
        subject=due.subject,
        time=times.spell(due.time),
        text=words(due),
        next=due.next,
        addresses=tuple(dict.fromkeys(addresses)),
        data={**due.values, **plain, "next": [list(each) for each in due.next]},
    )


def try_receivers(context: RecordKeeping, words: str) -> tuple[tuple[str, str | None], ...]:
    """Send a message to every receiver, to see whether it arrives: each with what went wrong. Records nothing."""
    notify_by = context.workspace.notify
    if notify_by is None:
        return ()
    if not is_agreed(notify_by, context.workspace):
        return tuple((each.name, _not_agreed(context.workspace)) for each in notify_by.receivers)
    way = Delivery(f"urn:uuid:{context.ledger.uuid}", context.workspace.root)
    at = times.spell(context.now())
    addresses = tuple(dict.fromkeys(each.mail for each in context.keyring.keys if each.mail))
    message = Notification(f"test/{at}", "test", "test", at, words, (), addresses, {"event": "test"})
    problems = deliver_all({each: [message] for each in notify_by.receivers}, way)
    return tuple((each.name, problem) for each, problem in problems.items())
