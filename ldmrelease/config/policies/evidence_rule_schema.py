"""What a policy file may say of the rules about others' evidence: a key for each parameter, checked and described."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ldmrelease.config.policies.numbers import Decimal, DocumentKind, Tolerance
from ldmrelease.config.policies.rule_clause import Clause
from ldmrelease.config.yaml.fields import (
    UNIQUE,
    Name,
    SomeNames,
    SomeTime,
    Strict,
    Text,
    exactly_one,
    said,
)
from ldmrelease.policy.subjects import About

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class SeverityLimits(Strict):
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
    limits: SeverityLimits = Field(
        description="How many there may be at most that are as bad or worse, by severity: `critical`, `high`, "
        "`medium`, `low`, `negligible`. `unknown` ones are counted apart, with the strictest limit if they have none."
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


class Verified(Clause):
    """All that a milestone claims is verified in the release's content, by the signed results of a campaign."""

    rule: Literal["verified"]
    campaign: Name | None = Field(None, description="The campaign, by its name in the workspace.")
    milestone: Text | None = Field(
        None, description="In place of a campaign: the milestone that campaigns bind, such as LDM-503-15a."
    )
    by: SomeNames | None = Field(None, description="Roles of whoever signed the results. Left out: any.")
    milestone_complete: Literal["report", "refuse", "ignore"] = Field(
        "report",
        description="What it is that the catalogue marks the milestone complete while features of it are not: "
        "`report` tells it, `refuse` refuses the release, `ignore` says nothing. Everything has to be verified in any "
        "case.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        exactly_one(self, "campaign", "milestone")
        return self


EVIDENCE_CLAUSES: tuple[type[Clause], ...] = (
    Vulnerabilities,
    Metric,
    Reviewed,
    Documents,
    Compatible,
    Verified,
)
"""The clauses of this file."""
