"""The shape of the workspace file (`ldmrelease.yaml`)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ldmrelease.config.fields import (
    UNIQUE,
    Duration,
    Moment,
    Name,
    Names,
    SomeNames,
    Strict,
    Text,
    exactly_one,
    said,
)

TagKind = Literal["release", "weekly", "daily", "candidate", "experimental"]

DEFAULT_TAG = {"image": "{image}", "configuration": "{git}", "build": "{eups}"}
"""How a component's tag is spelled where the file does not say."""

Runs = Annotated[list[Text], Field(min_length=1), UNIQUE]


class ComponentEntry(Strict):
    """Where one part of a product is found. Exactly one of image, configuration and build."""

    image: Text | None = Field(None, description="An image repository: host/path, or oci:FOLDER.")
    configuration: Text | None = Field(None, description="A git repository: a folder or a URL.")
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


class ProductEntry(Strict):
    """What is tagged together."""

    grammar: Literal["rubin", "rsp", "semver"] = Field(description="How its tags are spelled.")
    default: bool = Field(False, description="Whether a tag that it can read is meant for it.")
    aliases: Names = Field(default_factory=list, description="Moving tags, such as recommended.")
    components: Annotated[dict[Name, ComponentEntry], Field(min_length=1)] = Field(
        description="Its parts; it is complete when all are there."
    )


class SettingEntry(Strict):
    """One setting of a values file."""

    component: Text = Field(description="A component that runs here.")
    path: Text = Field(description="Where it stands in the file, such as controller.image.tag.")
    writes: Literal["tag", "digest", "image"] = Field("tag", description="What the setting holds.")


class GitOpsEntry(Strict):
    """Settings of one file of a GitOps tree."""

    repository: Text = Field(description="A git repository: a folder or a URL.")
    branch: Text = Field("main", description="The branch that is deployed.")
    file: Text = Field(description="The values file, from the root of the repository.")
    settings: Annotated[list[SettingEntry], Field(min_length=1)] = Field(description="What is written.")


class MenuEntry(Strict):
    """The menu of a notebook service, as a mapping of a values file."""

    repository: Text = Field(description="A git repository: a folder or a URL.")
    branch: Text = Field("main", description="The branch that is deployed.")
    file: Text = Field(description="The values file, from the root of the repository.")
    path: Text = Field(description="The menu's mapping, such as controller.config.images.")
    component: Text = Field(description="The component whose images are on the menu.")
    keep: dict[TagKind, Annotated[int, Field(ge=0)]] = Field(
        {"release": 1, "weekly": 2, "daily": 3},
        description="How many images of a kind stay on the menu.",
    )
    aliases: dict[Name, Text] = Field(
        default_factory=dict, description="Names that move by promotion, with the menu's key that holds them."
    )


class TargetEntry(Strict):
    """How it is written. Exactly one of gitops and menu."""

    gitops: GitOpsEntry | None = Field(None, description="Settings of a values file.")
    menu: MenuEntry | None = Field(None, description="A notebook service's menu.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        exactly_one(self, "gitops", "menu")
        return self


class ApplicationEntry(Strict):
    """What runs in an environment under one name."""

    level: Name | None = Field(None, description="Its level, where it is not the environment's.")
    runs: Runs = Field(description="Components that run here, as PRODUCT/COMPONENT.")
    target: TargetEntry = Field(description="How it is written.")
    observe: Literal["committed"] = Field(
        "committed", description="committed: what the branch says counts as running."
    )
    observe_every: Duration | None = Field(
        None, description="The longest time between two looks that leaves no gap, where it is not 12h."
    )


class EnvironmentEntry(Strict):
    """A site."""

    level: Name | None = Field(None, description="The level of its applications.")
    cluster_uid: Text | None = Field(None, description="The UID of its cluster's kube-system namespace.")
    applications: dict[Name, ApplicationEntry] = Field(
        default_factory=dict, description="What runs there, by name."
    )


class CheckEntry(Strict):
    """A check that policies may ask for."""

    kind: Literal["command", "reported"] = Field(
        description="command: a process here; reported: somebody else signs its result."
    )
    command: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="The program and its arguments, run in the workspace's folder."
    )
    tests: SomeNames = Field(description="The tests that it runs; a pass covers all of them.")
    deadline: Duration = Field(3600, description="When a run without a result has failed to answer.")

    @model_validator(mode="after")
    def _command_to_run(self) -> Self:
        if (self.kind == "command") != (self.command is not None):
            said("a check of kind command has a command, one of kind reported has none")
        return self


class KeysEntry(Strict):
    """Private key files of whoever works in this workspace."""

    me: Text | None = Field(None, description="Signs pins and requests.")
    runner: Text | None = Field(None, description="Signs check runs and their results.")
    observer: Text | None = Field(None, description="Signs observations.")
    ledger: Text | None = Field(None, description="Signs checkpoints of the ledger.")
    receipts: dict[Name, Text] = Field(default_factory=dict, description="One receipt key for each level.")


class WorkspaceFile(Strict):
    """The workspace: what there is, where it goes, and where its records are."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["Workspace"] = Field(description="What this file is: Workspace.")
    ledger: Text = Field(description="The ledger's SQLite file.")
    releases: Text = Field(description="The repository of release artifacts: host/path, or oci:FOLDER.")
    policies: Text = Field("policies", description="The folder of the policy files.")
    trust: Text = Field("trust.yaml", description="The trust document.")
    base_uri: Text = Field(
        "https://ldmrelease.invalid", description="Under it are the names of our levels and predicates."
    )
    clock: Moment | None = Field(None, description="A fixed time in place of the wall clock, for a demo.")
    notify: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="A command that is given a JSON event when somebody's act is owed."
    )
    insecure: Annotated[list[Text], UNIQUE] = Field(
        default_factory=list, description="Registries that are spoken to without TLS, as host:port."
    )
    keys: KeysEntry = Field(
        default_factory=lambda: KeysEntry.model_validate({}), description="Private key files."
    )
    products: dict[Name, ProductEntry] = Field(default_factory=dict, description="What is tagged together.")
    environments: dict[Name, EnvironmentEntry] = Field(default_factory=dict, description="Sites.")
    checks: dict[Name, CheckEntry] = Field(default_factory=dict, description="Checks.")
