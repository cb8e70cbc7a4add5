"""What a case gives of the contents of statements, and of what they are compared with."""

from typing import Literal

from pydantic import Field

from ldmrelease.config.policies.numbers import Decimal, DocumentKind
from ldmrelease.config.yaml.fields import Duration, Name, Names, Strict, Text

SeverityName = Literal["critical", "high", "medium", "low", "negligible", "unknown"]
CaseStatusName = Literal["passed", "failed", "blocked", "in-progress"]


class VulnerabilityEntry(Strict):
    """A vulnerability that a scan found; its name is its id."""

    severity: SeverityName | None = Field(None, description="How bad it is. Left out: unknown.")
    package: Text | None = Field(None, description="In which package.")
    installed: Text | None = Field(None, description="Which version of it.")
    fixed: Text | None = Field(None, description="The version that has a fix. Left out: none has.")


class ScanEntry(Strict):
    """What a vulnerability scan says."""

    scanner: Text | None = Field(None, description="The scanner. Left out: always the same one.")
    database: Duration | None = Field(
        None, description="How old its database was as it was taken in. Left out: it does not say."
    )
    packages: int | None = Field(
        None, ge=0, description="How many packages it looked at. Left out: it does not say."
    )
    found: dict[Text, VulnerabilityEntry | None] | None = Field(
        None, description="What it found, by id. Left out: nothing."
    )


class VexEntry(Strict):
    """What a supplier says of a vulnerability; its name is its id."""

    status: Literal["not_affected", "affected", "fixed", "under_investigation"] | None = Field(
        None, description="What it is. Left out: not_affected."
    )
    products: list[Text] | None = Field(
        None, description="Package URLs and digests that it is said of. Left out: the statement's subjects."
    )
    packages: list[Text] | None = Field(None, description="The packages in them. Left out: all.")


class ReviewerEntry(Strict):
    """What somebody said of a change."""

    approved: bool | None = Field(None, description="Whether they approved. Left out: yes.")
    commit: Text | None = Field(None, description="Which commit they looked at. Left out: the last.")


class ReviewEntry(Strict):
    """A review of a change in another system."""

    reference: Text | None = Field(None, description="Its name there, such as lsst/phalanx#4711.")
    commit: Text | None = Field(None, description="Its last commit. Left out: c1.")
    author: Text | None = Field(None, description="Who proposed it.")
    reviewers: dict[Text, ReviewerEntry | None] | None = Field(None, description="Who said what, by person.")
    owners: dict[Text, list[Text]] | None = Field(
        None, description="Whose approval it needs, by the pattern of the files (CODEOWNERS)."
    )


class DocumentEntry(Strict):
    """A document that was signed."""

    kind: DocumentKind | None = Field(None, description="Which. Left out: the statement's name.")
    content: Name | None = Field(
        None, description="A name for what it said as it was signed. Left out: text."
    )


class CompatibilityEntry(Strict):
    """The schemas and protocols that a release works with."""

    requires: dict[Name, Text] | None = Field(
        None, description="What it needs, by interface, such as apdb: '>=3,<5'."
    )
    provides: dict[Name, Text] | None = Field(None, description="What it brings, by interface.")


class VerificationEntry(Strict):
    """Results of a verification campaign."""

    campaign: Name | None = Field(None, description="Which. Left out: the statement's name.")
    definition: Name | None = Field(
        None, description="A name for another definition of the campaign than the workspace has."
    )
    results: dict[Text, CaseStatusName | None] | None = Field(
        None, description="What became of its test cases, by key, such as LVV-T12: passed."
    )


class CampaignEntry(Strict):
    """A verification campaign of the workspace."""

    milestone: Text | None = Field(None, description="The milestone that it binds. Left out: its name.")
    complete: bool = Field(False, description="Whether the catalogue marks the milestone complete.")
    features: dict[Text, list[Text] | None] | None = Field(
        None, description="The features and requirements that it claims, each with its test cases."
    )
    incomplete: list[Text] | None = Field(
        None, description="Those of them that the catalogue does not have as completed."
    )
    problem: Text | None = Field(None, description="The code for which it cannot be read.")


class ContentsEntry(Strict):
    """What a statement of a type says; each goes with the type."""

    scan: ScanEntry | None = Field(None, description="Of a vulnerability scan: what it says.")
    packages: int | None = Field(None, ge=0, description="Of an SBOM: how many packages it lists.")
    vex: dict[Text, VexEntry | None] | None = Field(
        None, description="Of VEX: what is said of vulnerabilities, by id."
    )
    metrics: dict[Text, Decimal | None] | None = Field(None, description="Of metrics: the values, by name.")
    unit: Text | None = Field(None, description="Of metrics: the unit of all of them.")
    review: ReviewEntry | None = Field(None, description="Of a review: what was said.")
    document: DocumentEntry | None = Field(None, description="Of a document: what was signed.")
    compatibility: CompatibilityEntry | None = Field(None, description="Of compatibility: what is declared.")
    verification: VerificationEntry | None = Field(None, description="Of a campaign: what was verified.")


class RunningEntry(Strict):
    """A release that runs at the place now; its name is its tag."""

    metrics: dict[Text, Decimal | None] | None = Field(None, description="What was measured for it, by name.")
    unit: Text | None = Field(None, description="The unit of all of them.")
    by: Names | None = Field(None, description="The roles of whoever signed that.")
