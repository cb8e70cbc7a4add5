"""Reviews of a pull request as its forge tells them, as evidence: the bridge signs what was observed there."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.statement_facts import ReviewerFact, ReviewFact
from ldmrelease.evidence_formats.found import OwnersFound, ReviewFound
from ldmrelease.forges.interface import PullRequestFacts, PullRequestReview, PullRequests, ReviewVerdict
from ldmrelease.services.evidence.manual import AddedEvidence, UnusableEvidence, add, read_evidence, sign
from ldmrelease.services.evidence.outside import ImportOptions, OutsideFile, prepare
from ldmrelease.services.needs import EvidenceRecording
from ldmrelease.services.releases.pin import Pinned

_SAYING = (ReviewVerdict.APPROVED, ReviewVerdict.CHANGES_REQUESTED)


class ReviewedPullRequest(Struct, frozen=True):
    """What `prepare` takes: what was found, where it was observed, and what the forge does not say itself."""

    found: ReviewFound
    file: OutsideFile
    options: ImportOptions


def observe_reviews(
    forge: PullRequests, system: str, project: str, number: str, owners: OwnersFound | None = None
) -> ReviewedPullRequest:
    """The reviews of a pull request as they are now, about the release that it brings in.

    system: the kind of forge, as `accounts` of the trust document spells it (`github`). project: its path there.
    owners: the rules of ownership (CODEOWNERS) at the base. Raises `ForgeError`.
    """
    facts = forge.look(number)
    changed = tuple(forge.changed(number)) if owners is not None else ()
    found = review_found(system, project, facts, forge.reviews(number), changed)
    observed = canonical.encode(canonical.to_plain(found.review))
    file = OutsideFile(system, found.review.reference, canonical.digest(observed))
    return ReviewedPullRequest(found, file, ImportOptions(about="release", owners=owners))


def record_reviews(
    context: EvidenceRecording, pinned: Pinned, reviewed: ReviewedPullRequest
) -> AddedEvidence | UnusableEvidence:
    """Sign with the key of the bridge what was observed, and take it in.

    Raises `KeyProblem` and `RegistryError`.
    """
    prepared = prepare(context, pinned, reviewed.found, reviewed.file, reviewed.options)
    if isinstance(prepared, UnusableEvidence):
        return prepared
    envelope = sign(context.signers.bridge, prepared.type, prepared.subjects, prepared.predicate)
    read = read_evidence(envelope)
    return read if isinstance(read, UnusableEvidence) else add(context, pinned, read)


def review_found(
    system: str,
    project: str,
    facts: PullRequestFacts,
    reviews: Sequence[PullRequestReview],
    changed: tuple[str, ...] = (),
) -> ReviewFound:
    """What reviewers said last. Of which commit is unknown where the forge does not say: such an approval is void."""
    saying = [each for each in reviews if each.verdict in _SAYING]
    reviewers = tuple(
        ReviewerFact(each.account, each.verdict is ReviewVerdict.APPROVED, each.commit or None, each.at)
        for each in sorted(saying, key=lambda each: each.account)
    )
    reference = f"{project}#{facts.number}"
    review = ReviewFact(system, reference, facts.head_commit or None, facts.author or None, reviewers)
    latest = max((each.at for each in saying if each.at is not None), default=None)
    return ReviewFound(review, latest, changed)
