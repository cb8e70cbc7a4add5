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


class WayBack(Struct, frozen=True):
    """The tag that ran at a place before what runs there now, None where none is known; and the tags that were rolled
    back from since it ran, the newest first.
    """

    tag: str | None
    left: tuple[str, ...] = ()


def way_back(context: ReleaseHistory, place: Place, product: str) -> WayBack:
    """What a rollback at a place goes back to by default."""
    seen = [each for each in history(context, place=place) if each.product == product]
    there = {each.release for each in seen if each.ended is None}
    application = context.topology.application(place)
    if application is not None and application.target.capabilities.keeps_many:
        return WayBack(_last_gone(seen, there))
    names = ImageNames(context)
    now = context.ledger.head().size + 1
    decided = {each.name for each in names.standing(place, product, now)} & there
    if decided:
        # A component that somebody set beside what was decided makes nothing else of the place.
        seen = [each for each in seen if each.ended is not None or each.release in decided]
        there = {*decided}
    stood = sorted(names.settled(place, product, now), key=lambda each: each.begin)
    ran, left = _walked(_arrivals(seen), [each for each in stood if _is_rollback(context, each)])
    before = [each for each in ran if each not in there and each not in left]
    return WayBack(_tag(before[-1]) if before else None, tuple(_tag(each) for each in left))


def _tag(release: str) -> str:
    return release.partition("/")[2]


def _last_gone(seen: Iterable[HistoryEntry], there: set[str | None]) -> str | None:
    """The last that a menu let go."""
    ended = [each for each in seen if each.ended == "replaced" and each.release and each.release not in there]
    newest = max(ended, key=lambda each: each.gone or "", default=None)
    return _tag(newest.release or "") if newest is not None else None


def _arrivals(seen: Iterable[HistoryEntry]) -> list[tuple[int, str]]:
    """The releases as they came, each with the event that saw it first; what was put back at once never settled."""
    came = sorted(
        (each.begun, each.release) for each in seen if each.release is not None and each.ended != "restored"
    )
    first = came[:1]
    return first + [now for before, now in pairwise(came) if before[1] != now[1]]


def _is_rollback(context: ReleaseHistory, admission: Admission) -> bool:
    summary = promotion_summary(context.ledger, context.records, admission.promotion)
    return (
        summary is not None and summary.request is not None and summary.request.body.intent is Intent.ROLLBACK
    )


def _walked(
    arrivals: Sequence[tuple[int, str]], rollbacks: Sequence[Admission]
) -> tuple[list[str], list[str]]:
    """What ran one after the other, without what was rolled back from; and that, the newest first."""
    ran: list[str] = []
    left: list[str] = []
    before = 0
    for begun, release in arrivals:
        # It was brought by a rollback that was written since the last one came, and before somebody saw it.
        is_back = any(each.name == release and before < each.begin <= begun for each in rollbacks)
        before = begun
        if is_back and release in ran:
            at = len(ran) - ran[::-1].index(release)
            left[:0] = reversed(ran[at:])
            del ran[at:]
        else:
            left = [each for each in left if each != release]
            ran.append(release)
    return ran, left
