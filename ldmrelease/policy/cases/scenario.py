"""What a case gives: a release, where it goes, what ran, what was tested and signed. Times are instants, names are as
they were written; `facts` makes digests of them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from ldmrelease.domain.decision import Phase
from ldmrelease.domain.facts import ChangeFact, CycleFact, CycleRole, ImageFact, ImageResidence, Intent
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workspace_facts import CampaignFact
from ldmrelease.policy.cases.acts import ScenarioActs
from ldmrelease.policy.cases.contents import ScenarioContents, ScenarioRunning


class TagState(StrEnum):
    """What the tag of a pinned image names now."""

    PINNED = "pinned"
    MOVED = "moved"
    GONE = "gone"


class ScenarioImage(Struct, frozen=True):
    """An image of the release, and what its repository says of it now; `problem` and `lacking` as in `ImageFact`."""

    component: str
    platforms: tuple[str, ...] = ("linux/amd64",)
    present: bool = True
    tag: TagState = TagState.PINNED
    problem: str | None = None
    lacking: tuple[str, ...] = ()


class ScenarioRelease(Struct, frozen=True):
    """The release. `kind` is that of its tag in the grammar where None; two releases of one `content` were made of the
    same sources; `missing` are components that are not there yet, `configurations` commits by repository.
    """

    tag: str
    images: tuple[ScenarioImage, ...] = (ScenarioImage("app"),)
    product: str = "stack"
    grammar: str = "rubin"
    kind: str | None = None
    content: str | None = None
    missing: tuple[str, ...] = ()
    problem: str | None = None
    configurations: dict[str, str] = field(default_factory=dict)


class ScenarioPlace(Struct, frozen=True):
    """A place, its level, and the components that it runs; None: all of the release's."""

    place: Place
    level: str
    components: tuple[str, ...] | None = None


class ScenarioSubject(Struct, frozen=True):
    """What evidence is about: `release`, `content`, `configuration` or `image`; of images, one
    component's or every one's, one platform or the whole of it.
    """

    about: str = "release"
    component: str | None = None
    platform: str | None = None


class ScenarioResidence(Struct, frozen=True):
    """The release's images ran at a place, seen from `first` to `last`, `observed` of it in seconds; `ended` as in
    `ImageResidence`, None where it still runs; `components` None: all that the place runs.
    """

    place: Place
    first: datetime
    last: datetime
    observed: int
    admitted: bool = True
    ended: str | None = None
    components: tuple[str, ...] | None = None

    def of_image(self, level: str, image: ImageFact) -> ImageResidence:
        """That of one image, at a place of a level."""
        return ImageResidence(
            place=self.place,
            level=level,
            component=image.component,
            digest=image.digest,
            first=self.first,
            last=self.last,
            observed=self.observed,
            admitted=self.observed if self.admitted else None,
            current=self.ended is None,
            ended=self.ended,
        )


class ScenarioRun(Struct, frozen=True):
    """A run of a check; `result` None: it has none yet. `received` is the result's intake, `rejected` the code for
    which it does not count, `definition` another one than is agreed; one that is not `registered` was run outside.
    """

    name: str
    check: str
    about: ScenarioSubject
    registered: datetime | None
    deadline: datetime
    received: datetime
    result: str | None = None
    environment: str | None = None
    by: tuple[str, ...] = ()
    rejected: str | None = None
    failed_tests: tuple[str, ...] = ()
    definition: str | None = None
    cluster: str | None = None


class ScenarioStatement(Struct, frozen=True):
    """A signed statement that is no test's result, taken in at `received`; `sources` of a build are commits by
    repository, `contents` what it says beyond that.
    """

    name: str
    type: str
    about: ScenarioSubject
    received: datetime
    by: tuple[str, ...] = ()
    rejected: str | None = None
    builder: str | None = None
    build_type: str | None = None
    sources: dict[str, str] = field(default_factory=dict)
    contents: ScenarioContents = ScenarioContents()


class ScenarioCandidate(Struct, frozen=True):
    """A pinned candidate of the product, and its content."""

    tag: str
    content: str | None = None
    kind: str | None = None


class ScenarioCycle(Struct, frozen=True):
    """Of which cycle something in the environment is."""

    place: Place
    role: CycleRole
    component: str
    tag: str
    cycle: str | None = None
    problem: str | None = None

    def fact(self) -> CycleFact:
        """The same as a fact."""
        return CycleFact(self.place, self.role, self.component, self.tag, self.cycle, self.problem)


class Scenario(Struct, frozen=True):
    """Everything that a case gives. `checks` are those that the workspace has, None: those that are named anywhere;
    `change` is as in `Facts`; `documents` are those of the workspace, each with a name for what it says, `interfaces`
    the versions that it states for the environment, `campaigns` its verification campaigns;
    `clusters` are the UIDs of the environments' clusters; `earlier` and `later` as in `Facts`;
    `acts` is what people signed.
    """

    at: datetime
    place: Place
    release: ScenarioRelease
    intent: Intent = Intent.PROMOTE
    phase: Phase = Phase.ENTER
    requester: str = "author"
    places: tuple[ScenarioPlace, ...] = ()
    residences: tuple[ScenarioResidence, ...] = ()
    runs: tuple[ScenarioRun, ...] = ()
    statements: tuple[ScenarioStatement, ...] = ()
    candidates: tuple[ScenarioCandidate, ...] = ()
    cycles: tuple[ScenarioCycle, ...] = ()
    change: ChangeFact | None = None
    running: tuple[ScenarioRunning, ...] = ()
    documents: dict[str, str] = field(default_factory=dict)
    interfaces: dict[str, str] = field(default_factory=dict)
    campaigns: tuple[CampaignFact, ...] = ()
    checks: tuple[str, ...] | None = None
    clusters: dict[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    pinned_by: str | None = None
    requested: datetime | None = None
    alias: str | None = None
    acts: ScenarioActs = ScenarioActs()
    earlier: tuple[Place, ...] = ()
    later: tuple[Place, ...] = ()
