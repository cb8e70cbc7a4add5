"""History of a place or a release: what ran there and when, by signed observations (design section 2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from ldmrelease.domain.events.place import ObservedImage
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.projections import observed
from ldmrelease.projections.naming import NamedBy
from ldmrelease.projections.residences import Reading, Seen, replayed
from ldmrelease.services.inventory.image_names import ImageNames, spelling_of
from ldmrelease.services.inventory.let_in import overlays_by_promotion
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.inventory.observed_rows import observed_rows
from ldmrelease.services.needs import ReleaseHistory


class HistoryEntry(Struct, frozen=True):
    """An image at a place over a time. `release`, `revision` and `rebuilt` are as in `PlaceComponent`, as it was called
    there then, and `named` how that was found; `begun` is the number of the event that saw it there first; `ended` is
    None while it is there.

    `intervals` are the stretches that were seen without a gap: what lies between them is unobserved. `foreign` is where
    another repository was named there than the component's. `overlay`: it was let in for less than is asked.
    """

    place: str
    product: str
    component: str
    spelling: str
    digest: str
    release: str | None
    named: NamedBy
    begun: int
    first: str
    last: str
    observed: int
    intervals: tuple[tuple[str, str], ...]
    ended: str | None
    gone: str | None
    foreign: ForeignImage | None = None
    revision: int | None = None
    rebuilt: bool = False
    overlay: OverlayRequest | None = None


def history(
    context: ReleaseHistory,
    *,
    place: Place | None = None,
    environment: str | None = None,
    product_tag: str | None = None,
) -> list[HistoryEntry]:
    """The residences of a place, of an environment, or of a release (`product/tag`), oldest first."""
    chosen = [
        each
        for each in _entries(context, place, product_tag)
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


def _entries(context: ReleaseHistory, place: Place | None, product_tag: str | None) -> Iterable[HistoryEntry]:
    """Those of one place alone, or of a release's own images, where one is asked for; from what counts."""
    names, overlays = ImageNames(context), overlays_by_promotion(context)

    def label(place: Place, image: ObservedImage, at: int) -> str:
        return names.of_observed(place, image, at).release or ""

    if place is not None:
        seen = observed_rows(context, place, names.turns(place))
    else:
        seen = [Seen(each.sequence, each.observation) for each in counted_observations(context)]
    states = replayed(seen, Reading(label=label))

    def read(prefix: str) -> dict[str, Any]:
        return {key: states[key] for key in sorted(states) if key.startswith(prefix)}

    found = [*observed.residences_now(read), *observed.residences_ended(read)]
    if product_tag is not None:
        product, _, tag = product_tag.partition("/")
        digests = {digest for each in context.pins.revisions(product, tag) for digest in each.body.digests}
        found = [each for each in found if each.digest in digests]
    return [_entry(names, overlays, each) for each in found]


def _entry(
    names: ImageNames, overlays: Mapping[str, OverlayRequest], image: observed.ResidenceState
) -> HistoryEntry:
    span = image.span
    first = image.first_spelled or span.begun
    named = names.of(
        image.place, image.product, image.component, image.digest, image.spelling, first, span.seen
    )
    spelled = names.spelled(image.product, image.component, image.spelling)
    return HistoryEntry(
        place=str(image.place),
        product=image.product,
        component=image.component,
        spelling=spelling_of(named, image.digest, image.spelling, spelled),
        digest=image.digest,
        release=named.release,
        named=named.by,
        begun=span.begun,
        first=spell(span.first),
        last=spell(span.last),
        observed=span.observed,
        intervals=tuple((spell(each.start), spell(each.end)) for each in span.intervals),
        ended=span.ended,
        gone=spell(span.gone) if span.gone else None,
        foreign=image.foreign,
        revision=named.revision,
        rebuilt=names.is_rebuilt(named.release),
        overlay=overlays.get(named.admission.promotion) if named.admission is not None else None,
    )
