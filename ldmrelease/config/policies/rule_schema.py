"""What a policy file may say of each rule: a key for each parameter, checked and described.

A rule whose `Parameters` say all of it (`policy/rules`) has no class here: its keys follow from them.
"""

import operator
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args, get_origin

import msgspec
from pydantic import AfterValidator, Discriminator, Field, Tag, create_model, model_validator

from ldmrelease.config.policies.evidence_rule_schema import EVIDENCE_CLAUSES
from ldmrelease.config.policies.rule_clause import Clause
from ldmrelease.config.yaml.fields import (
    UNIQUE,
    ClockTime,
    Name,
    Names,
    Platform,
    Registered,
    SomeNames,
    SomeTime,
    Text,
    Where,
    Zone,
    exactly_one,
    said,
)
from ldmrelease.config.yaml.validation_messages import NOT_A_MAPPING, tagged
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.tags import RELEASE_KINDS
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.policy.subjects import About

EvidenceType = Annotated[
    str, Registered(lambda: (name for name, each in STATEMENT_TYPES.items() if not each.has_own_rule))
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


ReleaseKind = Annotated[str, Registered(lambda: RELEASE_KINDS)]


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
    notice: SomeTime | None = Field(
        None, description="How long before a change somebody has to have asked for it. Left out: not at all."
    )

    @model_validator(mode="after")
    def _week_of_some_day(self) -> Self:
        if self.week_of_month is not None and self.weekday is None:
            said("week-of-month counts a weekday: write weekday too")
        return self


class ApprovalGiven(Clause):
    """Enough persons have approved it: `quorum` of the roles `by`, and of each role in `each` as many as it says.

    Whoever asked for it, pinned it or signed a waiver that is in use does not count.
    """

    rule: Literal["approval"]
    by: SomeNames | None = Field(None, description="Roles of which each person of the quorum has one.")
    quorum: int = Field(1, ge=1, description="How many persons of these roles have to approve.")
    each: Annotated[dict[Name, Annotated[int, Field(ge=1)]], Field(min_length=1)] | None = Field(
        None, description="How many persons of each of these roles have to approve; a person counts once."
    )
    about: Literal["release", "content"] = Field(
        "release", description="What is approved: this release, or everything that has its content."
    )
    observed: SomeNames | None = Field(
        None,
        description="Systems (`jira`, `github`) of which approvals count that a bridge saw there. Left out: none.",
    )
    max_age: SomeTime | None = Field(
        None, description="How long an approval holds, from its intake. Left out: 7d."
    )
    kinds: Annotated[list[ReleaseKind], Field(min_length=1), UNIQUE] | None = Field(
        None, description="The kinds of tag that need it. Left out: every kind."
    )
    intents: Annotated[list[Literal["promote", "alias"]], Field(min_length=1), UNIQUE] | None = Field(
        None, description="What needs it: to `promote`, or to move an `alias`. Left out: both."
    )
    aliases: Patterns | None = Field(
        None, description="Patterns (`*`) of the names of a menu that need it. Left out: whatever moves."
    )
    waivable_by: Unwaivable = Field(default_factory=list, description="Nobody: this rule is never waived.")

    @model_validator(mode="after")
    def _somebody_is_asked(self) -> Self:
        if self.by is None and self.each is None:
            said("say who has to approve: `by`, or `each`")
        if self.by is None and "quorum" in self.model_fields_set:
            said("quorum counts persons of the roles `by`: write by too")
        return self


class SameContentAs(Clause):
    """A release has the content of the last candidate of its version."""

    rule: Literal["same-content-as"]
    kind: Literal["candidate"] = Field("candidate", description="Whose content it must be.")


def clause_of(rule: str) -> type[Clause]:
    """The shape of a requirement of a rule: the class above, or what the rule's `Parameters` say. Raises `KeyError`."""
    if rule in _OWN:
        return _OWN[rule]
    parameters = RULES[rule].parameters
    keys: dict[str, Any] = {each.name: _key(each) for each in msgspec.structs.fields(parameters)}
    keys["rule"] = (Literal[rule], ...)
    return create_model(rule, __base__=Clause, __doc__=parameters.__doc__, **keys)


_OWN = {
    get_args(each.model_fields["rule"].annotation)[0]: each
    for each in dict.fromkeys((*Clause.__subclasses__(), *EVIDENCE_CLAUSES))
}


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
