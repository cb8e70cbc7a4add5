"""Everything that reports are made of, read and verified once: what was seen, asked, decided, admitted and pinned."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.receipts import AdmittedRelease, admissions
from ldmrelease.services.needs import ReleaseHistory, ReportSources
from ldmrelease.services.releases.listing import PinnedRelease, pinned_releases
from ldmrelease.services.reports.promotion_records import PromotionRecord, promotion_records
from ldmrelease.services.reports.sightings_of_places import observed_place
from ldmrelease.services.reports.stretches import Period, PlaceRecord


class DeploymentRecord(Struct, frozen=True):
    """What is known at `now`. `admitted` has, for each place, its admissions, oldest first, one for each promotion.
    `promotions` are by their id, oldest first; `untrusted` are those of which an event does not count, so that nothing
    is said of them.
    """

    now: datetime
    topology: Topology
    levels: Mapping[str, Level]
    places: dict[Place, PlaceRecord]
    promotions: dict[str, PromotionRecord]
    untrusted: tuple[str, ...]
    admitted: dict[Place, tuple[AdmittedRelease, ...]]
    pinned: tuple[PinnedRelease, ...]

    def level_of(self, place: Place) -> str:
        """The level of a place; empty for one that the workspace does not have."""
        found = self.topology.application(place)
        return found.level if found is not None else ""


def deployment_record(
    context: ReportSources,
    applications: Iterable[Application],
    *,
    now: datetime | None = None,
    period: Period | None = None,
) -> DeploymentRecord:
    """What is known of these applications' places, of all promotions and of all releases, as of the workspace's time or
    `now`. Where a report is about a `period`, no other observations of the places are read.
    """
    names = ImageNames(context)
    told = promotion_records(context)
    places = [each.place for each in applications]
    return DeploymentRecord(
        now=now or context.now(),
        topology=context.topology,
        levels=context.levels,
        places={each: observed_place(context, names, each, period) for each in places},
        promotions={each.id: each for each in told.known},
        untrusted=told.untrusted,
        admitted={each: _admitted(context, each) for each in places},
        pinned=tuple(pinned_releases(context)),
    )


def _admitted(context: ReleaseHistory, place: Place) -> tuple[AdmittedRelease, ...]:
    """A promotion signs a receipt for each component: the first of them says when it was through."""
    found: dict[str, AdmittedRelease] = {}
    for each in reversed(list(admissions(context, place))):
        found.setdefault(each.promotion, each)
    return tuple(found.values())
