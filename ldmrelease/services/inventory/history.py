"""History of a place or a release: what ran there and when, by signed observations (design section 2)."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.projections import observed
from ldmrelease.projections.residences import replayed
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.inventory.where import release_name
from ldmrelease.services.known_pins import KnownPins
from ldmrelease.services.needs import ReleaseHistory


class HistoryEntry(Struct, frozen=True):
    """An image at a place over a time. `ended` is None while it is there.

    `intervals` are the stretches that were seen without a gap: what lies between them is unobserved.
    """

    place: str
    product: str
    component: str
    spelling: str
    digest: str
    release: str | None
    first: str
    last: str
    observed: int
    intervals: tuple[tuple[str, str], ...]
    ended: str | None
    gone: str | None


def history(
    context: ReleaseHistory,
    *,
    place: Place | None = None,
    environment: str | None = None,
    product_tag: str | None = None,
) -> list[HistoryEntry]:
    """The residences of a place, of an environment, or of a release (`product/tag`), oldest first."""
    found = [_residence(context.pins, each) for each in _residences(context, place, product_tag)]
    chosen = [
        each
        for each in found
        if (place is None or each.place == str(place))
        and (environment is None or each.place.startswith(environment + "/"))
        and (product_tag is None or each.release == product_tag)
    ]
    # What came and went in one second stands before what is there now.
    return sorted(
        chosen,
        key=lambda each: (
            each.first,
            each.place,
            each.component,
            each.ended is None,
            each.gone or "",
            each.spelling,
        ),
    )


def _residences(
    context: ReleaseHistory, place: Place | None, product_tag: str | None
) -> Iterable[observed.ResidenceState]:
    """Those of one place alone, or of a release's own images, where one is asked for; from what counts."""
    states = replayed(counted_observations(context, place))

    def read(prefix: str) -> dict[str, Any]:
        return {key: states[key] for key in sorted(states) if key.startswith(prefix)}

    if product_tag is None:
        return [*observed.residences_now(read), *observed.residences_ended(read)]
    product, _, tag = product_tag.partition("/")
    digests = {digest for each in context.pins.revisions(product, tag) for digest in each.body.digests}
    return [residence for digest in sorted(digests) for residence in observed.residences_of(read, digest)]


def _residence(pins: KnownPins, image: observed.ResidenceState) -> HistoryEntry:
    span = image.span
    return HistoryEntry(
        place=str(image.place),
        product=image.product,
        component=image.component,
        spelling=image.spelling,
        digest=image.digest,
        release=release_name(pins, image.release),
        first=spell(span.first),
        last=spell(span.last),
        observed=span.observed,
        intervals=tuple((spell(each.start), spell(each.end)) for each in span.intervals),
        ended=span.ended,
        gone=spell(span.gone) if span.gone else None,
    )


def previous_release(context: ReleaseHistory, place: Place, product: str) -> str | None:
    """The tag that ran at a place before what runs there now: what a rollback goes back to by default."""
    seen = [each for each in history(context, place=place) if each.product == product]
    there = {each.release for each in seen if each.ended is None}
    ended = [
        each
        for each in seen
        if each.ended == "replaced" and each.release is not None and each.release not in there
    ]
    if not ended:
        return None
    newest = max(ended, key=lambda each: each.gone or "")
    return (newest.release or "").partition("/")[2]
