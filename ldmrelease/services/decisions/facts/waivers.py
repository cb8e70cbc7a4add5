"""Waivers for the release at the place."""

from ldmrelease.domain.facts import WaiverFact
from ldmrelease.services.acts.requests import acts_ledger
from ldmrelease.services.acts.waivers import GivenWaiver, waiver_facts, waivers_of
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry


def gather(inquiry: Inquiry) -> tuple[WaiverFact, ...]:
    """Each as it counts, in the order in which they were given."""
    about, place = inquiry.release, inquiry.question.place
    application = about.context.topology.application(place)
    level = application.level if application is not None else None
    return waiver_facts(about.once(_given), place, level or "")


def _given(about: ReleaseInquiry) -> tuple[GivenWaiver, ...]:
    pinned = about.pinned
    return waivers_of(acts_ledger(about.context), pinned.digest, pinned.release.repositories)
