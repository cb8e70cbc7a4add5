"""Set and lift holds: one signed event each, before anything else is looked at."""

from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import BusyError
from ldmrelease.domain.events.acts import Hold, HoldLifted
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import HOLDS
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.services.acts.holds import KnownHold, known_holds, release_subjects
from ldmrelease.services.needs import PinLookup, RecordKeeping

_TRIES = 5


class HeldMeanwhile(BusyError):
    """Others set and lifted holds at the same moment, again and again: ask again."""


class RecalledSubjects(Struct, frozen=True):
    """What is recalled: a release by name, with a component's images alone, or none; and by digests."""

    subjects: tuple[str, ...]
    product: str | None = None
    tag: str | None = None
    component: str | None = None


class UnknownComponent(Struct, frozen=True):
    """A release has no such component; `known` are those that it has."""

    known: tuple[str, ...]


class NotLifted(Struct, frozen=True):
    """A hold that is not lifted now: `code` is `unknown`, `lifted` or `ended`; `known` are those that can be."""

    code: str
    hold: KnownHold | None = None
    known: tuple[str, ...] = ()


def set_hold(context: RecordKeeping, draft: Hold) -> KnownHold:
    """Record a hold under the next free name. Raises `HeldMeanwhile`, `NoKey`, `KeyProblem`."""
    for _ in range(_TRIES):
        version = context.ledger.version(HOLDS)
        taken = {each.id for each in known_holds(context)}
        hold = replace(draft, hold=_free_name(version + 1, taken), time=context.now())
        if context.append([new_event(hold)], expect={HOLDS: version}) is None:
            return next(each for each in known_holds(context) if each.id == hold.hold)
    raise HeldMeanwhile("others set or lifted holds just now; ask again")


def _free_name(number: int, taken: Collection[str]) -> str:
    """The next name that no hold has: of two of one name only the first holds, whoever has taken it, and for where."""
    while f"H-{number}" in taken:
        number += 1
    return f"H-{number}"


def lift_hold(context: RecordKeeping, name: str, reason: str) -> KnownHold | NotLifted:
    """Record that a hold is lifted, wherever it is. Raises as `set_hold` does."""
    for _ in range(_TRIES):
        version, now = context.ledger.version(HOLDS), context.now()
        holds = known_holds(context)
        found = next((each for each in holds if each.id == name), None)
        if found is None:
            return NotLifted("unknown", known=tuple(each.id for each in holds if not each.is_over(now)))
        if found.lifted is not None or found.is_over(now):
            return NotLifted("ended" if found.lifted is None else "lifted", found)
        lift = HoldLifted(found.id, found.body.scopes, now, reason)
        if context.append([new_event(lift)], expect={HOLDS: version}) is None:
            return next(each for each in known_holds(context) if each.id == name)
    raise HeldMeanwhile("others set or lifted holds just now; ask again")


def recalled_release(
    context: PinLookup, product: str, tag: str, component: str | None
) -> RecalledSubjects | UnknownComponent:
    """A release by its name, with every digest of every pin of it: one that was never pinned has none yet."""
    pins = [each.body for each in context.pins.revisions(product, tag)]
    releases = [(_release(context, each.document), each.digest) for each in pins]
    if component is not None and all(each.component(component) is None for each, _ in releases):
        return UnknownComponent(
            tuple(sorted({part.name for each, _ in releases for part in each.components}))
        )
    digests = (_recalled(each, digest, component) for each, digest in releases)
    return RecalledSubjects(_sorted(digests), product, tag, component)


def recalled_digest(context: PinLookup, digest: str) -> RecalledSubjects:
    """A release, a content or an image by a digest of it, with the others that mean the same."""
    found = {digest}
    for pin in context.pins.with_digest(digest):
        release = _release(context, pin.body.document)
        if pin.body.digest == digest:
            found |= _recalled(release, digest, None)
        for each in release.images:
            if digest in each.identity.digests():
                found |= set(each.identity.digests())
    return RecalledSubjects(_sorted([found]))


def _recalled(release: Release, digest: str, component: str | None) -> frozenset[str]:
    """The digests that a recall of a release names. Commits of its configuration are in many releases, and are recalled
    by themselves alone.
    """
    found = release_subjects(release, digest, component)
    shared = {each.digest for each in release.components if each.kind is ComponentKind.CONFIGURATION}
    return found if component is not None else found - shared


def _release(context: PinLookup, document: str) -> Release:
    return canonical.decode(context.ledger.blob(document), Release)


def _sorted(digests: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({each for some in digests for each in some}))
