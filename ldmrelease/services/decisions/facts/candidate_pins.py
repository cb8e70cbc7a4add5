"""Pins of the candidates that a release may have been made of."""

from ldmrelease.domain.facts import CandidatePin
from ldmrelease.domain.tags import Kind, order_key, parse
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.releases.pin import Pinned, stored_pin


def gather(inquiry: Inquiry) -> tuple[CandidatePin, ...]:
    """The newest counted pin of each candidate of the same version."""
    return inquiry.release.once(_candidates)


def _candidates(about: ReleaseInquiry) -> tuple[CandidatePin, ...]:
    context, pinned = about.context, about.pinned
    if pinned.tag.version is None:
        return ()
    product = context.topology.product(pinned.release.product)
    assert product is not None
    tags = (parse(tag, product.grammar) for _, tag in sorted(context.pins.tags(product.name)))
    version = pinned.tag.version[:3]
    candidates = (
        tag for tag in tags if tag.kind is Kind.candidate and tag.version and tag.version[:3] == version
    )
    found = (stored_pin(context, product, tag.input) for tag in candidates)
    return tuple(_candidate(each) for each in found if each is not None)


def _candidate(pinned: Pinned) -> CandidatePin:
    release, tag = pinned.release, pinned.tag
    return CandidatePin(
        release.tag, str(tag.kind), pinned.digest, release.content, tag.version, order_key(tag)
    )
