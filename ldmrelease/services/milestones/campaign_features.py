"""Which features campaigns have looked at in a release, for its notes."""

from collections.abc import Iterator

from ldmrelease.domain.decision import Outcome
from ldmrelease.services.milestones.campaign_status import campaign_statuses
from ldmrelease.services.milestones.release_notes import FeatureResult
from ldmrelease.services.needs import EvidenceSources
from ldmrelease.services.releases.pin import Pinned

_STATES = {
    Outcome.SATISFIED: "verified",
    Outcome.FAILED: "failed",
    Outcome.ERRORED: "blocked",
    Outcome.PENDING: "in progress",
    Outcome.MISSING: "verified in part",
}


class CampaignFeatures:
    """The results of all campaigns of a workspace."""

    def __init__(self, context: EvidenceSources) -> None:
        self._context = context

    def results(self, pinned: Pinned) -> Iterator[FeatureResult]:
        """What is known of each feature that has a result. Raises as `campaign_statuses`."""
        for status in campaign_statuses(self._context, pinned):
            for claim in status.claims:
                if any(each.evidence is not None for each in claim.cases):
                    yield FeatureResult(claim.code, _STATES[claim.outcome], status.bound.milestone.code)
