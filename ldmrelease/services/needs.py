"""What services need of an opened workspace, each named for what it is for.

A function takes the one thing that it needs, such as a ledger or a topology; where that is a set, it takes one of
these. `ReadContext` and `Context` (`services/context.py`) satisfy all of them by their members alone, and a test may
pass anything that has the few that are named. Members are read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from typing import Protocol

    from ldmrelease.config.workspace.model import Workspace
    from ldmrelease.domain.events import Moved, NewEvent
    from ldmrelease.domain.gitops import GitOps
    from ldmrelease.domain.images import ImageIdentity, ImageProblem
    from ldmrelease.domain.level import Level
    from ldmrelease.domain.release import Component
    from ldmrelease.domain.topology import Topology
    from ldmrelease.ledger import Ledger, LedgerReader
    from ldmrelease.ledger.expectation import Expectation
    from ldmrelease.registry.opening import Registries
    from ldmrelease.registry.repository import Repository
    from ldmrelease.services.context import Observer
    from ldmrelease.services.known_pins import KnownPins
    from ldmrelease.services.signers import Signers
    from ldmrelease.targets.connections import ClusterConnections, Connections
    from ldmrelease.targets.git.commits import Identity
    from ldmrelease.trust.keyring import Key, Keyring
    from ldmrelease.trust.records import Records
    from ldmrelease.trust.signer import KeyProblem, Signer
    from ldmrelease.trust.verify import Rejected

else:
    # Whoever runs the program asks nothing of them, and would wait for thirty protocols to be made.
    Protocol = object


class Clock(Protocol):
    """Knows what time it is."""

    def now(self) -> datetime:
        """The workspace's time."""


class WorkspaceFiles(Protocol):
    """Has the workspace's files."""

    @property
    def workspace(self) -> Workspace:
        """The workspace file, its policies and its trust document, as they were read."""


class ImageRepositories(Protocol):
    """Has access to images."""

    @property
    def registries(self) -> Registries:
        """Opens image repositories."""


class RecordLookup(Protocol):
    """Reads events as what somebody signed."""

    @property
    def ledger(self) -> LedgerReader:
        """The ledger, to be read."""

    @property
    def records(self) -> Records:
        """Reads events as what somebody signed."""


class PolicyLookup(Protocol):
    """Says which policy governs a place."""

    @property
    def topology(self) -> Topology:
        """Products, applications and checks."""

    @property
    def levels(self) -> Mapping[str, Level]:
        """The policies, by the name of their level."""

    @property
    def gitops(self) -> GitOps:
        """How repositories take changes."""


class SignedHistory(RecordLookup, Protocol):
    """Reads what was signed: observations, receipts, runs, promotions."""

    @property
    def keyring(self) -> Keyring:
        """The keys of the trust document, and their roles."""

    @property
    def topology(self) -> Topology:
        """Products, applications and checks."""


class ObservationHistory(SignedHistory, Protocol):
    """Reads where a release was observed, without an append resting on all that was looked through."""

    @property
    def unguarded(self) -> LedgerReader:
        """Reads what an append is not to rest on."""


class PinLookup(Protocol):
    """Reads releases as they were pinned."""

    @property
    def ledger(self) -> LedgerReader:
        """The ledger, to be read."""

    @property
    def pins(self) -> KnownPins:
        """Finds the pins that count."""


class ReleaseLookup(PinLookup, Protocol):
    """Reads the pinned releases of the products that the workspace has."""

    @property
    def topology(self) -> Topology:
        """Products, applications and checks."""


class ReleaseHistory(ObservationHistory, ReleaseLookup, Protocol):
    """Reads what was signed, and names the releases in it."""


class ReportSources(Clock, ReleaseHistory, PolicyLookup, Protocol):
    """Reads all that was signed, for reports by the policies of now."""


class SiteSources(ReportSources, WorkspaceFiles, Protocol):
    """The same, with the workspace's files."""


class PromotionHistory(ReleaseHistory, PolicyLookup, Protocol):
    """Reads promotions, and makes their plans again."""


class ImageLookup(ReleaseLookup, ImageRepositories, Protocol):
    """Finds the release that an image belongs to."""


class ConditionSources(ImageLookup, ReleaseHistory, Protocol):
    """Says what is known of releases and their images, and of what runs beside them."""


class ReleaseSources(ImageLookup, Protocol):
    """Finds releases: those that were pinned, and those that are only built."""

    def located(self, text: str) -> str:
        """A path of the workspace as an absolute one; an address of elsewhere as it is."""


class EvidenceSources(Clock, ReleaseHistory, ImageRepositories, WorkspaceFiles, PolicyLookup, Protocol):
    """Collects statements about a release from ledger and registries, and says which count."""


class TargetAccess(WorkspaceFiles, Protocol):
    """Reaches what targets keep."""

    @property
    def connections(self) -> Connections:
        """What targets are reached by, opened once."""

    @property
    def observer(self) -> Observer | None:
        """Told of every write."""

    @property
    def topology(self) -> Topology:
        """Products, applications and checks."""


class LiveComparison(ReleaseHistory, TargetAccess, Protocol):
    """Compares what places hold and run now with what was decided."""


class AliasLookup(TargetAccess, ReleaseLookup, Protocol):
    """Reads menus, and names the releases in them."""


class PlaceAccess(Clock, RecordLookup, ImageRepositories, TargetAccess, PolicyLookup, Protocol):
    """Says whether this ledger may write at a place, and the place can do what its policy asks."""

    @property
    def keyring(self) -> Keyring:
        """The keys of the trust document, and their roles."""

    @property
    def clusters(self) -> ClusterConnections:
        """Opens the clusters of the workspace."""


class PlaceObserving(Clock, ReleaseHistory, ImageLookup, TargetAccess, Protocol):
    """Looks at what runs at a place."""

    @property
    def clusters(self) -> ClusterConnections:
        """Opens the clusters of the workspace."""


class CheckedPlace(PlaceObserving, PolicyLookup, Protocol):
    """Looks at what runs at a place, and at what policies want to be checked there."""


class CheckExecution(Clock, ImageRepositories, WorkspaceFiles, Protocol):
    """Runs a check in a container, a cluster or a process."""

    @property
    def clusters(self) -> ClusterConnections:
        """Opens the clusters of the workspace."""


class WitnessAccess(Clock, ImageRepositories, TargetAccess, Protocol):
    """Asks places and the release repository what they have seen of the ledger."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""

    @property
    def keyring(self) -> Keyring:
        """The keys of the trust document, and their roles."""


class CheckpointPublishing(WitnessAccess, Protocol):
    """Leaves a signed checkpoint of the ledger in the release repository."""

    @property
    def signers(self) -> Signers:
        """The workspace's own keys."""

    def release_repository(self) -> Repository:
        """Where release artifacts are."""


class Signing(Clock, WorkspaceFiles, Protocol):
    """Signs with the keys of the workspace."""

    @property
    def keyring(self) -> Keyring:
        """The keys of the trust document, and their roles."""

    @property
    def signers(self) -> Signers:
        """The workspace's own keys."""

    def key_problem(self, signer: Signer, refusal: Rejected) -> KeyProblem:
        """What to say where something by a key of the workspace would not count."""


class Recording(Signing, Protocol):
    """Appends signed events to the ledger."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""

    def append(
        self,
        events: list[NewEvent],
        *,
        expect: Expectation | Mapping[str, int] | None = None,
        blobs: dict[str, bytes] | None = None,
    ) -> Moved | None:
        """Append in one transaction, each event signed; None where it went in. Raises `NoKey`, `KeyProblem`."""

    def would_count(self, event: NewEvent) -> bool:
        """Whether the workspace has the key that an event needs."""


class RecordKeeping(Recording, Protocol):
    """Appends signed events, beside those of the kind that count."""

    @property
    def records(self) -> Records:
        """Reads events as what somebody signed."""


class LedgerBeginning(Recording, WitnessAccess, Protocol):
    """Begins a ledger in place of a lost one."""


class RecallSources(ConditionSources, PolicyLookup, Protocol):
    """Says which releases are recalled, and where."""


class HoldEffects(Clock, RecallSources, LiveComparison, Protocol):
    """Says where a hold bites: what runs, as recorded and as it is now, and what was asked for."""


class ReleaseStore(Recording, Protocol):
    """Stores pins, in the ledger and in the release repository."""

    def release_repository(self) -> Repository:
        """Where release artifacts are."""


class Baselining(ReleaseStore, PlaceObserving, ReleaseSources, Protocol):
    """Looks at places, resolves tags, and records both."""


class FactSources(EvidenceSources, Protocol):
    """Gathers the facts of a decision."""

    @property
    def connections(self) -> Connections:
        """What targets are reached by, opened once."""

    @property
    def observer(self) -> Observer | None:
        """Told of every write."""

    def identity(self, repository: Repository, digest: str) -> ImageIdentity | ImageProblem:
        """What an image's digest stands for."""

    def lacking(
        self, repository: Repository, image: Component, platforms: Collection[str]
    ) -> tuple[str, ...]:
        """The parts of an image that are not there. Raises `RegistryError`."""

    def reading(self, ledger: LedgerReader) -> FactSources:
        """The same with another reader of the ledger."""


class GateSources(FactSources, ReleaseSources, Protocol):
    """Names releases, and gathers the facts of decisions about them."""


class MergeGating(GateSources, Protocol):
    """Decides about a change that is proposed."""

    def reached_by(self, connections: Connections) -> GateSources:
        """The same with other connections, such as to a tree as it would be."""


class EvidenceRecording(Recording, EvidenceSources, Protocol):
    """Takes statements in."""


class RunRecording(Recording, PlaceObserving, CheckExecution, Protocol):
    """Registers check runs, carries them out and signs their results."""


class Asking(Protocol):
    """Asks in somebody's name."""

    @property
    def requester(self) -> str:
        """Who asks, as far as that is known."""

    @property
    def requesting_key(self) -> Key | None:
        """The key of whoever asks; None without one that the trust document has."""


class PromotionPlanning(Asking, PlaceAccess, PlaceObserving, FactSources, Protocol):
    """Plans a promotion and decides about it. Writes nothing."""


class Governing(Recording, FactSources, Protocol):
    """Decides, and signs what a person decides about it."""


class BundleExporting(Asking, Recording, CheckpointPublishing, PlaceObserving, FactSources, Protocol):
    """Decides about releases, and signs what the ledger says."""


class PromotionDriving(RunRecording, ReleaseStore, CheckpointPublishing, PromotionPlanning, Protocol):
    """Everything that carrying a promotion out takes."""

    @property
    def person(self) -> str:
        """Who asks, by the key `me`. Raises `NoKey`, `KeyProblem`."""

    @property
    def author(self) -> Identity:
        """Who asks, as the author of commits."""


class Diagnosing(WitnessAccess, PlaceAccess, Protocol):
    """Looks whether everything that a promotion needs is there."""

    def require_trusted(self) -> NewEvent | None:
        """What is remembered of the trust document before something is done by it; raises why nothing may be."""

    def located(self, text: str) -> str:
        """A path of the workspace as an absolute one; an address of elsewhere as it is."""
