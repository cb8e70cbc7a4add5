"""The shape of a policy file: one level of operational validation (LDM-564 2.2.1)."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ldmrelease.config.policies.overlay_schema import CompressionClause, EmergencyClause
from ldmrelease.config.policies.rule_clause import Clause
from ldmrelease.config.policies.rule_schema import AnyClause
from ldmrelease.config.yaml.fields import UNIQUE, Name, Registered, SomeTime, Strict, Text, said
from ldmrelease.domain.level import WaiverLimits
from ldmrelease.domain.tags import RELEASE_KINDS

KEYS_TO_COME = ("review",)

PolicyTagKind = Annotated[str, Registered(lambda: RELEASE_KINDS)]
SomeKinds = Annotated[list[PolicyTagKind], Field(min_length=1), UNIQUE]
WhatOfUnmanaged = Literal["listed", "refused"]
WhatOfRecalled = Literal["stays", "blocked"]
WhenAsked = Literal["always", "terminal", "never"]


class Metadata(Strict):
    """Which level this is."""

    name: Name = Field(description="The level's name; the trust document places environments by it.")
    version: int = Field(ge=1, description="Rises with every change that is meant to be used.")
    source: Text | None = Field(None, description="What the policy as a whole follows from.")


def _no_approval(clauses: list[Clause]) -> list[Clause]:
    """An approval comes before anything is touched: what runs already is confirmed by checks."""
    for each in clauses:
        if each.rule == "approval":
            said(f"{each.id} is an approval, which comes before anything is touched: write it under enter")
    return clauses


ConfirmClauses = Annotated[list[AnyClause], AfterValidator(_no_approval)]


class EnvironmentAdditions(Strict):
    """What one environment asks beyond its level. An entry with an id of the level's replaces that one."""

    enter: list[AnyClause] = Field(default_factory=list, description="Before anything is touched there.")
    confirm: ConfirmClauses = Field(default_factory=list, description="After it runs there.")
    excludes: SomeKinds | None = Field(
        None, description="Kinds of tag that may not enter there, whatever the level accepts."
    )


class WaiverLimitsEntry(Strict):
    """How far waivers go: each for how long at most, and how many of a release at one place."""

    life: SomeTime | None = Field(
        None, description="How long a waiver counts at most, from its intake: up to 14d. Left out: 14d."
    )
    number: int = Field(
        WaiverLimits().number, ge=0, description="How many waivers of a release may be in use at one place."
    )

    @model_validator(mode="after")
    def _capped(self) -> Self:
        if self.life is not None and self.life > WaiverLimits().life:
            said("a waiver counts for 14d at most: write less, or leave it out")
        return self


class LevelSpec(Strict):
    """What the level demands."""

    accepts: SomeKinds | None = Field(
        None,
        description="The kinds of tag that may enter. Left out: all but those that `excludes` names, and then it names "
        "some.",
    )
    excludes: SomeKinds | None = Field(
        None, description="Kinds of tag that may not enter, by name: `moving`, `branch`."
    )
    availability: SomeTime | None = Field(
        None, description="How soon after its tag a release should run here: measured and reported."
    )
    ask: WhenAsked = Field(
        "never",
        description="When somebody has to confirm a change here: `always` (without a terminal it takes --yes), on a "
        "`terminal` alone, or `never`.",
    )
    unmanaged: WhatOfUnmanaged = Field(
        "listed",
        description="What `gate sync` does about images that no product of the workspace declares: counted and "
        "`listed`, or `refused`.",
    )
    recalled: WhatOfRecalled = Field(
        "stays",
        description="Whether an image that runs already and is recalled may start again: it `stays` in what admission "
        "lets in, or it is `blocked`.",
    )
    waivers: WaiverLimitsEntry | None = Field(
        None,
        description="How long waivers count, and how many of them. Left out: 14d, and 5 of a release at a place.",
    )
    enter: Annotated[list[AnyClause], Field(min_length=1)] = Field(
        description="Requirements before anything is touched."
    )
    confirm: ConfirmClauses = Field(
        default_factory=list, description="Requirements after it runs there; they are part of the receipt."
    )
    environments: dict[Name, EnvironmentAdditions] = Field(
        default_factory=dict, description="What single environments ask beyond that."
    )
    compression: dict[Name, CompressionClause] = Field(
        default_factory=dict,
        description="By name: what is asked instead of whoever asks for it so, and owes a review.",
    )
    emergency: EmergencyClause | None = Field(
        None, description="What is asked in an emergency. Left out: there is none here."
    )

    @model_validator(mode="after")
    def _says_what_may_enter(self) -> Self:
        if self.accepts is None and self.excludes is None:
            said("write which kinds of tag may enter, `accepts`, or which may not, `excludes`")
        both = sorted(set(self.accepts or ()) & set(self.excludes or ()))
        if both:
            said(f"{both[0]} is accepted and excluded: write it once")
        if not self.accepted():
            said("no kind of tag is left that may enter")
        return self

    def accepted(self) -> tuple[str, ...]:
        """The kinds of tag that may enter."""
        if self.accepts is not None:
            return tuple(self.accepts)
        return tuple(str(each) for each in RELEASE_KINDS if each not in (self.excludes or ()))


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
