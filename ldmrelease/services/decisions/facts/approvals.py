"""Approvals of the release or of its content that were given for the place."""

from ldmrelease.domain.facts import ApprovalFact
from ldmrelease.services.acts.approvals import ApprovedRelease, GivenApproval, approval_facts, approvals_of
from ldmrelease.services.acts.requests import acts_ledger
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry


def gather(inquiry: Inquiry) -> tuple[ApprovalFact, ...]:
    """Each as it counts, in the order in which they were given."""
    about, question = inquiry.release, inquiry.question
    application = about.context.topology.application(question.place)
    level = application.level if application is not None else None
    return approval_facts(
        acts_ledger(about.context),
        about.once(_given),
        _release(about),
        question.place,
        level or "",
        question.intent,
        question.alias,
    )


def _given(about: ReleaseInquiry) -> tuple[GivenApproval, ...]:
    return approvals_of(acts_ledger(about.context), _release(about))


def _release(about: ReleaseInquiry) -> ApprovedRelease:
    return ApprovedRelease.of(about.pinned.release, about.pinned.digest)
