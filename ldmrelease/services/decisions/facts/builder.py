"""The one builder of what a decision rests on (design section 5): what the rules ask for, and nothing else.

What depends on the outside is resolved here: registries, signatures, roles, time zones.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.facts import Facts, ImageFact, ReleaseFact
from ldmrelease.domain.level import Level
from ldmrelease.domain.overlays import UnaskedSource
from ldmrelease.domain.predicates.provenance import pinned_commits
from ldmrelease.domain.streams import pin_stream
from ldmrelease.domain.tags import order_key
from ldmrelease.ledger.expectation import Expectation
from ldmrelease.policy.engine import asked_requirements, fact_sources, spared_sources
from ldmrelease.services.decisions.facts import images, statements
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, Inquiry, ReleaseInquiry
from ldmrelease.services.decisions.facts.registry import SOURCES
from ldmrelease.services.evidence.collect import CollectedStatement, verified


class GatheredFacts(Struct, frozen=True):
    """The facts, their stored bytes, what has to be taken in with them, and what was read of the ledger."""

    facts: Facts
    document: bytes
    digest: str
    taken: tuple[CollectedStatement, ...]
    expect: Expectation


def gather_facts(
    about: ReleaseInquiry, question: DecisionRequest, level: Level, phase: Phase = Phase.ENTER
) -> GatheredFacts:
    """Everything that is asked about at the place. Writes nothing; raises where a part is unreachable.

    What it expects is all that was read about the release so far, for other places too.
    """
    requirements = asked_requirements(level, question.place, question.intent, phase)
    inquiry = Inquiry(about, question, requirements)
    names = fact_sources(requirements, question.intent, question.overlay)
    found = _gathered(inquiry, names, spared_sources(level, question.intent, question.overlay, requirements))
    unasked = tuple(inquiry.unasked)
    overlay = replace(question.overlay, unasked=unasked) if question.overlay is not None else None
    release = _release(about, found.pop("images", None) or images.as_pinned(about))
    facts = Facts(
        intent=question.intent,
        requester=question.requester,
        place=question.place,
        level=level.name,
        policy=level.digest,
        release=release,
        earlier=question.earlier,
        later=question.later,
        overlay=overlay,
        alias=question.alias,
        keyring=about.context.keyring.digest,
        **found,
    )
    document = canonical.encode(facts)
    taken = verified(about.once(statements.evaluated)) if found.keys() & _OF_STATEMENTS else ()
    return GatheredFacts(facts, document, canonical.digest(document), taken, about.read.expectation())


def _gathered(inquiry: Inquiry, names: frozenset[str], spared: frozenset[str]) -> dict[str, Any]:
    """What each source says. Raises where one is out of reach that is not spared."""
    found = {}
    for name, gather in SOURCES.items():
        if name not in names:
            continue
        try:
            found[name] = gather(inquiry)
        except UnavailableError as error:
            if name not in spared:
                raise
            cut = error.unavailable
            inquiry.unasked.append(UnaskedSource(name, cut.where, cut.reason))
    return found


_OF_STATEMENTS = {"statements", "runs"}


def _release(about: ReleaseInquiry, found: tuple[ImageFact, ...]) -> ReleaseFact:
    release, tag = about.pinned.release, about.pinned.tag
    # Another revision of the tag changes what the decision is about.
    about.context.ledger.version(pin_stream(release.product, release.tag))
    return ReleaseFact(
        product=release.product,
        tag=release.tag,
        kind=str(about.pinned.kind),
        readable=tag.parsed,
        order=order_key(tag),
        version=tag.version,
        digest=about.pinned.digest,
        content=release.content,
        missing=release.missing,
        images=found,
        revision=max(about.pinned.revision, 1),
        configurations=pinned_commits(release),
    )
