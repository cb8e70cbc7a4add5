"""Why something runs, or ran, at a place: the decision that let it in, or that it came there without one."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.place import PlaceClaimed
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.streams import claim_stream
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections.claimed import claimed_in
from ldmrelease.projections.naming import Admission
from ldmrelease.services.audit.promotion_reason import PromotionReason, promotion_reason
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observation_at import ObservationsAround, observation_at
from ldmrelease.services.inventory.observations import PlaceObservation
from ldmrelease.services.inventory.promotions import promotion_summary
from ldmrelease.services.inventory.where import PlaceComponent, components_seen, image_key
from ldmrelease.services.needs import PromotionHistory, ReleaseHistory


class FirstSeen(Struct, frozen=True):
    """When an image that no decision let in was seen first, in one unbroken row. `basis`, `revision` and `cause` are
    those of the observation: `restore` where a promotion put it back. `by`, `changed` and `commit` say who changed the
    line of the tree, where that is known.
    """

    seen: datetime
    basis: str
    revision: str
    cause: str | None = None
    by: str | None = None
    changed: str | None = None
    commit: str | None = None


class WhyReason(Struct, frozen=True):
    """Images of a place that came there together, and why. `promotion` let them in, or is about to; None where no
    decision did: then `first` is when they were seen. `found`: a rollback brought back what nobody had decided about.
    """

    images: tuple[PlaceComponent, ...]
    promotion: PromotionReason | None
    first: FirstSeen | None
    found: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether a decision is behind it."""
        return self.promotion is not None and not self.found


class OtherPromotion(Struct, frozen=True):
    """A promotion that claimed the place after the one that let in what runs: what it brought and what became of it."""

    promotion: str
    release: str
    state: str


class WhyPlace(Struct, frozen=True):
    """A place at a time: what was `observed` up to it, and `next`. `speaks`: that was close enough to say what ran.

    Of a promotion, a decision or a release that is asked about, there is no time, and `reasons` have no images.
    """

    place: Place
    level: str
    reasons: tuple[WhyReason, ...]
    others: tuple[OtherPromotion, ...] = ()
    moment: datetime | None = None
    observed: datetime | None = None
    next: datetime | None = None
    speaks: bool = True


Authors = Mapping[tuple[str, str, str], tuple[str, str, str]]
"""By product, component and image as it is spelled, who changed the line of a tree: author, time and commit."""


def why_at(
    context: PromotionHistory,
    application: Application,
    moment: datetime,
    *,
    component: str | None = None,
    authors: Authors | None = None,
) -> WhyPlace:
    """Why a place ran what it ran at a time. Raises `Damaged` where a blob is missing."""
    around = observation_at(context, application.place, moment)
    reasons: list[WhyReason] = []
    if around.last is not None and around.speaks:
        names = ImageNames(context)
        reasons = list(_reasons(context, application, names, around, component, authors or {}))
    return WhyPlace(
        place=application.place,
        level=application.level,
        reasons=tuple(reasons),
        others=tuple(_others(context, application.place, reasons, moment)),
        moment=moment,
        observed=around.last.observation.time if around.last is not None else None,
        next=around.next.observation.time if around.next is not None else None,
        speaks=around.speaks,
    )


def _reasons(
    context: PromotionHistory,
    application: Application,
    names: ImageNames,
    around: ObservationsAround,
    component: str | None,
    authors: Authors,
) -> Iterator[WhyReason]:
    """What a promotion brought is told once; what came without one, image by image."""
    last = around.last
    assert last is not None
    admissions = _admissions(names, application.place, last)
    groups: dict[tuple[str, ...], list[PlaceComponent]] = {}
    behind: dict[tuple[str, ...], Admission | None] = {}
    for row in components_seen(names, application, last, spoken=True):
        if component not in (None, row.component, f"{row.product}/{row.component}"):
            continue
        image = (row.product, row.component, row.digest or row.spelling)
        admission = admissions.get(image)
        key: tuple[str, ...] = (admission.promotion,) if admission is not None else image
        groups.setdefault(key, []).append(row)
        behind[key] = admission
    for key, rows in groups.items():
        admission = behind[key]
        promotion = None
        if admission is not None:
            promotion = promotion_reason(context, admission.promotion, application.place, around.moment)
        first = _first(context, application.place, rows[0], authors) if promotion is None else None
        yield WhyReason(tuple(rows), promotion, first, found=admission is not None and admission.found)


def _admissions(
    names: ImageNames, place: Place, last: PlaceObservation
) -> dict[tuple[str, str, str], Admission | None]:
    return {
        (each.product, each.component, image_key(each)): names.of_observed(
            place, each, last.sequence
        ).admission
        for each in last.observation.images
    }


def _first(context: ReleaseHistory, place: Place, row: PlaceComponent, authors: Authors) -> FirstSeen | None:
    since = instant(row.since)
    seen = observation_at(context, place, since).last
    if seen is None:
        return None
    by, time, commit = authors.get((row.product, row.component, row.spelling), (None, None, None))
    found = seen.observation
    return FirstSeen(since, found.basis, found.revision, found.cause, by, time, commit)


def _others(
    context: ReleaseHistory, place: Place, reasons: Iterable[WhyReason], moment: datetime
) -> Iterator[OtherPromotion]:
    """Those that claimed the place after what runs there had come, and left nothing."""
    reasons = list(reasons)
    known = {each.promotion.promotion for each in reasons if each.promotion is not None}
    since = [each.promotion.requested for each in reasons if each.promotion is not None]
    since += [each.first.seen for each in reasons if each.first is not None]
    events = context.ledger.events(stream=claim_stream(place), kinds=[EventKind.CLAIMED])
    for claimed in context.records.counted(events, PlaceClaimed):
        if not since or claimed.body.promotion in known or not min(since) <= claimed.event.time <= moment:
            continue
        known.add(claimed.body.promotion)
        summary = promotion_summary(context.ledger, context.records, claimed.body.promotion)
        if summary is not None and summary.request is not None:
            request: Request = summary.request.body
            yield OtherPromotion(summary.promotion, f"{request.product}/{request.tag}", summary.state)


def why_promotion(
    context: PromotionHistory, promotion: str, place: Place, now: datetime, *, decision: str | None = None
) -> WhyPlace | None:
    """What a promotion decided about a place, of one decision where it is named; None where it does not count."""
    found = promotion_reason(context, promotion, place, now, decision=decision)
    if found is None:
        return None
    application = context.topology.application(place)
    level = application.level if application is not None else ""
    return WhyPlace(place, level, (WhyReason((), found, None),))


def promotions_of(context: ReleaseHistory, release: str, place: Place) -> list[str]:
    """The promotions that say that they are of a release (`product/tag`) and of a place, the newest first.

    Found by what requests claim, of which none is verified: whoever reads one does that.
    """
    found = []
    for row in context.ledger.rows([EventKind.REQUESTED]):
        request = claimed_in(row.body, Request)
        if request is not None and f"{request.product}/{request.tag}" == release and place in request.places:
            found.append(request.promotion)
    return found[::-1]
