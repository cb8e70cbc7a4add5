"""A bundle: what a ledger says of its places at a moment, for a gate that reaches neither ledger nor network.

It carries decisions and makes none. What it allows to be created is a list of digests for each environment; what it
has decided are releases, by place (docs/decisions/0061).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Decision
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Place

SCHEMA = 1


class AllowedBecause(StrEnum):
    """Why an image may be created in an environment."""

    RUNNING = "running"
    """It was seen to run there, and what runs may start again."""
    ADMITTED = "admitted"
    """A promotion let it in."""
    APPLYING = "applying"
    """A promotion is bringing it there now."""


class AllowedImage(Struct, frozen=True, order=True):
    """A digest that may be created at a place: an index, or the manifest of one of its platforms.

    `component` is `product/component`; `release` is `product/tag`, None where nobody knows of which release it is.
    """

    digest: str
    place: Place
    component: str
    because: AllowedBecause
    release: str | None = None


class BundlePlace(Struct, frozen=True):
    """A place. `level` is what it is at; `repositories` are those that each of its components (`product/component`)
    may be named in there. `namespace` is that of its workloads, None without any; `custom_images` are the paths of
    images in custom resources, by kind and container. `refuses_unmanaged`: its level refuses what nobody declares.
    """

    place: Place
    level: str
    repositories: dict[str, tuple[str, ...]]
    namespace: str | None = None
    custom_images: dict[str, dict[str, str]] = {}
    refuses_unmanaged: bool = False


class BundleEnvironment(Struct, frozen=True):
    """An environment: the UIDs of its clusters, its places, what may be created there, and the namespaces that an
    admission policy leaves alone, by name."""

    name: str
    clusters: tuple[str, ...]
    places: tuple[BundlePlace, ...]
    allowed: tuple[AllowedImage, ...]
    exempt_namespaces: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that may be created there, sorted, each once."""
        return tuple(sorted({each.digest for each in self.allowed}))


class BundlePolicy(Struct, frozen=True):
    """The policy of a level, as the trust document records it: `document` is its text."""

    level: str
    version: int
    digest: str
    document: str


class BundleTrust(Struct, frozen=True):
    """The trust document under which all of it was decided. `digest` is that of what it says, whatever its spelling;
    `document` says it in one piece, with the keys in it, and can be read as a trust document."""

    version: int
    digest: str
    document: dict[str, Any]


class BundleRelease(Struct, frozen=True):
    """A pinned release: the digest of its artifact, and which pin of its tag it is."""

    digest: str
    revision: int
    release: Release

    def components_of(self, digest: str) -> tuple[str, ...]:
        """The names of its images that have this digest among those by which they may be seen."""
        return tuple(each.name for each in self.release.images if digest in each.identity.digests())


class BundleHold(Struct, frozen=True):
    """A recall that stands on a release or an image, by digest, and who set it. `places` are those where it holds; none
    is everywhere. `stops_what_runs`: their level says that a recall also blocks what runs already from starting again.
    """

    id: str
    digest: str
    reason: str
    stops_what_runs: bool = False
    person: str = ""
    places: tuple[Place, ...] = ()

    def covers(self, place: Place) -> bool:
        """Whether it holds at a place."""
        return not self.places or place in self.places


class Bundle(Struct, frozen=True):
    """What one ledger says as of a moment. It is fresh until `stale_after` and says nothing after `expires`.

    `serial` is the number of its event in the ledger's stream of bundles, so that it only rises. `checkpoint` is the
    signed head of the ledger, an envelope. `clock` says that the times are those of a workspace's own clock.
    """

    serial: int
    ledger: str
    genesis: str
    as_of: datetime
    stale_after: datetime
    expires: datetime
    trust: BundleTrust
    policies: tuple[BundlePolicy, ...]
    environments: tuple[BundleEnvironment, ...]
    releases: tuple[BundleRelease, ...]
    decisions: tuple[Decision, ...]
    holds: tuple[BundleHold, ...]
    checkpoint: dict[str, Any]
    clock: bool = False
    schema: int = SCHEMA

    def environment(self, name: str) -> BundleEnvironment | None:
        """The environment of that name."""
        return next((each for each in self.environments if each.name == name), None)

    def place(self, place: Place) -> BundlePlace | None:
        """What is said of a place."""
        found = self.environment(place.environment)
        return next((each for each in found.places if each.place == place), None) if found else None
