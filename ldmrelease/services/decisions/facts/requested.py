"""When the release was asked for at the place, and who pinned it."""

from datetime import datetime

from ldmrelease.services.acts.requests import open_request
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry


def requested(inquiry: Inquiry) -> datetime | None:
    """The intake of the request: of the one that is carried out, or else of the first that stands. None where no
    requirement asks for a notice.
    """
    question, about = inquiry.question, inquiry.release
    if not any(each.parameters.get("notice") for each in inquiry.requirements):
        return None
    if question.requested is not None:
        return question.requested
    found = open_request(about.context, about.pinned.digest, question.place, question.intent, question.alias)
    return found.event.time if found is not None else None


def pinned_by(inquiry: Inquiry) -> str | None:
    """Whose key signed the pin; None where nobody's did yet, and whoever asks is going to."""
    return inquiry.release.once(_pinned_by)


def _pinned_by(about: ReleaseInquiry) -> str | None:
    release = about.pinned.release
    revisions = about.context.pins.revisions(release.product, release.tag)
    of_it = [each for each in revisions if each.body.digest == about.pinned.digest]
    return of_it[-1].person if of_it else None
