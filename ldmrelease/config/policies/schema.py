"""The shape of a policy file: one level of operational validation (LDM-564 2.2.1)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from ldmrelease.config.yaml.fields import (
    UNIQUE,
    ClockTime,
    MomentField,
    Name,
    Names,
    Platform,
    Registered,
    SomeNames,
    SomeTime,
    Strict,
    Text,
    Where,
    Zone,
    exactly_one,
    said,
)
from ldmrelease.config.yaml.validation_messages import NOT_A_MAPPING, tagged
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.tags import RELEASE_KINDS

RULES_TO_COME = ("approval", "vulnerabilities", "metric", "documents", "verified")
KEYS_TO_COME = ("compression", "emergency", "review")

PolicyTagKind = Annotated[str, Registered(lambda: RELEASE_KINDS)]
EvidenceType = Annotated[
    str, Registered(lambda: (name for name, each in STATEMENT_TYPES.items() if not each.has_own_rule))
]
EvidenceAbout = Literal["image", "release", "content"]
WhenAsked = Literal["always", "terminal", "never"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Clause(Strict):
    """What every requirement has, whatever its rule."""

    COMMON: ClassVar = frozenset({"id", "rule", "enforce_from", "waivable_by", "source"})

    id: Name = Field(description="Its name within the level; findings, waivers and overrides use it.")
    rule: str
    enforce_from: MomentField | None = Field(
        None, description="Before this moment an unmet requirement is reported and does not refuse."
    )
    waivable_by: Names = Field(
        default_factory=list, description="Roles that may waive it. Left out: nobody may."
    )
    source: Text | None = Field(None, description="The sentence that asks for it, and where it stands.")

    def parameters(self) -> dict[str, Any]:
        """What belongs to the rule itself: durations in seconds, absent options left out."""
        return self.model_dump(exclude=set(self.COMMON), exclude_none=True)


def _nobody(roles: list[str]) -> list[str]:
    if roles:
        said("this rule is never waived: leave waivable-by out")
    return roles


Unwaivable = Annotated[Names, AfterValidator(_nobody)]


class Images(Clause):
    """Every image of the release is there, has the platforms, and its tag still names the pinned digest."""

    rule: Literal["images"]
    platforms: Annotated[list[Platform], Field(min_length=1), UNIQUE] | None = Field(
        None, description="Platforms that every image must have. Left out: those that it was built for."
    )
    waivable_by: Unwaivable = Field(default_factory=list, description="Nobody: this rule is never waived.")


Patterns = Annotated[list[Text], Field(min_length=1), UNIQUE]


class Attested(Clause):
    """There is signed evidence of a type, by keys of the roles."""

    rule: Literal["attested"]
    type: EvidenceType = Field(description="The short name of the evidence's type.")
    about: EvidenceAbout = Field("image", description="What the evidence must be about.")
    by: SomeNames | None = Field(None, description="Roles of which the signer must have one. Left out: any.")
    max_age: SomeTime | None = Field(None, description="How old the evidence may be, from its intake.")
    minimum: int = Field(1, ge=1, description="How many different statements are required.")
    builder: Patterns | None = Field(
        None,
        description="Provenance: patterns (`*`) of the builder's id, of which one must fit. Left out: any.",
    )
    build_type: Patterns | None = Field(
        None, description="Provenance: patterns of the buildType, of which one must fit. Left out: any."
    )
    repository: Patterns | None = Field(
        None,
        description="Provenance: patterns of git repositories; it must name a commit of one that fits. Left out: any.",
    )
    commit: Literal["named", "pinned"] | None = Field(
        None,
        description="Provenance: `named`: it names the git commit that was built; `pinned`: and no other commit of a "
        "configuration than the release has pinned. Left out: not looked at.",
    )

    @model_validator(mode="after")
    def _builds_have_provenance(self) -> Self:
        asked = {"builder": self.builder, "build-type": self.build_type, "repository": self.repository}
        named = [name for name, value in {**asked, "commit": self.commit}.items() if value is not None]
        if named and self.type != "provenance":
            said(f"{named[0]} is asked of provenance alone: leave it out, or write type: provenance")
        return self

    @model_validator(mode="after")
    def _provenance_is_never_waived(self) -> Self:
        if self.type == "provenance" and self.waivable_by:
            said("provenance is never waived: leave waivable-by out")
        return self


class CheckPassed(Clause):
    """The latest registered run of a check passed."""

    rule: Literal["check"]
    check: Name = Field(description="The name of a check of the workspace.")
    about: EvidenceAbout = Field("release", description="What the result must be about.")
    max_age: SomeTime | None = Field(None, description="How old the result may be, from its intake.")
    by: SomeNames | None = Field(None, description="Roles of which the signer must have one. Left out: any.")
    where: Where | None = Field(
        None, description="Where it must have run: here, an environment, or level:NAME. Left out: anywhere."
    )
    accept_warned: bool = Field(False, description="Whether a result WARNED satisfies.")
    unregistered: bool = Field(False, description="Whether a run counts that was not registered before.")


class After(Clause):
    """The release ran elsewhere for a time, observed without gaps. Exactly one of level and environment."""

    rule: Literal["after"]
    level: Name | None = Field(None, description="In any environment of this level.")
    environment: Name | None = Field(None, description="In this environment.")
    application: Name | None = Field(
        None, description="The application there. Left out: any that ran the release."
    )
    for_: SomeTime | None = Field(None, description="How long it must have run. Left out: it ran at all.")
    components: Literal["all", "any"] = Field(
        "all",
        description="Which of the components that the place runs must have run there, with this release's images.",
    )
    admitted: bool = Field(
        True,
        description="Whether only what ran behind an admission there counts, and not what was committed past it.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        exactly_one(self, "level", "environment")
        return self


class Together(Clause):
    """Other applications of the environment run the release, or it comes to them earlier in the plan."""

    rule: Literal["together"]
    applications: SomeNames = Field(description="Applications of the same environment.")


class NotReturned(Clause):
    """The place did not run the release before and replace it; `rollback` is the way back."""

    rule: Literal["not-returned"]


class Window(Clause):
    """It is a time at which changes are made."""

    rule: Literal["window"]
    weekday: Weekday | None = Field(None, description="The day on which it opens. Left out: every day.")
    week_of_month: int | None = Field(
        None, ge=1, le=5, description="1: the first such weekday of the month. Left out: every week."
    )
    start: ClockTime = Field(alias="from", description="Opens at this local time.")
    end: ClockTime = Field(
        alias="until", description="Closes at this local time; on the next day if it is not later than from."
    )
    zone: Zone = Field(description="The time zone of both, by its tz name.")

    @model_validator(mode="after")
    def _week_of_some_day(self) -> Self:
        if self.week_of_month is not None and self.weekday is None:
            said("week-of-month counts a weekday: write weekday too")
        return self


class SameContentAs(Clause):
    """A release has the content of the last candidate of its version."""

    rule: Literal["same-content-as"]
    kind: Literal["candidate"] = Field("candidate", description="Whose content it must be.")


def _rule_of(value: Any) -> str:
    rule = value.get("rule", "") if isinstance(value, dict) else getattr(value, "rule", NOT_A_MAPPING)
    return tagged(str(rule))


AnyClause = Annotated[
    Annotated[Images, Tag(tagged("images"))]
    | Annotated[Attested, Tag(tagged("attested"))]
    | Annotated[CheckPassed, Tag(tagged("check"))]
    | Annotated[After, Tag(tagged("after"))]
    | Annotated[Together, Tag(tagged("together"))]
    | Annotated[NotReturned, Tag(tagged("not-returned"))]
    | Annotated[Window, Tag(tagged("window"))]
    | Annotated[SameContentAs, Tag(tagged("same-content-as"))],
    Discriminator(_rule_of),
]


class Metadata(Strict):
    """Which level this is."""

    name: Name = Field(description="The level's name; the trust document places environments by it.")
    version: int = Field(ge=1, description="Rises with every change that is meant to be used.")
    source: Text | None = Field(None, description="What the policy as a whole follows from.")


class EnvironmentAdditions(Strict):
    """What one environment asks beyond its level. An entry with an id of the level's replaces that one."""

    enter: list[AnyClause] = Field(default_factory=list, description="Before anything is touched there.")
    confirm: list[AnyClause] = Field(default_factory=list, description="After it runs there.")


class LevelSpec(Strict):
    """What the level demands."""

    accepts: Annotated[list[PolicyTagKind], Field(min_length=1), UNIQUE] = Field(
        description="The kinds of tag that may enter."
    )
    availability: SomeTime | None = Field(
        None, description="How soon after its tag a release should run here: measured and reported."
    )
    ask: WhenAsked = Field(
        "never",
        description="When somebody has to confirm a change here: `always` (without a terminal it takes --yes), on a "
        "`terminal` alone, or `never`.",
    )
    enter: Annotated[list[AnyClause], Field(min_length=1)] = Field(
        description="Requirements before anything is touched."
    )
    confirm: list[AnyClause] = Field(
        default_factory=list, description="Requirements after it runs there; they are part of the receipt."
    )
    environments: dict[Name, EnvironmentAdditions] = Field(
        default_factory=dict, description="What single environments ask beyond that."
    )


class LevelFile(Strict):
    """A policy file: one level of operational validation."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["Level"] = Field(description="What this file is: Level.")
    metadata: Metadata = Field(description="Which level this is.")
    spec: LevelSpec = Field(description="What it demands.")

    def clauses(self) -> Iterator[tuple[tuple[str | int, ...], Clause]]:
        """Every clause with its path in the file."""
        parts: list[tuple[tuple[str | int, ...], EnvironmentAdditions | LevelSpec]] = [
            (("spec",), self.spec),
            *((("spec", "environments", name), each) for name, each in self.spec.environments.items()),
        ]
        for path, part in parts:
            for phase, clauses in (("enter", part.enter), ("confirm", part.confirm)):
                for index, clause in enumerate(clauses):
                    yield (*path, phase, index), clause
