"""What is told of a place: who claims it, and what was observed there."""

from datetime import datetime

from msgspec import Struct, field

from ldmrelease.domain.events.kinds import OBSERVER, PROMOTER, EventKind, EventType
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.streams import claim_stream, observation_stream
from ldmrelease.domain.topology import Place


class PlaceClaimed(Struct, frozen=True):
    """A promotion claims a place, held by one process; `takeover` where another promotion's claim stood."""

    place: Place
    promotion: str
    holder: str
    takeover: bool = False


class PlaceReleased(Struct, frozen=True):
    """A promotion gives its claim of a place up: the one of this `epoch` alone."""

    place: Place
    promotion: str
    epoch: int | None


class ObservedImage(Struct, frozen=True):
    """An image that was seen at a place: a digest, spelled as the place's own text spells it. Which release it is, is
    no part of what was seen (`projections.naming`).

    `state` says why it does not simply run: `scaled-to-zero` (nothing is to run), `scheduled` (a CronJob that has
    not run it yet), `progressing`, `degraded`, `action-required`, `suspended`, ...
    `since` is when it was first seen there, in one unbroken row of observations up to this one; `first` is the number
    of the event that saw it first spelled like this, None for this one.
    `foreign` is where another repository is named than the component's. A text that names one says nothing of our
    images, and has no digest; what runs is known by the digest that runs, wherever it came from.
    """

    product: str
    component: str
    digest: str
    spelling: str
    ready: bool
    state: str | None = None
    since: datetime | None = None
    first: int | None = None
    foreign: ForeignImage | None = None

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells it from another image: its digest, or what stands there (spelling, repository) without one."""
        if self.digest:
            return (self.digest,)
        return "", self.spelling, self.foreign.found if self.foreign is not None else ""


class Observation(Struct, frozen=True):
    """What was seen at a place. `basis` is `committed` (a tree, at `revision`) or `pods`.

    `every` is the longest time, in seconds, since the previous observation that leaves no gap; `cause` is
    `apply`, `restore` or `retire` where a promotion made the change that is seen; `clock` says that the time is the
    workspace's own, and not the wall's.
    """

    place: Place
    time: datetime
    basis: str
    revision: str
    images: tuple[ObservedImage, ...]
    aliases: dict[str, str] = field(default_factory=dict)
    every: int = 43200
    cause: str | None = None
    clock: bool = False


def _claims(body: PlaceClaimed | PlaceReleased) -> str:
    return claim_stream(body.place)


def _observed(body: Observation) -> str:
    return observation_stream(body.place)


def _here(body: PlaceClaimed | PlaceReleased | Observation) -> tuple[str, ...]:
    return (body.place.environment,)


TYPES = (
    EventType(EventKind.CLAIMED, PlaceClaimed, PROMOTER, "claim", _claims, _here),
    EventType(EventKind.RELEASED, PlaceReleased, PROMOTER, "claim", _claims, _here),
    EventType(
        EventKind.OBSERVED, Observation, OBSERVER, "observation", _observed, _here, lambda body: body.time
    ),
)
