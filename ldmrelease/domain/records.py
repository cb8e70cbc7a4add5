"""Acts: what people and runners sign besides evidence. Each is the payload of a DSSE envelope.

The actor of an act is the person of the key that signed it, never a column of a table (trust.md section 2).
"""

from dataclasses import dataclass, field
from datetime import datetime

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place

RECORD_TYPE = "application/vnd.ldmrelease.{}.v1+json"


@dataclass(frozen=True, slots=True)
class Pin:
    """`digest` is the release artifact's; `reason` is owed from the second revision on."""

    product: str
    tag: str
    digest: str
    document: str
    revision: int
    complete: bool
    content: str | None
    time: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants a release at a target. `promotion` is the id of what follows from it."""

    promotion: str
    intent: Intent
    product: str
    tag: str
    release: str
    target: str
    places: tuple[Place, ...]
    time: datetime
    reason: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class ObservedPod:
    """A container of a pod; `image` is the imageID that its kubelet tells, `restarts` how often it was started anew."""

    pod: str
    container: str
    image: str
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class StableState:
    """What runs at a place undisturbed. `state` changes with every rollout; `pods` come and go with their number."""

    state: str
    pods: tuple[ObservedPod, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRegistration:
    """A check run, registered before it starts; a result counts once, for a registered run.

    `standing` is what ran then: a result counts only for what still does when it ends.
    """

    run: str
    check: str
    check_digest: str
    environment: str | None
    cluster_uid: str | None
    subjects: tuple[str, ...]
    registered: datetime
    deadline: datetime
    promotion: str | None = None
    standing: StableState | None = None


@dataclass(frozen=True, slots=True)
class ObservedImage:
    """An image that was seen at a place. `release` is the digest of the release it belongs to, if known.

    `state` says why it does not simply run: `scaled-to-zero` (nothing is to run), `scheduled` (a CronJob that has
    not run it yet), `progressing`, `degraded`, `action-required`, `suspended`, ...
    """

    product: str
    component: str
    digest: str
    spelling: str
    ready: bool
    release: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at a place. `basis` is `committed` (a tree, at `revision`) or `pods`.

    `releases` are the digests of releases of which every component that runs here was seen and ready.
    `every` is the longest time, in seconds, since the previous observation that leaves no gap; `cause` is
    `apply`, `restore` or `retire` where a promotion made the change that is seen.
    """

    place: Place
    time: datetime
    basis: str
    revision: str
    images: tuple[ObservedImage, ...]
    releases: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    every: int = 43200
    cause: str | None = None


Record = Pin | Request | RunRegistration | Observation

_NAMES: dict[str, type[Record]] = {
    "pin": Pin,
    "request": Request,
    "run": RunRegistration,
    "observation": Observation,
}


def payload_type(act: type[Record]) -> str:
    """The DSSE payload type of a kind of act."""
    return RECORD_TYPE.format(next(name for name, kind in _NAMES.items() if kind is act))
