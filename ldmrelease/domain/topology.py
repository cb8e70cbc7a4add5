"""Where releases go: environments and their applications."""

from enum import StrEnum

from msgspec import Struct, field

from ldmrelease.domain import canonical
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.targets import Target
from ldmrelease.domain.workload_selection import ArgoCd, Workloads

CHECKS_NAMESPACE = "ldmrelease-checks"
"""Where Jobs of checks run, if the workspace says nothing else."""


class Place(Struct, frozen=True, order=True):
    """One application of one environment, such as `summit/nublado`: what is claimed and promoted."""

    environment: str
    application: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.application}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read `environment/application`. Raises `ValueError`."""
        environment, _, application = text.partition("/")
        if not environment or not application or "/" in application:
            raise ValueError(f"{text!r} is not a place; write environment/application, like summit/nublado")
        return cls(environment, application)


class ComponentKind(StrEnum):
    """What a component of a release is made of (LDM-564 2.1: containers and configurations)."""

    IMAGE = "image"
    CONFIGURATION = "configuration"
    BUILD = "build"


class ComponentSource(Struct, frozen=True):
    """Where a product's component is found for a tag.

    `source` is an image repository, a git repository or a directory of EUPS lists; `spelling` is the
    pattern of the tag there, such as `al9-{eups}`; `derived_from` names the component
    (`product/component` or `component`) that this one was built on.
    """

    name: str
    kind: ComponentKind
    source: str
    spelling: str
    derived_from: str | None = None


class Product(Struct, frozen=True):
    """What is tagged together, and in which grammar."""

    name: str
    grammar: AnyGrammar
    components: tuple[ComponentSource, ...]
    default: bool = False
    aliases: tuple[str, ...] = ()

    def component(self, name: str) -> ComponentSource | None:
        """The component of that name, if the product has it."""
        return next((each for each in self.components if each.name == name), None)

    @property
    def digest(self) -> str:
        """What a trust document agrees to of a product: where its images and releases come from, and their names."""
        return canonical.digest_of(self)


class Application(Struct, frozen=True):
    """An application of an environment: its level, what it runs, how it is written and observed.

    `runs` are `product/component` names; `observe` is `committed` where the committed tree counts as
    running, `pods` where `workloads` tell; `observe_every` is the longest time, in seconds, between two
    observations that still counts as seen without a gap. `registry` is the environment's own registry
    (`host[:port][/path]`): images are copied there first. `mirrors` are registries that have the same images under the
    same path, and that nobody copies to. `argo_cd` is where its Applications are, where the workspace says it or has
    it asked for syncs.
    """

    place: Place
    level: str
    runs: tuple[str, ...]
    target: Target
    observe: str = "committed"
    observe_every: int = 43200
    cluster_uid: str | None = None
    workloads: Workloads | None = None
    registry: str | None = None
    mirrors: tuple[str, ...] = ()
    argo_cd: ArgoCd | None = None

    def components(self, product: str) -> tuple[str, ...]:
        """The names of the product's components that run here."""
        prefix = product + "/"
        return tuple(each.removeprefix(prefix) for each in self.runs if each.startswith(prefix))


class Check(Struct, frozen=True):
    """A check that a level may ask for. `tests` is the declared, non-empty list of test names.

    kind: `command` (a local process), `container` (on a Docker engine), `job` (a Kubernetes Job where the
        release runs), or `reported` (somebody else signs its result).
    command: the program and its arguments; in a container or Job it replaces the image's own where given.
    image: for containers and Jobs, the component whose image is run, or a reference by digest.
    template: for Jobs, the file of the Job's template; None is the default one.
    document: for containers and Jobs, the digest of the template as written: who changes it makes another check.
    namespace: for Jobs, the namespace that they run in.
    deadline: in seconds from registration.
    results: the repository that results are read from which are too long for a message; None reads none.
    files: for commands, what they use beside the files that their words name: files and folders of the workspace.
    contents: for commands, the digest of each of those files, by its path from the workspace's folder.
    """

    name: str
    kind: str
    tests: tuple[str, ...]
    command: tuple[str, ...] = ()
    deadline: int = 3600
    image: str | None = None
    template: str | None = None
    namespace: str = CHECKS_NAMESPACE
    document: str | None = None
    results: str | None = None
    files: tuple[str, ...] = ()
    contents: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What a trust document agrees to of a check: the digest of its definition, its template and its files."""
        definition = canonical.to_plain(self)
        if self.results is None:
            # What a check does not have makes no other check of it.
            del definition["results"]
        for name in ("files", "contents"):
            if not definition[name]:
                del definition[name]
        return canonical.digest_of(definition)

    @property
    def read_files(self) -> dict[str, str]:
        """The digest of each file of the workspace that makes it this check, by its path."""
        template = {self.template: self.document} if self.template and self.document else {}
        return {**self.contents, **template}


class EnclaveBinding(Struct, frozen=True):
    """Which places are in an enclave of a site, and which of them are of a service; all by name."""

    site: str
    enclave: str
    places: tuple[Place, ...]
    services: dict[str, tuple[Place, ...]] = {}


class Topology(Struct, frozen=True):
    """Everything that a workspace names: products, applications by place, checks.

    provides: by environment the interfaces (schemas, protocols) that it has beside what releases bring, each with its
        version.
    enclaves: which places are in which enclave of a site.
    """

    products: tuple[Product, ...]
    applications: tuple[Application, ...]
    checks: tuple[Check, ...] = ()
    base_uri: str = "https://ldmrelease.invalid"
    provides: dict[str, dict[str, str]] = {}
    enclaves: tuple[EnclaveBinding, ...] = ()

    def product(self, name: str) -> Product | None:
        """The product of that name."""
        return next((each for each in self.products if each.name == name), None)

    def application(self, place: Place) -> Application | None:
        """The application at a place."""
        return next((each for each in self.applications if each.place == place), None)

    def check(self, name: str) -> Check | None:
        """The check of that name."""
        return next((each for each in self.checks if each.name == name), None)

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments that have applications, in the order of the workspace."""
        return tuple(dict.fromkeys(each.place.environment for each in self.applications))

    def target_digest(self, environment: str) -> str:
        """What a trust document agrees to of an environment: the digest of how its applications are reached,
        written and observed, and of what runs there. Their levels are agreed to by name."""
        own: dict[str, object] = {
            each.place.application: _agreed(each)
            for each in self.applications
            if each.place.environment == environment
        }
        if self.provides.get(environment):
            # No application has this name.
            own["/provides"] = self.provides[environment]
        return canonical.digest_of(own)

    def level_places(self, level: str) -> tuple[Place, ...]:
        """Every place at a level."""
        return tuple(each.place for each in self.applications if each.level == level)


def _agreed(application: Application) -> dict[str, object]:
    """What is agreed to of an application; a controller that is not asked for anything makes no other one of it."""
    plain = canonical.to_plain(application)
    if application.argo_cd is None:
        del plain["argo_cd"]
    return {**plain, "level": None}
