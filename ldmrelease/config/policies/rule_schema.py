"""What a policy file may say of each rule: a key for each parameter, checked and described.

A rule whose `Parameters` say all of it (`policy/rules`) has no class here: its keys follow from them.
"""

import operator
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args, get_origin

import msgspec
from pydantic import AfterValidator, Discriminator, Field, Tag, create_model, model_validator

from ldmrelease.config.policies.numbers import Decimal, DocumentKind, Tolerance
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
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.policy.subjects import About

EvidenceType = Annotated[
    str, Registered(lambda: (name for name, each in STATEMENT_TYPES.items() if not each.has_own_rule))
]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
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
    about: About = Field("image", description="What the evidence must be about.")
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
    about: About = Field("release", description="What the result must be about.")
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


class Limits(Strict):
    """How many vulnerabilities there may be at most, those that are worse included."""

    critical: Count | None = Field(None, description="Critical ones.")
    high: Count | None = Field(None, description="High ones, and worse.")
    medium: Count | None = Field(None, description="Medium ones, and worse.")
    low: Count | None = Field(None, description="Low ones, and worse.")
    negligible: Count | None = Field(None, description="All whose severity is known.")
    unknown: Count | None = Field(
        None, description="Those of unknown severity. Left out: the strictest of the other limits."
    )

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if not self.model_fields_set - {"unknown"}:
            said("write a limit for a severity, such as critical: 0")
        return self


class Vulnerabilities(Clause):
    """What scans found in every image is within limits, by scans that have shown something."""

    rule: Literal["vulnerabilities"]
    limits: Limits = Field(
        description="How many there may be at most that are as bad or worse, by severity: `critical`, `high`, `medium`, "
        "`low`, `negligible`; `unknown` ones are counted apart, with the strictest limit where they have none."
    )
    max_age: SomeTime | None = Field(
        None, description="How old the newest scan may be. Left out: any age, which `policy lint` tells."
    )
    database_max_age: SomeTime | None = Field(
        None,
        description="How old the scanner's database may have been as it scanned; a scan that does not tell shows "
        "nothing. Left out: any age.",
    )
    by: SomeNames | None = Field(None, description="Roles of whoever signed the scans. Left out: any.")
    sbom: Literal["required"] | None = Field(
        None, description="`required`: there is a list of packages of the image, too, and it is not empty."
    )
    grace: SomeTime | None = Field(
        None,
        description="How long a vulnerability may stay, from when the ledger first saw it in this image. Left out: not "
        "at all.",
    )
    ignore_unfixed: bool = Field(
        False, description="Whether those are left out that no version has a fix for."
    )
    vex_by: SomeNames | None = Field(
        None,
        description="Roles whose VEX statements take out what does not affect the image, or is fixed. Left out: "
        "nobody's do.",
    )


class Metric(Clause):
    """A measured value is within a threshold, or no worse than that of what runs there. Numbers are in quotes."""

    rule: Literal["metric"]
    metric: Text = Field(description="The name of the metric.")
    at_most: Decimal | None = Field(None, description='The most that it may be, such as "0.05".')
    at_least: Decimal | None = Field(None, description='The least that it has to be, such as "0.98".')
    no_worse_than: Literal["running"] | None = Field(
        None, description="`running`: than the metric of the release that runs there now."
    )
    better: Literal["lower", "higher"] | None = Field(
        None, description="Of no-worse-than: where the better values are."
    )
    tolerance: Tolerance = Field(
        "0",
        description='Of no-worse-than: by how much it may be worse, such as "0.1", or "5%" of that value.',
    )
    unit: Text | None = Field(None, description="The unit that it has to be in. Left out: any.")
    about: About = Field("release", description="What was measured.")
    by: SomeNames | None = Field(None, description="Roles of whoever signed it. Left out: any.")
    max_age: SomeTime | None = Field(None, description="How old the value may be.")

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.at_most is None and self.at_least is None and self.no_worse_than is None:
            said("write what the value has to be: at-most, at-least or no-worse-than")
        if (self.no_worse_than is None) != (self.better is None):
            said("no-worse-than and better go together: nothing else tells which values are worse")
        if self.no_worse_than is None and self.tolerance != "0":
            said("a tolerance is one of no-worse-than: leave it out")
        return self


class Reviewed(Clause):
    """People approved the change that the release was made of, at its last commit."""

    rule: Literal["reviewed"]
    about: Literal["configuration", "release", "content"] = Field(
        "configuration",
        description="What was reviewed: the commit of each configuration, the release, or its content.",
    )
    quorum: int = Field(
        1, ge=1, le=100, description="How many persons have to have approved, apart from the author."
    )
    owners: bool = Field(
        False, description="Whether an owner (CODEOWNERS) of each part that it changes has to be among them."
    )
    by: SomeNames | None = Field(None, description="Roles of the bridges that saw the review. Left out: any.")
    max_age: SomeTime | None = Field(None, description="How old the review may be.")


class Documents(Clause):
    """What has to be written about a release is in the workspace, and signed as it is there."""

    rule: Literal["documents"]
    kinds: Annotated[list[DocumentKind], Field(min_length=1), UNIQUE] = Field(
        description="Which documents, such as release-notes, known-issues, characterisation-report."
    )
    about: Literal["release", "content"] = Field(
        "release", description="What they have been signed about; a rebuild keeps the content."
    )
    by: SomeNames | None = Field(None, description="Roles of whoever signed them. Left out: any.")


class Compatible(Clause):
    """The schemas and protocols that the release needs are those that the environment has."""

    rule: Literal["compatible"]
    interfaces: SomeNames | None = Field(
        None,
        description="Those that the release has to say something about. Left out: one at least, whichever.",
    )
    by: SomeNames | None = Field(None, description="Roles of whoever signed what it needs. Left out: any.")


def clause_of(rule: str) -> type[Clause]:
    """The shape of a requirement of a rule: the class above, or what the rule's `Parameters` say. Raises `KeyError`."""
    if rule in _OWN:
        return _OWN[rule]
    parameters = RULES[rule].parameters
    keys: dict[str, Any] = {each.name: _key(each) for each in msgspec.structs.fields(parameters)}
    keys["rule"] = (Literal[rule], ...)
    return create_model(rule, __base__=Clause, __doc__=parameters.__doc__, **keys)


_OWN = {get_args(each.model_fields["rule"].annotation)[0]: each for each in Clause.__subclasses__()}


def _key(parameter: msgspec.structs.FieldInfo) -> tuple[Any, Any]:
    """A parameter as a key of the file: `tuple[str, ...]` is a list of texts; seconds are written as a duration."""
    kind, description = parameter.type, None
    if get_origin(kind) is Annotated:
        kind, *marks = get_args(kind)
        meta = next(each for each in marks if isinstance(each, msgspec.Meta))
        description = meta.description
        if (meta.extra or {}).get("unit") == "s":
            kind = SomeTime
    if get_origin(kind) is tuple:
        kind = Annotated[list[get_args(kind)[0]], UNIQUE]  # type: ignore[misc]
    if parameter.required:
        return kind, Field(description=description)
    default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    return kind, Field(default, description=description)


def _rule_of(value: Any) -> str:
    rule = value.get("rule", "") if isinstance(value, dict) else getattr(value, "rule", NOT_A_MAPPING)
    return tagged(str(rule))


if TYPE_CHECKING:
    AnyClause = Clause
else:
    AnyClause = Annotated[
        reduce(operator.or_, (Annotated[clause_of(each), Tag(tagged(each))] for each in RULES)),
        Discriminator(_rule_of),
    ]
