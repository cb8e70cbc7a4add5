"""What a policy file says of compressions and of an emergency (LDM-564 2.2.1): less is asked, of some, for a reason."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from ldmrelease.config.yaml.fields import Names, SomeNames, SomeTime, Strict, Text, exactly_one, said

LONGEST_EMERGENCY = 4 * 3600
"""In seconds: what is let in by an emergency is not let in for longer (docs/decisions/0075)."""


def _within_hours(seconds: int) -> int:
    if seconds > LONGEST_EMERGENCY:
        said("an emergency is acted on for 4h at most")
    return seconds


class Shortened(Strict):
    """The parameters of a requirement that hold instead: each has to ask less than the requirement does."""

    for_: SomeTime | None = Field(None, description="Of rule `after`: a shorter time.")
    max_age: SomeTime | None = Field(
        None, description="Of rules `check` and `attested`: older evidence is enough."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.parameters():
            said("write what is asked instead: `for` or `max-age`")
        return self

    def parameters(self) -> dict[str, Any]:
        """By the names of the rule's parameters: durations in seconds."""
        return self.model_dump(exclude_none=True)


class CompressionClause(Strict):
    """A compression: requirements that do not stand in the way, or are asked for less, of whoever has a role."""

    by: SomeNames = Field(description="Roles of which whoever asks for it must have one.")
    drop: Names = Field(default_factory=list, description="Ids of requirements that do not stand in the way.")
    shorten: dict[str, Shortened] = Field(
        default_factory=dict, description="By id of a requirement, the parameters that hold instead."
    )
    review_within: SomeTime = Field(description="How soon somebody else has to have reviewed it.")
    reason: Text | None = Field(None, description="What it is for.")

    @model_validator(mode="after")
    def _compresses_something(self) -> Self:
        if not self.drop and not self.shorten:
            said("write what it drops or shortens: `drop`, `shorten`")
        both = sorted(set(self.drop) & set(self.shorten))
        if both:
            said(f"{both[0]!r} is dropped and shortened: write it once")
        return self


class EmergencyClause(Strict):
    """An emergency: what is let in without most of what is asked otherwise, for hours."""

    by: SomeNames = Field(description="Roles of which whoever asks for it must have one.")
    drop: SomeNames | None = Field(None, description="Ids of requirements that do not stand in the way.")
    keep: Names | None = Field(
        None, description="In place of `drop`: ids of those that do. Rule `images` always does."
    )
    for_: Annotated[SomeTime, AfterValidator(_within_hours)] = Field(
        LONGEST_EMERGENCY, description="How long it may be acted on, from its request: 4h at most."
    )
    review_within: SomeTime = Field(description="How soon somebody else has to have reviewed it.")
    environments: SomeNames | None = Field(None, description="Where. Left out: wherever the level holds.")
    reason: Text | None = Field(None, description="What it is for.")

    @model_validator(mode="after")
    def _drops_or_keeps(self) -> Self:
        exactly_one(self, "drop", "keep")
        return self
