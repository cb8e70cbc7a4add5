"""The file of a verification campaign: read and checked, everything that is wrong in one go."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Struct
from pydantic import Field

from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.fields import UNIQUE, Name, Strict, Text
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.milestones.campaign import (
    BoundCampaign,
    Campaign,
    CampaignCase,
    CampaignRequirement,
    UnknownCode,
    bind,
)
from ldmrelease.milestones.catalogue import Catalogue

SUFFIX = ".yaml"


class RequirementEntry(Strict):
    """A requirement; its key is its code."""

    title: Text | None = Field(None, description="What it says.")
    features: Annotated[list[Name], UNIQUE] = Field(
        default_factory=list, description="The features of the milestone that rest on it."
    )


class CampaignCaseEntry(Strict):
    """A test case; its key is that of the test case, such as LVV-T1234."""

    title: Text | None = Field(None, description="What it is called.")
    version: Text | None = Field(None, description="Which version of it is executed, in quotes.")
    verifies: Annotated[list[Name], Field(min_length=1), UNIQUE] = Field(
        description="The features and requirements that it verifies."
    )


class CampaignFile(Strict):
    """A verification campaign; its name is that of the file."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["Campaign"] = Field(description="What this file is: Campaign.")
    title: Text | None = Field(None, description="What it is called.")
    milestone: Text = Field(description="The milestone that it verifies, such as LDM-503-15a.")
    catalogue: Text | None = Field(
        None, description="The revision of the catalogue, such as 2023-04-22. Left out: the latest."
    )
    requirements: dict[Name, RequirementEntry | None] = Field(
        default_factory=dict, description="The requirements behind the features, by code."
    )
    test_cases: dict[Name, CampaignCaseEntry] = Field(
        default_factory=dict, description="The test cases, by key."
    )


class ReadCampaign(Struct, frozen=True):
    """A campaign as it stands in its file, which tells where."""

    campaign: Campaign
    document: read.YamlDocument

    def bound(self, catalogues: Iterable[Catalogue]) -> BoundCampaign:
        """The campaign with its milestone, of the latest of the catalogues or of the revision that it names.

        Raises `BadInput` with each code that nothing has.
        """
        found = bind(self.campaign, self._catalogue(tuple(catalogues)))
        if isinstance(found, BoundCampaign):
            return found
        raise BadInput([self._problem(each) for each in found])

    def _catalogue(self, known: tuple[Catalogue, ...]) -> Catalogue:
        asked = self.campaign.catalogue
        if asked is None:
            return known[-1]
        of_revision = [each for each in known if str(each.revision) == asked]
        if not of_revision:
            revisions = [str(each.revision) for each in known]
            message = f"there is no catalogue of revision {asked!r}"
            raise BadInput([self.document.unknown(("catalogue",), message, asked, revisions)])
        return of_revision[-1]

    def _problem(self, unknown: UnknownCode) -> Problem:
        what = "milestone" if unknown.path == ("milestone",) else "feature or requirement"
        return self.document.unknown(
            unknown.path, f"there is no {what} {unknown.code!r} here", unknown.code, unknown.known
        )


def read_campaign(file: Path) -> ReadCampaign:
    """The campaign of a file. Raises `BadInput`."""
    document = read.read(file)
    entry = validate(CampaignFile, document)
    campaign = Campaign(
        name=file.stem,
        milestone=entry.milestone,
        title=entry.title or "",
        catalogue=entry.catalogue,
        requirements=tuple(
            CampaignRequirement(code, (each and each.title) or "", tuple(each.features) if each else ())
            for code, each in entry.requirements.items()
        ),
        cases=tuple(
            CampaignCase(key, tuple(each.verifies), each.title or "", each.version or "")
            for key, each in entry.test_cases.items()
        ),
    )
    return ReadCampaign(campaign, document)
