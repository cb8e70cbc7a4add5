"""Results of a campaign from a control database: checked against the campaign, and signed by whoever brings them."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.predicates.verification import ExecutedCase, write_verification
from ldmrelease.milestones.campaign import BoundCampaign
from ldmrelease.milestones.control_records import ControlHead, ControlRow, ReadRecord
from ldmrelease.services.evidence.manual import (
    AddedEvidence,
    ReadEvidence,
    UnusableEvidence,
    add,
    evaluate_all,
    read_evidence,
    sign,
    subjects_about,
)
from ldmrelease.services.milestones.campaign_status import VERIFICATION, results_of
from ldmrelease.services.needs import EvidenceRecording
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.signer import Signer


class OtherRecord(Struct, frozen=True):
    """Why a file as a whole is not of this campaign in this release: `field` of its head, what it says, and what it
    would have to be.
    """

    field: str
    found: str
    wanted: str


class FittingResults(Struct, frozen=True):
    """The results of a file that are of the campaign's test cases; those that are `unknown` to it, or of another
    `version` of one, and those that were `not_executed`.
    """

    results: tuple[ExecutedCase, ...]
    unknown: tuple[str, ...]
    other_version: tuple[str, ...]
    not_executed: tuple[str, ...]


def fitting(read: ReadRecord, bound: BoundCampaign, pinned: Pinned) -> FittingResults | OtherRecord:
    """What of a file counts for a campaign in a release. A head that a file leaves out fits; one that it has does not
    unless it is that of the campaign and the release as they are: results of something else are no results of this.
    """
    head = read.record.head
    wanted = ControlHead(
        bound.campaign.name, bound.milestone.code, bound.definition, pinned.release.name, pinned.digest
    )
    for name in ("campaign", "milestone", "definition", "release", "digest"):
        found, asked = getattr(head, name), getattr(wanted, name)
        if found not in ("", asked):
            return OtherRecord(name, found, asked)
    versions = {each.key: each.version for each in bound.campaign.cases}
    rows = read.record.rows
    return FittingResults(
        results=tuple(_results(rows, versions)),
        unknown=tuple(each.case for each in rows if each.case not in versions),
        other_version=tuple(each.case for each in rows if _is_other(each, versions)),
        not_executed=tuple(each.case for each in rows if each.case in versions and each.result is None),
    )


def sign_results(
    context: EvidenceRecording,
    signer: Signer,
    pinned: Pinned,
    bound: BoundCampaign,
    results: tuple[ExecutedCase, ...],
    about: str,
) -> AddedEvidence | UnusableEvidence:
    """Sign results about a release or its content by somebody's key, and take the statement in. The same results by the
    same key are signed once. Raises `KeyProblem`, `RegistryError`.
    """
    subjects = subjects_about(pinned, about, None, None)
    if isinstance(subjects, UnusableEvidence):
        return subjects
    envelope = _signed_before(context, signer, pinned, bound, results, subjects[0].digest)
    if envelope is None:
        predicate = write_verification(bound.campaign.name, bound.definition, results, context.now())
        envelope = sign(signer, VERIFICATION, subjects, predicate)
    read = read_evidence(envelope)
    return read if not isinstance(read, ReadEvidence) else add(context, pinned, read)


def _results(rows: tuple[ControlRow, ...], versions: dict[str, str]) -> Iterator[ExecutedCase]:
    for each in rows:
        if each.result is not None and each.case in versions and not _is_other(each, versions):
            yield each.result


def _is_other(row: ControlRow, versions: dict[str, str]) -> bool:
    asked = versions.get(row.case, "")
    return bool(asked and row.version) and row.version != asked


def _signed_before(
    context: EvidenceRecording,
    signer: Signer,
    pinned: Pinned,
    bound: BoundCampaign,
    results: tuple[ExecutedCase, ...],
    subject: str,
) -> bytes | None:
    """The envelope, where the newest that counts of this campaign is by the same key, and says the same."""
    key = context.keyring.find(signer.keyid)
    about = [
        each
        for each in evaluate_all(context, pinned, ask_registries=False)
        if each.seen.fact.counted
        and subject in each.seen.fact.subjects
        and each.seen.fact.verification is not None
        and each.seen.fact.verification.campaign == bound.campaign.name
    ]
    newest = about[-1] if about else None
    if newest is None or key is None or newest.seen.fact.signer != key.id:
        return None
    said = newest.seen.fact.verification
    same = said is not None and said.definition == bound.definition and results_of(newest) == results
    return newest.taken.envelope if same else None
