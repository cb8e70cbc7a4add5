"""The verification campaigns that requirements ask for, as the workspace and its catalogues have them now."""

from ldmrelease.domain.workspace_facts import CampaignFact
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry


def gather(inquiry: Inquiry) -> tuple[CampaignFact, ...]:
    """Those that are asked for by name or by milestone. Of one that cannot be read nobody knows which it binds."""
    asked = [each.parameters for each in inquiry.requirements if each.rule == "verified"]
    names = {each.get("campaign") for each in asked}
    milestones = {each.get("milestone") for each in asked} - {None}
    return tuple(
        each
        for each in inquiry.release.once(_every)
        if each.name in names or each.milestone in milestones or (milestones and each.problem is not None)
    )


def _every(about: ReleaseInquiry) -> tuple[CampaignFact, ...]:
    from ldmrelease.services.catalogues.campaigns import campaign_facts  # noqa: PLC0415 - where one is asked for

    return campaign_facts(about.context.workspace)
