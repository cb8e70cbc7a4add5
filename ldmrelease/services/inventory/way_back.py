"""What a rollback without a name goes back to: what ran there before, and never what was rolled back from.

`helm rollback` and `kubectl rollout undo` go to the revision before, so that the second of two brings back what the
first was to get rid of. Whoever says it twice wants to go further back: what was rolled back from is gone to by its
name alone (docs/decisions/0032).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.projections.naming import Admission
from ldmrelease.services.inventory.history import HistoryEntry, history
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.promotions import promotion_summary
from ldmrelease.services.needs import ReleaseHistory


class EarlierRelease(Struct, frozen=True):
    """A release that ran at a place, `product/tag`; `revision` where other images were pinned under its tag, too."""

    name: str
    revision: int | None = None

    @property
    def tag(self) -> str:
        """The tag alone."""
        return self.name.partition("/")[2]

    def __str__(self) -> str:
        return self.tag if self.revision is None else f"{self.tag} (revision {self.revision})"


class WayBack(Struct, frozen=True):
    """What ran at a place before what runs there now, None where none is known; and what was rolled back from since it
    ran, the newest first.
    """

    before: EarlierRelease | None
    left: tuple[EarlierRelease, ...] = ()


def way_back(context: ReleaseHistory, place: Place, product: str) -> WayBack:
    """What a rollback at a place goes back to by default."""
    seen = [each for each in history(context, place=place) if each.product == product]
    there = {_release(each) for each in seen if each.ended is None}
    application = context.topology.application(place)
    if application is not None and application.target.capabilities.keeps_many:
        return WayBack(_last_gone(seen, there))
    names = ImageNames(context)
    now = context.ledger.head().size + 1
    decided = {_admitted(context, names, each) for each in names.standing(place, product, now)} & there
    if decided:
        # A component that somebody set beside what was decided makes nothing else of the place.
        seen = [each for each in seen if each.ended is not None or _release(each) in decided]
        there = {*decided}
    stood = sorted(names.settled(place, product, now), key=lambda each: each.begin)
    rollbacks = [
        (each.begin, _admitted(context, names, each)) for each in stood if _is_rollback(context, each)
    ]
    ran, left = _walked(_arrivals(seen), rollbacks)
    before = [each for each in ran if each not in there and each not in left]
    return WayBack(before[-1] if before else None, tuple(left))


def earlier_releases(
    context: ReleaseHistory, place: Place, name: str
) -> list[tuple[EarlierRelease, HistoryEntry]]:
    """Each revision of a release (`product/tag`) that ran at a place, with the last that was seen of it there."""
    newest: dict[EarlierRelease, HistoryEntry] = {}
    for each in history(context, place=place, product_tag=name):
        release = _release(each)
        if release is not None and each.ended != "restored":
            newest[release] = each
    return list(newest.items())


def revision_of(context: ReleaseHistory, name: str, digest: str) -> int | None:
    """Which revision of a tag (`product/tag`) a digest is of, its own or that of an image, where other images were
    pinned under the tag, too; None where that need not be said, or several have it.
    """
    if not ImageNames(context).is_rebuilt(name):
        return None
    product, _, tag = name.partition("/")
    pins = [each.body for each in context.pins.revisions(product, tag)]
    found = [each.revision for each in pins if digest in (each.digest, *each.digests)]
    return found[0] if len(found) == 1 else None


def _release(entry: HistoryEntry) -> EarlierRelease | None:
    if entry.release is None:
        return None
    return EarlierRelease(entry.release, entry.revision if entry.rebuilt else None)


def _admitted(context: ReleaseHistory, names: ImageNames, admission: Admission) -> EarlierRelease:
    if not names.is_rebuilt(admission.name):
        return EarlierRelease(admission.name)
    product, _, tag = admission.name.partition("/")
    found = context.pins.revisions(product, tag)
    revision = next((each.body.revision for each in found if each.body.digest == admission.release), None)
    return EarlierRelease(admission.name, revision)


def _last_gone(seen: Iterable[HistoryEntry], there: set[EarlierRelease | None]) -> EarlierRelease | None:
    """The last that a menu let go."""
    ended = [
        each for each in seen if each.ended == "replaced" and each.release and _release(each) not in there
    ]
    newest = max(ended, key=lambda each: each.gone or "", default=None)
    return _release(newest) if newest is not None else None


def _arrivals(seen: Iterable[HistoryEntry]) -> list[tuple[int, EarlierRelease]]:
    """The releases as they came, each with the event that saw it first; what was put back at once never settled."""
    came = sorted(
        (
            (each.begun, release)
            for each in seen
            if (release := _release(each)) is not None and each.ended != "restored"
        ),
        key=lambda each: (each[0], each[1].name, each[1].revision or 0),
    )
    first = came[:1]
    return first + [now for before, now in pairwise(came) if before[1] != now[1]]


def _is_rollback(context: ReleaseHistory, admission: Admission) -> bool:
    summary = promotion_summary(context.ledger, context.records, admission.promotion)
    return (
        summary is not None and summary.request is not None and summary.request.body.intent is Intent.ROLLBACK
    )


def _walked(
    arrivals: Sequence[tuple[int, EarlierRelease]], rollbacks: Sequence[tuple[int, EarlierRelease]]
) -> tuple[list[EarlierRelease], list[EarlierRelease]]:
    """What ran one after the other, without what was rolled back from; and that, the newest first."""
    ran: list[EarlierRelease] = []
    left: list[EarlierRelease] = []
    before = 0
    for begun, release in arrivals:
        # It was brought by a rollback that was written since the last one came, and before somebody saw it.
        is_back = any(back == release and before < begin <= begun for begin, back in rollbacks)
        before = begun
        if is_back and release in ran:
            at = len(ran) - ran[::-1].index(release)
            left[:0] = reversed(ran[at:])
            del ran[at:]
        else:
            left = [each for each in left if each != release]
            ran.append(release)
    return ran, left
