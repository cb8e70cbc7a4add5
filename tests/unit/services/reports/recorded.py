"""What a ledger has of a few places, made by hand: sightings, promotions, admissions and pins."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import DecisionStage, PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Level
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.projections.naming import NamedBy
from ldmrelease.services.inventory.receipts import AdmittedRelease
from ldmrelease.services.releases.listing import PinnedRelease
from ldmrelease.services.reports.promotion_records import PromotionRecord, StageRuling
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.stretches import PlaceImage, PlaceRecord, PlaceSighting, place_record

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)
SUMMIT, BASE = Place("summit", "ocps"), Place("base", "ocps")
W15, W16 = "stack/w.2023.15", "stack/w.2023.16"
EVERY = 12 * 3600


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def image(release: str | None = W15, promotion: str | None = None, **changes: Any) -> PlaceImage:
    tag = (release or "stack/unknown").partition("/")[2]
    named = NamedBy.ADMITTED if promotion else NamedBy.SPELLED
    made = PlaceImage("stack", "scipipe", tag, f"sha256:{tag}", release, named, "running", promotion)
    return replace(made, **changes)


def seen(hours: float, *images: PlaceImage, every: int = EVERY, **more: Any) -> PlaceSighting:
    return PlaceSighting(int(hours * 100) + 1, at(hours), every, images, **more)


def place(sightings: Sequence[PlaceSighting], of: Place = SUMMIT) -> PlaceRecord:
    return place_record(of, sightings)


def promotion(
    name: str,
    release: str = W16,
    places: Sequence[Place] = (SUMMIT,),
    *,
    hours: float = 0,
    verdict: Verdict | None = Verdict.ALLOWED,
    **more: Any,
) -> PromotionRecord:
    product, _, tag = release.partition("/")
    given: dict[str, Any] = {
        "intent": Intent.PROMOTE,
        "by": "Ada",
        "reason": None,
        "alias": None,
        "sequence": 1,
        "state": PromotionState.SUCCEEDED,
    }
    found = PromotionRecord(
        id=name,
        product=product,
        tag=tag,
        release=f"sha256:{tag}",
        target=places[0].environment,
        places=tuple(places),
        requested=at(hours),
        **{**given, **more},
    )
    if verdict is not None:
        found.decisions = [
            StageRuling(each, DecisionStage.ENTER, verdict, f"sha256:{name}", at(hours), None, ())
            for each in places
        ]
    return found


def admitted(name: str, hours: float, release: str = W16, *, found: bool = False) -> AdmittedRelease:
    return AdmittedRelease(f"sha256:{release}", release, name, at(hours), 1, 1, found)


def pinned(release: str, hours: float, sequence: int = 1) -> PinnedRelease:
    product, _, tag = release.partition("/")
    moment = spell(at(hours))
    return PinnedRelease(product, tag, "weekly", True, 1, f"sha256:{tag}", moment, "Ada", sequence)


def level(name: str, asked: int | None = 3600 * 8) -> Level:
    return Level(name, 1, "sha256:0", ("weekly",), (), availability=asked)


def recorded(
    places: Sequence[PlaceRecord],
    *,
    now: float,
    promotions: Sequence[PromotionRecord] = (),
    admissions: Mapping[Place, Sequence[AdmittedRelease]] | None = None,
    pins: Sequence[PinnedRelease] = (),
    levels: Sequence[Level] = (),
    untrusted: Sequence[str] = (),
) -> DeploymentRecord:
    """The record at `now`; every environment is a level of its own."""
    applications = tuple(
        Application(each.place, each.place.environment, ("stack/scipipe",), _TARGET) for each in places
    )
    known = {each.place.environment: level(each.place.environment) for each in places}
    return DeploymentRecord(
        now=at(now),
        topology=Topology((), applications),
        levels={**known, **{each.name: each for each in levels}},
        places={each.place: each for each in places},
        promotions={each.id: each for each in promotions},
        untrusted=tuple(untrusted),
        admitted={each.place: tuple((admissions or {}).get(each.place, ())) for each in places},
        pinned=tuple(pins),
    )


_TARGET: Any = None
"""Reports ask no target anything."""
