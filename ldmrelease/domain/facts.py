"""Facts: everything a decision rests on, as one canonical value with one digest (design section 5)."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from msgspec import Struct, field

from ldmrelease.domain.images import ImageIdentity, PlatformImage
from ldmrelease.domain.overlays import OverlayFact
from ldmrelease.domain.statement_facts import (
    CompatibilityFact,
    DocumentFact,
    MetricFact,
    ObservedFact,
    ReviewFact,
    SbomFact,
    ScanFact,
    VerificationFact,
    VexFact,
)
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workspace_facts import CampaignFact, DocumentFile, InterfaceFact

SCHEMA = 1

T = TypeVar("T")


class Intent(StrEnum):
    """What the request wants to do."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    ALIAS = "alias"
    RETIRE = "retire"


class ImageFact(Struct, frozen=True):
    """An image component as pinned, and what its tag names now.

    `present` is False where the repository no longer has the digest, or not all of it, None where nobody was asked;
    `lacking` names the parts (`layer sha256:...`) of the asked platforms that are not there; `tag_now` is the digest
    that the tag names today, None where the tag is gone; `problem` is a code where the image cannot be read as one
    (nested index, duplicate platform).
    """

    component: str
    name: str
    digest: str
    platforms: tuple[PlatformImage, ...]
    present: bool | None
    tag_now: str | None
    problem: str | None = None
    lacking: tuple[str, ...] = ()

    @property
    def identity(self) -> ImageIdentity:
        """Every digest by which a cluster may name this image."""
        return ImageIdentity(self.digest, self.platforms)


class BuildSource(Struct, frozen=True):
    """A git repository that something was built from, and the commit, in hex."""

    uri: str
    commit: str


class ReleaseFact(Struct, frozen=True):
    """The release in question. `order` is the tag's order key within its kind.

    configurations: the repositories and commits of the components that are configuration.
    """

    product: str
    tag: str
    kind: str
    readable: bool
    order: tuple[Any, ...] | None
    version: tuple[Any, ...] | None
    digest: str
    content: str | None
    missing: tuple[str, ...]
    images: tuple[ImageFact, ...]
    revision: int = 1
    problem: str | None = None
    configurations: tuple[BuildSource, ...] = ()


class BuildFact(Struct, frozen=True):
    """What provenance says of a build: who did it, how, and from what. What it leaves out is None, or not there."""

    builder: str | None
    build_type: str | None
    sources: tuple[BuildSource, ...] = ()


class StatementFact(Struct, frozen=True, omit_defaults=True):
    """One statement about the release, one of its images or its content.

    `counted` or `code` says whether it counts and why not. For a test result: `check`, `result`
    (PASSED, WARNED, FAILED, or ERRORED where it contradicts itself), `run`, where it ran and the platform.
    Times are the claimed one and the intake into the ledger. `build`, `scan`, `sbom`, `vex`, `metrics` (by name),
    `review`, `document`, `compatibility` and `verification` are what a statement of that type says, None where it says
    nothing that can be read: `code` tells why then.
    `observed` is where a bridge read it, in another system. What a statement does not say is not spelled.
    """

    evidence: str
    blob: str
    type: str
    subjects: tuple[str, ...]
    signer: str | None
    roles: tuple[str, ...]
    counted: bool
    code: str | None
    received: datetime
    claimed: datetime | None = None
    check: str | None = None
    check_digest: str | None = None
    result: str | None = None
    failed_tests: tuple[str, ...] = ()
    run: str | None = None
    environment: str | None = None
    platform: str | None = None
    cluster_uid: str | None = None
    build: BuildFact | None = None
    scan: ScanFact | None = None
    sbom: SbomFact | None = None
    vex: tuple[VexFact, ...] | None = None
    metrics: dict[str, MetricFact] | None = None
    review: ReviewFact | None = None
    observed: ObservedFact | None = None
    document: DocumentFact | None = None
    compatibility: CompatibilityFact | None = None
    verification: VerificationFact | None = None


class RunningRelease(Struct, frozen=True):
    """A release that runs at the place now (`product/tag`), with the statements about it that have metrics."""

    name: str
    digest: str
    statements: tuple[StatementFact, ...]


class RunFact(Struct, frozen=True):
    """A check run that was registered before it started; `evidence` is its result's id, once it is there.

    `cluster_uid` is the cluster that it was registered for, where it runs in one; `order` tells which of
    those that were registered in one second came first.
    """

    run: str
    check: str
    check_digest: str
    environment: str | None
    subjects: tuple[str, ...]
    registered: datetime
    deadline: datetime
    evidence: str | None = None
    cluster_uid: str | None = None
    order: int = 0


class ImageResidence(Struct, frozen=True):
    """How long an image of a component ran at a place, from signed observations close enough together.

    `observed` is in seconds and leaves gaps out; `admitted` is as much of it as was behind an admission there, None
    where none of it was; `current` says that the last observation still saw it; `ended` is `replaced`,
    `restored` or `retired`.
    """

    place: Place
    level: str
    component: str
    digest: str
    first: datetime
    last: datetime
    observed: int
    admitted: int | None
    current: bool
    ended: str | None = None


class ChangeFact(Struct, frozen=True):
    """What the change that brings the release, a commit or a pull request, takes back to older versions or to what was
    left: whether this place is among that, the applications of all of it, anywhere, and how many settings it is.
    """

    goes_back: bool
    applications: tuple[str, ...]
    settings: int


class CandidatePin(Struct, frozen=True):
    """Another pinned release of the same product; `order` as in `ReleaseFact`."""

    tag: str
    kind: str
    digest: str
    content: str | None
    version: tuple[Any, ...] | None
    order: tuple[Any, ...] | None


class CycleRole(StrEnum):
    """What names a cycle: an image of the release that is asked about; another image that is set or runs; an alias of
    a menu; or a menu itself, that is restricted to one.
    """

    RELEASE = "release"
    IMAGE = "image"
    ALIAS = "alias"
    MENU = "menu"


class CycleFact(Struct, frozen=True):
    """Of which cycle something in an environment is, such as `c0044`; None where its tag names none.

    tag: as it is spelled there; of a menu the number of its cycle.
    problem: a code, where nobody can say what is at the place.
    """

    place: Place
    role: CycleRole
    component: str
    tag: str
    cycle: str | None
    problem: str | None = None


class Interval(Struct, frozen=True):
    """A half-open stretch of time."""

    start: datetime
    end: datetime


class CheckFact(Struct, frozen=True):
    """A check as it is defined now: results of another definition do not satisfy."""

    name: str
    digest: str
    tests: tuple[str, ...]


class ApprovalFact(Struct, frozen=True):
    """An approval of the release or of its content that was signed for this place, level or environment.

    `persons` are one, or those whom another system names (`source`: such as `jira:RFC-1012`, None for our own records).
    `basis` gives, by requirement, the digest of its definition and what became of it as the approval was given.
    `counted` or `code` says whether it counts apart from its basis, and why not. `waivers` were in use then.
    """

    approval: str
    persons: tuple[str, ...]
    roles: tuple[str, ...]
    subject: str
    scope: str
    basis: dict[str, tuple[str, str]]
    received: datetime
    expires: datetime
    counted: bool
    code: str | None = None
    source: str | None = None
    waivers: tuple[str, ...] = ()


class WaiverFact(Struct, frozen=True):
    """A waiver for the release at this place. `failing`: see `events.acts.Waiver`; `counted`, `code` as above."""

    waiver: str
    person: str
    roles: tuple[str, ...]
    scope: str
    requirement: str
    definition: str
    failing: tuple[str, ...]
    received: datetime
    expires: datetime
    counted: bool
    code: str | None = None
    renews: str | None = None
    reason: str = ""


class HoldFact(Struct, frozen=True):
    """A hold that stands and could apply here: a freeze of this place, or a recall that names the release, its content,
    one of its images, or a condition. `applies` is None where the condition asks for what is not known.
    """

    hold: str
    kind: str
    person: str
    since: datetime
    reason: str
    applies: bool | None = True
    until: datetime | None = None
    start: datetime | None = None
    unknown: str | None = None


class DebtFact(Struct, frozen=True):
    """A review that a compressed or an emergency promotion of this place still owes. `kind` is the compression's name,
    or `emergency`.
    """

    promotion: str
    kind: str
    person: str
    due: datetime


class Facts(Struct, frozen=True, dict=True):
    """All that `evaluate` may look at.

    `windows` are the open intervals of each requirement of rule `window`, by requirement id, already in
    UTC; `earlier` are places of the same plan that come before this one and are not through yet, `later` those that
    come after it; `cycles` are those of everything in the environment, as it would be with the release;
    `change` is what brings it, None where it is asked for by itself;
    `places` are all places by level, so that a rule can tell an unknown environment from an empty one;
    `place_components` are, by place, the components of the product that run there;
    `clusters` are the UIDs of the environments' clusters, where the workspace states them;
    `unknown_runs` are the ids of failed check runs that the ledger has never registered, for no release;
    `running` are the releases of the product that run at the place now; `documents` are the files about the release in
    the workspace, `interfaces` the versions of schemas and protocols that the environment has, `campaigns` the
    verification campaigns that somebody asks for;
    `requested` is when this was asked for, None where nobody has yet; `pinned_by` the person who pinned the release;
    `alias` is the name of a menu that is to move, None for any other intent; `overlay` is what asks for less than the
    level does, None for an ordinary request.
    """

    intent: Intent
    requester: str
    place: Place
    level: str
    policy: str
    release: ReleaseFact
    statements: tuple[StatementFact, ...] = ()
    runs: tuple[RunFact, ...] = ()
    residences: tuple[ImageResidence, ...] = ()
    candidate_pins: tuple[CandidatePin, ...] = ()
    windows: dict[str, tuple[Interval, ...]] = field(default_factory=dict)
    earlier: tuple[Place, ...] = ()
    later: tuple[Place, ...] = ()
    cycles: tuple[CycleFact, ...] = ()
    change: ChangeFact | None = None
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    place_components: dict[str, tuple[str, ...]] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    checks: tuple[CheckFact, ...] = ()
    unknown_runs: tuple[str, ...] = ()
    running: tuple[RunningRelease, ...] = ()
    documents: tuple[DocumentFile, ...] = ()
    interfaces: tuple[InterfaceFact, ...] = ()
    campaigns: tuple[CampaignFact, ...] = ()
    requested: datetime | None = None
    pinned_by: str | None = None
    alias: str | None = None
    approvals: tuple[ApprovalFact, ...] = ()
    waivers: tuple[WaiverFact, ...] = ()
    holds: tuple[HoldFact, ...] = ()
    debts: tuple[DebtFact, ...] = ()
    overlay: OverlayFact | None = None
    keyring: str = ""
    schema: int = SCHEMA

    def derived(self, derive: Callable[["Facts"], T]) -> T:
        """What `derive`, a pure function, makes of these facts: made once, however often they are evaluated."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        found: T = self._derived[derive]
        return found

    @cached_property
    def _derived(self) -> dict[Callable[..., Any], Any]:
        """No field: neither encoded nor compared nor copied."""
        return {}
