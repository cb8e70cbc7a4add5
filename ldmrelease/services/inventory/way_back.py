"""What a rollback without a name goes back to: what ran there before, and never what was rolled back from.

`helm rollback` and `kubectl rollout undo` go to the revision before, so that the second of two brings back what the
first was to get rid of. Whoever says it twice wants to go further back: what was rolled back from is gone to by its
name alone (docs/decisions/0032).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.arrivals import Arrival, ArrivedRelease, PlaceArrivals
from ldmrelease.services.inventory.history import HistoryEntry, history
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.needs import ReleaseHistory


class WayBack(Struct, frozen=True):
    """What ran at a place before what runs there now, as a release is asked for (`c0044`, `c0044@1`), None where none
    is known; and those that were rolled back from since it ran, the newest first.

    unnamed: images that ran there right before what runs now, and that no pin names.
    """

    tag: str | None
    left: tuple[str, ...] = ()
    unnamed: tuple[HistoryEntry, ...] = ()


def way_back(context: ReleaseHistory, place: Place, product: str) -> WayBack:
    """What a rollback at a place goes back to by default."""
    seen = [each for each in history(context, place=place) if each.product == product]
    there = {each.release for each in seen if each.ended is None}
    application = context.topology.application(place)
    if application is None or application.target.capabilities.keeps_many:
        return WayBack(_last_gone(seen, there))
    arrivals, names = PlaceArrivals(context, application, product), ImageNames(context)
    now = context.ledger.head().size + 1
    standing = [each for each in names.standing(place, product, now) if each.name in there]
    if standing:
        # A component that somebody set beside what was decided makes nothing else of the place.
        decided = {each.name for each in standing}
        seen = [each for each in seen if each.ended is not None or each.release in decided]
    stood = sorted(names.settled(place, product, now), key=lambda each: each.begin)
    came = arrivals.all(seen, stood)
    ran, left = _walked(came)
    current = {arrivals.of_admission(each) for each in standing} or {
        each.release for each in came if each.release.name in there
    }
    before = [each for each in ran if each.release not in current and each.release not in left]
    tag = before[-1].release.spelling if before else None
    return WayBack(tag, tuple(each.spelling for each in left), _unnamed(seen, before))


def _last_gone(seen: Iterable[HistoryEntry], there: set[str | None]) -> str | None:
    """The last that a menu let go."""
    ended = [each for each in seen if each.ended == "replaced" and each.release and each.release not in there]
    newest = max(ended, key=lambda each: each.gone or "", default=None)
    return (newest.release or "").partition("/")[2] if newest is not None else None


def _unnamed(seen: Iterable[HistoryEntry], before: Sequence[Arrival]) -> tuple[HistoryEntry, ...]:
    """Those without a name that were the last of their component before what is there now, and came after the last
    release that is known."""
    last: dict[str, HistoryEntry] = {}
    for each in sorted(seen, key=lambda each: each.begun):
        if each.ended is not None and each.ended != "restored":
            last[each.component] = each
    since = before[-1].at if before else 0
    return tuple(each for _, each in sorted(last.items()) if each.release is None and each.begun > since)


def _walked(came: Sequence[Arrival]) -> tuple[list[Arrival], list[ArrivedRelease]]:
    """What ran one after the other, without what was rolled back from; and that, the newest first."""
    ran: list[Arrival] = []
    left: list[ArrivedRelease] = []
    for each in came:
        known = [arrival.release for arrival in ran]
        if each.back and each.release in known:
            at = len(ran) - known[::-1].index(each.release)
            left[:0] = reversed(known[at:])
            del ran[at:]
        else:
            left = [release for release in left if release != each.release]
            ran.append(each)
    return ran, left
