"""How far a campaign is in a release's content: what its signed results say, and the same for a control database."""

from collections.abc import Iterable

from msgspec import Struct

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.predicates.verification import ExecutedCase, read_results
from ldmrelease.domain.statements import Statement, read_statement
from ldmrelease.milestones.campaign import BoundCampaign
from ldmrelease.milestones.control_records import ControlHead, ControlRecord, ControlRow
from ldmrelease.policy.campaign_results import ClaimState, claim_states, worst_of
from ldmrelease.services.catalogues.campaigns import campaigns_of
from ldmrelease.services.evidence.manual import EvaluatedEvidence, evaluate_all
from ldmrelease.services.needs import EvidenceSources
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.dsse import Envelope, read_wrapped

VERIFICATION = "verification"


class CampaignStatus(Struct, frozen=True):
    """A campaign and what is known, in the content of one release, of each thing that it claims."""

    bound: BoundCampaign
    claims: tuple[ClaimState, ...]

    @property
    def outcome(self) -> Outcome:
        """Satisfied where everything is verified; a campaign that claims nothing has verified nothing."""
        return worst_of(each.outcome for each in self.claims)


def campaign_statuses(
    context: EvidenceSources, pinned: Pinned, campaigns: Iterable[BoundCampaign] | None = None
) -> tuple[CampaignStatus, ...]:
    """How far campaigns (None: all of the workspace) are in a release. Writes nothing.

    A statement counts as `evidence list` has it. Raises `BadInput`, `BadCatalogue`, `RegistryError`.
    """
    asked = campaigns_of(context.workspace) if campaigns is None else tuple(campaigns)
    facts = [each.seen.fact for each in _about(context, pinned)]
    return tuple(_status(each, facts) for each in asked)


def control_record(context: EvidenceSources, pinned: Pinned, bound: BoundCampaign) -> ControlRecord:
    """The campaign in a release as a control database takes it. Raises as `campaign_statuses`."""
    about = _about(context, pinned)
    status = _status(bound, [each.seen.fact for each in about])
    latest = {one.case: one.evidence for claim in status.claims for one in claim.cases}
    results = {(each.seen.fact.evidence, one.test_case): one for each in about for one in results_of(each)}
    head = ControlHead(
        bound.campaign.name, bound.milestone.code, bound.definition, pinned.release.name, pinned.digest
    )
    rows = (
        ControlRow(
            each.key,
            each.title,
            each.version,
            each.verifies,
            results.get((latest.get(each.key) or "", each.key)),
        )
        for each in bound.campaign.cases
    )
    return ControlRecord(head, tuple(rows))


def results_of(evidence: EvaluatedEvidence) -> tuple[ExecutedCase, ...]:
    """The results as they were signed, with what is in them for people."""
    envelope = read_wrapped(evidence.taken.envelope)
    statement = read_statement(envelope.payload) if isinstance(envelope, Envelope) else None
    found = read_results(statement.predicate) if isinstance(statement, Statement) else ()
    return () if isinstance(found, str) else found


def _status(bound: BoundCampaign, facts: list[StatementFact]) -> CampaignStatus:
    counted = [each for each in facts if each.counted]
    return CampaignStatus(
        bound, claim_states([bound.fact()], counted, (each for each in facts if not each.counted))
    )


def _about(context: EvidenceSources, pinned: Pinned) -> list[EvaluatedEvidence]:
    """The results about the release and about its content, in the order of their intake."""
    about = {pinned.digest, pinned.release.content}
    return [
        each
        for each in evaluate_all(context, pinned)
        if each.seen.fact.type == VERIFICATION and not about.isdisjoint(each.seen.fact.subjects)
    ]
