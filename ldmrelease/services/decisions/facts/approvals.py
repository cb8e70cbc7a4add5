"""Approvals of the release or of its content that were given for the place."""

from ldmrelease.domain.facts import ApprovalFact
from ldmrelease.services.acts.approvals import GivenApproval, approval_facts, approvals_of
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry


def gather(inquiry: Inquiry) -> tuple[ApprovalFact, ...]:
    """Each as it counts, in the order in which they were given."""
    about, question = inquiry.release, inquiry.question
    application = about.context.topology.application(question.place)
    level = application.level if application is not None else None
    return approval_facts(
        about.context,
        about.once(_given),
        about.pinned,
        question.place,
        level or "",
        question.intent,
        question.alias,
    )


def _given(about: ReleaseInquiry) -> tuple[GivenApproval, ...]:
    return approvals_of(about.context, about.pinned)
