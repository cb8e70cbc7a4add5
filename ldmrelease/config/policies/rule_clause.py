"""What every requirement of a policy file has, whatever its rule."""

from typing import Any, ClassVar

from pydantic import Field

from ldmrelease.config.yaml.fields import MomentField, Name, Names, Strict, Text


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
