"""The shape of the workspace file (`ldmrelease.yaml`)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ldmrelease.checks.registry import KINDS, traits
from ldmrelease.config.workspace.controller_schema import ArgoCdEntry
from ldmrelease.config.workspace.document_path import DEFAULT_DOCUMENTS, DocumentPath, FolderPath, Version
from ldmrelease.config.workspace.gitops_schema import GitOpsSection
from ldmrelease.config.workspace.pattern_schema import PatternTree, PlacesHead, Repeated
from ldmrelease.config.workspace.receiver_schema import NotifyField
from ldmrelease.config.workspace.target_schema import GitOpsEntry, OneOrMore, TargetEntry
from ldmrelease.config.yaml.fields import (
    UNIQUE,
    Address,
    Duration,
    MomentField,
    Name,
    Names,
    Registered,
    RegisteredOrMapping,
    SomeNames,
    SomeTime,
    Strict,
    Text,
    exactly_one,
    said,
)
from ldmrelease.domain.tags import GRAMMARS, RELEASE_KINDS, Kind
from ldmrelease.domain.workload_selection import WorkloadKind

DEFAULT_TAG = {"image": "{image}", "configuration": "{git}", "build": "{eups}"}
"""How a component's tag is spelled where the file does not say."""

WORKLOADS = tuple(each.value for each in WorkloadKind if each is not WorkloadKind.CUSTOM)
"""The kinds of workload that every cluster has."""

Runs = Annotated[list[Text], Field(min_length=1), UNIQUE]


class ComponentEntry(Repeated):
    """Where one part of a product is found. Exactly one of image, configuration and build."""

    image: Address | None = Field(None, description="An image repository: host/path, or oci:FOLDER.")
    configuration: Address | None = Field(None, description="A git repository: a folder or a URL.")
    build: Text | None = Field(None, description="A folder of EUPS lists: tags/ and manifests/.")
    tag: Text | None = Field(
        None, description="How a release is spelled there, with {git}, {eups} or {image}, such as al9-{eups}."
    )
    derived_from: Text | None = Field(
        None, description="The component that this one was built on: COMPONENT or PRODUCT/COMPONENT."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        exactly_one(self, "image", "configuration", "build")
        return self


class GrammarEntry(Strict):
    """A product's own grammar: patterns of its tags, such as release-{year:4d}.{month:2d}[-{patch}], by kind."""

    release: OneOrMore | None = Field(None, description="Patterns of releases.")
    weekly: OneOrMore | None = Field(None, description="Patterns of weeklies.")
    daily: OneOrMore | None = Field(None, description="Patterns of dailies.")
    candidate: OneOrMore | None = Field(None, description="Patterns of release candidates.")
    experimental: OneOrMore | None = Field(None, description="Patterns of experimental builds.")
    branch: OneOrMore | None = Field(None, description="Patterns of builds of branches.")
    moving: OneOrMore | None = Field(None, description="Patterns of tags that move, such as latest.")
    order: Names | None = Field(
        None,
        description="The parts that order tags of one kind; those with an order, as they stand, where it is left out.",
    )
    within: Names | None = Field(
        None,
        description="Tags are ordered among those alone that have the same values of these parts; the words and names "
        "that are not in the order, where it is left out.",
    )

    def patterns(self) -> dict[Kind, list[str]]:
        """The patterns, by kind."""
        found = {each: getattr(self, each) for each in RELEASE_KINDS}
        return {kind: own for kind, own in found.items() if own is not None}


class ProductEntry(Repeated):
    """What is tagged together."""

    grammar: Annotated[str | GrammarEntry, RegisteredOrMapping(lambda: GRAMMARS, GrammarEntry)] = Field(
        description="How its tags are spelled: the name of a grammar, or patterns of its own."
    )
    default: bool = Field(False, description="Whether a tag that it can read is meant for it.")
    aliases: Names = Field(default_factory=list, description="Moving tags, such as recommended.")
    components: Annotated[dict[Name, ComponentEntry], Field(min_length=1)] = Field(
        description="Its parts; it is complete when all are there."
    )


class SelectionEntry(Repeated):
    """Workloads of one kind. Exactly one of name, labels and annotation chooses."""

    kind: Text = Field(
        "Deployment",
        description="Deployment, StatefulSet, DaemonSet, CronJob, Pod; Job or KEDA's ScaledJob, which are observed and "
        "written through a tree alone; or a custom resource's.",
    )
    api_version: Text | None = Field(
        None, description="For a custom resource: its API version, such as argoproj.io/v1alpha1."
    )
    name: Text | None = Field(None, description="The workload's name.")
    labels: Text | None = Field(None, description="A label selector, such as app=prompt.")
    annotation: Text | None = Field(None, description="An annotation, as KEY or KEY=VALUE.")
    containers: Annotated[dict[Text, Text], Field(min_length=1)] = Field(
        description="Each container's component; init containers too."
    )
    images: Annotated[dict[Text, Text], Field(min_length=1)] | None = Field(
        None,
        description="For a custom resource: where it says each container's image, such as "
        "spec.template.spec.containers[0].image.",
    )
    pods: Annotated[dict[Text, str], Field(min_length=1)] | None = Field(
        None, description="For a custom resource: the labels of the pods that are made for it."
    )

    @property
    def is_custom(self) -> bool:
        """Whether it is about a kind that not every cluster has."""
        return self.kind not in WORKLOADS

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        exactly_one(self, "name", "labels", "annotation")
        return self

    @model_validator(mode="after")
    def _custom_in_full(self) -> Self:
        own = (self.api_version, self.images, self.pods)
        if self.is_custom and (None in own or self.name is None):
            known = ", ".join(WORKLOADS)
            said(f"{self.kind} is none of {known}; a custom resource has api-version, name, images and pods")
        if not self.is_custom and own != (None, None, None):
            said(f"a {self.kind} has no api-version, images or pods: those are for custom resources")
        if self.images is not None and self.images.keys() != self.containers.keys():
            said("containers and images of a custom resource are about the same containers")
        return self


class WorkloadsEntry(Strict):
    """What runs the application in the environment's cluster."""

    namespace: Name = Field(description="Their namespace.")
    select: Annotated[list[SelectionEntry], Field(min_length=1)] = Field(description="Which workloads.")
    deadline: SomeTime = Field(600, description="How long a rollout may take.")
    patience: Duration = Field(
        60, description="How long a pod may be in trouble before the rollout has failed."
    )


class ApplicationEntry(Strict):
    """What runs in an environment under one name."""

    level: Name | None = Field(None, description="Its level, where it is not the environment's.")
    runs: Runs = Field(description="Components that run here, as PRODUCT/COMPONENT.")
    target: TargetEntry = Field(description="How it is written.")
    workloads: WorkloadsEntry | None = Field(None, description="What runs it in the environment's cluster.")
    observe: Literal["committed", "pods"] | None = Field(
        None,
        description="committed: what the branch says counts as running; pods: what the workloads' pods run.",
    )
    observe_every: SomeTime | None = Field(
        None, description="The longest time between two looks that leaves no gap, where it is not 12h."
    )

    @model_validator(mode="after")
    def _workloads_to_watch(self) -> Self:
        if self.workloads is None and (self.target.kubernetes is not None or self.observe == "pods"):
            said("a kubernetes target and observe: pods need workloads")
        if self.target.kubernetes is not None and self.observe == "committed":
            said("a kubernetes target is observed from its pods")
        return self


class PatternGitOpsEntry(GitOpsEntry):
    """Settings of one file of a GitOps tree: that which the pattern asks, where no repository is named."""

    repository: Address | None = Field(None, description="A git repository, where it is not the tree.")  # type: ignore[assignment]


class PatternTargetEntry(TargetEntry):
    """How the places of a pattern are written. Exactly one of gitops, menu and kubernetes."""

    gitops: PatternGitOpsEntry | None = Field(None, description="Settings of a values file.")


class PlacesEntry(PlacesHead, ApplicationEntry):
    """Places that are written alike: applications of environments of this file. `{environment}` and `{application}` in
    it stand for their names.
    """

    runs: Runs | None = Field(  # type: ignore[assignment]
        None,
        description="Components that run there, as PRODUCT/COMPONENT, where those are not the ones that it writes.",
    )
    target: PatternTargetEntry = Field(description="How each is written.")


class EnvironmentEntry(Repeated):
    """A site."""

    level: Name | None = Field(None, description="The level of its applications.")
    cluster_uid: Text | None = Field(None, description="The UID of its cluster's kube-system namespace.")
    context: Text | None = Field(
        None, description="The context of its cluster in the kubeconfig; in-cluster: the cluster we run in."
    )
    kubeconfig: Text | None = Field(None, description="A kubeconfig file in place of kubectl's own.")
    registry: Address | None = Field(
        None,
        description="Its own registry, as host or host/path: images are copied there and run from there.",
    )
    mirrors: Annotated[list[Address], UNIQUE] = Field(
        default_factory=list,
        description="Registries, as host or host/path, that have the same images under the same path: settings and "
        "workloads may name them. Nothing is copied there.",
    )
    applications: dict[Name, ApplicationEntry] = Field(
        default_factory=dict, description="What runs there, by name."
    )
    argo_cd: ArgoCdEntry | None = Field(
        None,
        description="Where its Applications are, if not in the namespace argocd of its own cluster. Where it is "
        "written, an Application that cannot be read is an error.",
    )
    sync: Literal["argocd"] | None = Field(
        None, description="argocd: a promotion asks Argo CD for the sync of what it has written."
    )
    provides: dict[Name, Version] = Field(
        default_factory=dict,
        description="Schemas and protocols that it has beside what its releases bring, each with its version, such as "
        'apdb: "4.1.0".',
    )


class EnclaveEntry(Strict):
    """An enclave of a site: its places, and which of them are of its services."""

    places: Annotated[list[Text], Field(min_length=1), UNIQUE] = Field(
        description="Environments, and single places as ENVIRONMENT/APPLICATION, that are in it."
    )
    services: dict[Name, list[Text]] = Field(
        default_factory=dict, description="Places, by the service that runs there, such as nublado."
    )


class SiteEntry(Strict):
    """A site with its enclaves (LDM-564, figure 1)."""

    enclaves: dict[Name, EnclaveEntry] = Field(description="Its enclaves, by name.")


class CheckEntry(Strict):
    """A check that policies may ask for."""

    kind: Annotated[str, Registered(lambda: KINDS)] = Field(
        description="command: a process here; container: on a Docker engine; job: a Kubernetes Job where the "
        "release runs; reported: somebody else signs its result."
    )
    command: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="The program and its arguments, run in the workspace's folder or in the image."
    )
    image: Address | None = Field(
        None, description="For container and job: the component whose image is run, or an image by digest."
    )
    template: Text | None = Field(
        None,
        description="For container and job: a Job's template: a file, or starts, versions, script or notebook.",
    )
    namespace: Name | None = Field(None, description="For job: its namespace, ldmrelease-checks if not said.")
    results: Address | None = Field(
        None, description="The one repository that its results are read from where they exceed a message."
    )
    files: Annotated[list[Text], UNIQUE] = Field(
        default_factory=list,
        description="For command: files and folders that it uses, beside those that its words name. Who changes one "
        "of them makes another check: earlier results do not count.",
    )
    tests: SomeNames = Field(description="The tests that it runs; a pass covers all of them.")
    deadline: SomeTime = Field(3600, description="When a run without a result has failed to answer.")

    @model_validator(mode="after")
    def _command_to_run(self) -> Self:
        own = traits(self.kind)
        if own.has_command and self.command is None:
            said(f"a check of kind {self.kind} has a command")
        if not own.run_by_us and self.command is not None:
            said(f"a check of kind {self.kind} has no command")
        if own.runs_image != (self.image is not None):
            said("a check of kind container or job has an image, others have none")
        if not own.runs_image and self.template is not None:
            said("only a check of kind container or job has a template")
        if self.kind != "command" and self.files:
            said(f"a check of kind {self.kind} has no files: those are for commands")
        if not own.in_cluster and self.namespace is not None:
            said("only a check of kind job has a namespace")
        if not own.run_by_us and self.results is not None:
            said(f"a check of kind {self.kind} has no results: they come signed")
        return self


class KeysEntry(Strict):
    """Private keys of whoever works in this workspace: files, or ssh-agent:FINGERPRINT."""

    me: Text | None = Field(None, description="Signs what people do: pins, requests.")
    runner: Text | None = Field(None, description="Signs check runs and their results.")
    observer: Text | None = Field(None, description="Signs observations.")
    promoter: Text | None = Field(
        None, description="Signs what the process does: decisions, steps, claims, intake, the end."
    )
    ledger: Text | None = Field(None, description="Signs checkpoints of the ledger.")
    bridge: Text | None = Field(None, description="Signs what was observed in files of other tools.")
    receipts: dict[Name, Text] = Field(default_factory=dict, description="One receipt key for each level.")


class WorkspaceFile(Strict):
    """The workspace: what there is, where it goes, and where its records are."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["Workspace"] = Field(description="What this file is: Workspace.")
    ledger: Address = Field(description="The ledger: a path, or an address such as sqlite:ledger.db.")
    releases: Address = Field(description="The repository of release artifacts: host/path, or oci:FOLDER.")
    policies: Text = Field("policies", description="The folder of the policy files.")
    trust: Text = Field("trust.yaml", description="The trust document.")
    base_uri: Text = Field(
        "https://ldmrelease.invalid", description="Under it are the names of our levels and predicates."
    )
    clock: MomentField | None = Field(
        None,
        description="A fixed time in place of the wall clock, for a demo. What is signed under it counts nowhere else.",
    )
    notify: NotifyField | None = Field(
        None, description="Who is told when somebody has to act: a command, or receivers by their names."
    )
    gitops: GitOpsSection | None = Field(
        None,
        description="How the repositories that are written take changes: by a push, or as pull requests.",
    )
    documents: DocumentPath = Field(
        DEFAULT_DOCUMENTS,
        description="Where documents about releases are, from the workspace's folder, with {kind} (release-notes) and "
        "{tag}, and {product} where it is needed.",
    )
    campaigns: FolderPath = Field("campaigns", description="The folder of the verification campaigns.")
    insecure: Annotated[list[Text], UNIQUE] = Field(
        default_factory=list, description="Registries that are spoken to without TLS, as host:port."
    )
    keys: KeysEntry = Field(
        default_factory=lambda: KeysEntry.model_validate({}), description="Private key files."
    )
    trees: dict[Name, PatternTree] = Field(
        default_factory=dict, description="Trees that patterns read and write."
    )
    products: dict[Name, ProductEntry] = Field(default_factory=dict, description="What is tagged together.")
    environments: dict[Name, EnvironmentEntry] = Field(default_factory=dict, description="Sites.")
    sites: dict[Name, SiteEntry] = Field(
        default_factory=dict,
        description="Which places are in which enclaves, by sites: those of LDM-564, figure 1, and others.",
    )
    patterns: list[PlacesEntry] = Field(
        default_factory=list,
        description="Places that are written once for many environments and applications.",
    )
    checks: dict[Name, CheckEntry] = Field(default_factory=dict, description="Checks.")
