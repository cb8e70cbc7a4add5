"""What is told of a place: who claims it, and what was observed there."""

from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

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


class UnbrokenRow(Struct, frozen=True):
    """An observation saw what the one before it in its stream had seen, soon enough after it that nothing is unobserved
    in between; that one saw what the one before it had seen, and so on back to the first.

    `first` is the number of the first one's event, `position` that of the one before in the stream, `key` the id of the
    key that signed all of them.
    """

    first: int
    position: int
    key: str


class Observation(Struct, frozen=True):
    """What was seen at a place. `basis` is `committed` (a tree, at `revision`) or `pods`.

    `every` is the longest time, in seconds, since the previous observation that leaves no gap; `cause` is
    `apply`, `restore` or `retire` where a promotion made the change that is seen; `clock` says that the time is the
    workspace's own, and not the wall's. `row` is None where it differs from the one before it: whoever wants to know
    what ran when reads the last and the first one of a row, and none in between.
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
    row: UnbrokenRow | None = None

    def placed(self, position: int, key: str) -> "Observation":
        """As it is signed by a key for a position in its stream: in no row where that is of another one."""
        row = self.row
        if row is None or (row.position + 1, row.key) == (position, key):
            return self
        return replace(self, row=None)

    def saw_the_same(self, other: "Observation") -> bool:
        """Whether another observation saw the same images in the same state, since whenever."""
        return (self.place, self.basis, self.aliases, self.clock, _plainly(self.images)) == (
            other.place,
            other.basis,
            other.aliases,
            other.clock,
            _plainly(other.images),
        )


def _plainly(images: tuple[ObservedImage, ...]) -> list[ObservedImage]:
    found = (replace(each, since=None, first=None) for each in images)
    return sorted(found, key=lambda each: (each.product, each.component, each.digest, each.spelling))


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
