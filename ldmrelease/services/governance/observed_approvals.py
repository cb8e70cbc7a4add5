"""Approvals that were given in other systems, as the bridge saw them there (design section 2)."""

from datetime import timedelta

from msgspec import Struct

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events.acts import DecidedElsewhere, ObservedApproval
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.streams import approval_stream
from ldmrelease.evidence_formats.found import ApprovalFound, Found, ReviewFound
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.evidence.manual import UnusableEvidence
from ldmrelease.services.needs import EvidenceRecording
from ldmrelease.services.releases.pin import Pinned

BOARD = "change-control-board"
"""The role of whoever adopts an RFC (LDM-148, SQR-053): the DM change control board."""
LIFE = timedelta(days=7)
"""How long an approval holds."""


class ImportedApproval(Struct, frozen=True):
    """An approval as it was taken in; `new` is false where the ledger had it before."""

    approval: ObservedApproval
    new: bool


def scope_of(context: EvidenceRecording, target: str) -> ActScope | UnusableEvidence:
    """What an approval is for: a level, an environment, or an application there."""
    if target in context.levels:
        return ActScope(level=target)
    places = applications_at(context.topology, target)
    if isinstance(places, UnknownTarget):
        return UnusableEvidence("unknown-target", {"target": target, "known": list(places.known)})
    return ActScope.parse(target)


def decided_elsewhere(found: Found) -> ApprovalFound | UnusableEvidence:
    """The approval that a file is: an issue that was adopted, or a review that approves, by all who approved."""
    if isinstance(found, ApprovalFound):
        return found
    if not isinstance(found, ReviewFound):
        return UnusableEvidence("no-approval", {})
    review = found.review
    if review.commit is None:
        # Who approved an older commit has not seen the newest one.
        return UnusableEvidence("which-commit", {"reference": review.reference})
    against = [each.person for each in review.reviewers if not each.approved]
    approved = [
        each
        for each in review.reviewers
        if each.approved and each.person != review.author and each.commit == review.commit
    ]
    if against or not approved:
        return UnusableEvidence("not-approved", {"reference": review.reference, "against": against})
    last = max((each.time for each in approved if each.time is not None), default=None)
    if last is None:
        return UnusableEvidence("not-approved", {"reference": review.reference, "against": []})
    persons = tuple(each.person for each in approved)
    return ApprovalFound(review.system, review.reference, "approved", persons, last)


def import_approval(
    context: EvidenceRecording,
    pinned: Pinned,
    found: ApprovalFound,
    document: bytes,
    *,
    scope: ActScope,
    role: str,
    alias: str | None = None,
) -> ImportedApproval | UnusableEvidence:
    """Append an approval that was seen elsewhere, and keep the document. The same again changes nothing.

    Raises `NoKey` and `KeyProblem` where the key `bridge` may not say so.
    """
    now, digest = context.now(), canonical.digest(document)
    if found.decided > now:
        return UnusableEvidence("future", {"time": times.spell(found.decided)})
    named = canonical.digest_of([digest, pinned.digest, str(scope), role, alias])
    body = ObservedApproval(
        approval=f"observed-{named.removeprefix('sha256:')[:16]}",
        product=pinned.release.product,
        tag=pinned.release.tag,
        subject=pinned.digest,
        scope=str(scope),
        role=role,
        source=DecidedElsewhere(found.system, found.reference, found.persons, found.url),
        decided=times.whole(found.decided),
        time=now,
        expires=now + LIFE,
        document=digest,
        alias=alias,
    )
    stream = approval_stream(pinned.digest)
    events = list(context.ledger.events(stream=stream))
    for each in context.records.counted(events, ObservedApproval):
        # What was seen once is not renewed by being shown again.
        if each.body.approval == body.approval:
            return ImportedApproval(each.body, new=False)
    context.append([new_event(body)], blobs={digest: document})
    return ImportedApproval(body, new=True)
