"""Verification campaigns: a milestone of a catalogue, the requirements behind its features, and test cases.

A feature is verified by the test cases that name it, and by those of its requirements: by all of them.
"""

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.workspace_facts import CampaignFact, ClaimFact
from ldmrelease.milestones.catalogue import Catalogue, Milestone


class CampaignRequirement(Struct, frozen=True):
    """A requirement, such as `DMS-REQ-0120`, and the features that rest on it."""

    code: str
    title: str = ""
    features: tuple[str, ...] = ()


class CampaignCase(Struct, frozen=True):
    """A test case, such as `LVV-T1234`, in a version of it, and the features and requirements that it verifies."""

    key: str
    verifies: tuple[str, ...]
    title: str = ""
    version: str = ""


class Campaign(Struct, frozen=True):
    """A campaign as its file has it. `catalogue` is the revision of the catalogue (None: the latest)."""

    name: str
    milestone: str
    title: str = ""
    catalogue: str | None = None
    requirements: tuple[CampaignRequirement, ...] = ()
    cases: tuple[CampaignCase, ...] = ()


class UnknownCode(Struct, frozen=True):
    """A code in a campaign that nothing has: `path` are the keys under which it stands."""

    path: tuple[str | int, ...]
    code: str
    known: tuple[str, ...]


class BoundCampaign(Struct, frozen=True):
    """A campaign with its milestone as a catalogue has it."""

    campaign: Campaign
    milestone: Milestone

    def texts(self) -> dict[str, str]:
        """What each claim says: the features of the milestone, in its order, then requirements."""
        found: dict[str, str] = {}
        for each in self.milestone.features:
            found.setdefault(each.code, each.text)
        for one in self.campaign.requirements:
            found.setdefault(one.code, one.title)
        return found

    def cases_of(self, code: str) -> tuple[str, ...]:
        """The keys of the test cases that verify a feature or a requirement, in the order of the campaign."""
        behind = {each.code for each in self.campaign.requirements if code in each.features}
        wanted = {code, *behind}
        return tuple(each.key for each in self.campaign.cases if not wanted.isdisjoint(each.verifies))

    def fact(self) -> CampaignFact:
        """What decisions rest on. A code that the milestone repeats is incomplete where one of them is."""
        incomplete = {each.code for each in self.milestone.features if each.completed is None}
        claims = tuple(ClaimFact(code, self.cases_of(code), code in incomplete) for code in self.texts())
        complete = self.milestone.completed is not None
        return CampaignFact(
            self.campaign.name, self.milestone.code, self.definition, claims, complete=complete
        )

    @property
    def definition(self) -> str:
        """The digest of what is verified and how: of the campaign, and of the features that the milestone claims.

        Titles, dates and marks of completion are no part of it.
        """
        campaign = replace(
            self.campaign,
            title="",
            catalogue=None,
            requirements=tuple(replace(each, title="") for each in self.campaign.requirements),
            cases=tuple(replace(each, title="") for each in self.campaign.cases),
        )
        claimed = tuple((each.code, each.text) for each in self.milestone.features)
        return canonical.digest(canonical.encode({"campaign": campaign, "features": claimed}))


def bind(campaign: Campaign, catalogue: Catalogue) -> BoundCampaign | tuple[UnknownCode, ...]:
    """A campaign with its milestone, or every code in it that is neither in the milestone nor a requirement."""
    milestone = catalogue.milestone(campaign.milestone)
    if milestone is None:
        known = tuple(each.code for each in catalogue.milestones)
        return (UnknownCode(("milestone",), campaign.milestone, known),)
    features = {each.code for each in milestone.features}
    requirements = {each.code for each in campaign.requirements}
    unknown = [
        UnknownCode(("requirements", each.code, "features", index), code, tuple(sorted(features)))
        for each in campaign.requirements
        for index, code in enumerate(each.features)
        if code not in features
    ]
    unknown += [
        UnknownCode(("test-cases", each.key, "verifies", index), code, tuple(sorted(features | requirements)))
        for each in campaign.cases
        for index, code in enumerate(each.verifies)
        if code not in features | requirements
    ]
    return tuple(unknown) or BoundCampaign(campaign, milestone)
