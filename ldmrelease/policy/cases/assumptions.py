"""What if: the facts of now, with what is assumed beyond them."""

from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain.canonical import digest
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.facts import (
    CandidatePin,
    ChangeFact,
    Facts,
    ImageFact,
    ImageResidence,
    Intent,
    ReleaseFact,
    RunFact,
    StatementFact,
)
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.tags import order_key, parse
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workspace_facts import CampaignFact, DocumentFile, InterfaceFact
from ldmrelease.policy.cases.acts import ScenarioActs
from ldmrelease.policy.cases.contents import (
    ScenarioRunning,
    document_files,
    interface_facts,
    running_releases,
)
from ldmrelease.policy.cases.facts import (
    Definitions,
    definition_of,
    hold_facts,
    run_facts,
    statement_facts,
)
from ldmrelease.policy.cases.scenario import (
    ScenarioCandidate,
    ScenarioCycle,
    ScenarioImage,
    ScenarioResidence,
    ScenarioRun,
    ScenarioStatement,
    TagState,
)


class Assumptions(Struct, frozen=True):
    """What is assumed: evidence, residences, holds and pins beside those that there are; images, and the components
    that are missing and the change that brings it (None: as they are), in place of what there is.
    """

    intent: Intent | None = None
    phase: Phase = Phase.ENTER
    images: tuple[ScenarioImage, ...] = ()
    missing: tuple[str, ...] | None = None
    residences: tuple[ScenarioResidence, ...] = ()
    runs: tuple[ScenarioRun, ...] = ()
    statements: tuple[ScenarioStatement, ...] = ()
    candidates: tuple[ScenarioCandidate, ...] = ()
    cycles: tuple[ScenarioCycle, ...] = ()
    change: ChangeFact | None = None
    running: tuple[ScenarioRunning, ...] = ()
    documents: dict[str, str] = field(default_factory=dict)
    interfaces: dict[str, str] = field(default_factory=dict)
    campaigns: tuple[CampaignFact, ...] = ()
    clusters: dict[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    requested: datetime | None = None
    acts: ScenarioActs = ScenarioActs()
    earlier: tuple[Place, ...] | None = None
    later: tuple[Place, ...] | None = None


def assume(facts: Facts, assumed: Assumptions, grammar: AnyGrammar, moved: timedelta) -> Facts:
    """The facts with what is assumed. `grammar` is that of the product's tags; `moved` is how much later than the facts
    it is: what runs now is assumed to run on till then, and to be observed."""
    release = _release(facts.release, assumed)
    return replace(
        facts,
        intent=assumed.intent or facts.intent,
        release=release,
        statements=_statements(facts, assumed, release),
        runs=_runs(facts, assumed, release),
        residences=(*_later(facts, moved), *_residences(facts, assumed, release)),
        candidate_pins=(*facts.candidate_pins, *_candidates(facts, assumed, grammar)),
        cycles=(*facts.cycles, *(each.fact() for each in assumed.cycles)),
        change=facts.change if assumed.change is None else assumed.change,
        running=(*facts.running, *running_releases(assumed.running, release.product)),
        documents=_documents(facts, assumed),
        interfaces=_interfaces(facts, assumed),
        campaigns=_campaigns(facts, assumed),
        clusters={**facts.clusters, **assumed.clusters},
        holds=(*facts.holds, *hold_facts(assumed.holds)),
        requested=assumed.requested or facts.requested,
        earlier=facts.earlier if assumed.earlier is None else assumed.earlier,
        later=facts.later if assumed.later is None else assumed.later,
    )


def _documents(facts: Facts, assumed: Assumptions) -> tuple[DocumentFile, ...]:
    """Those that are assumed are there in place of what the workspace has of the same kind."""
    kept = (each for each in facts.documents if each.kind not in assumed.documents)
    return tuple(sorted((*kept, *document_files(assumed.documents)), key=lambda each: each.kind))


def _interfaces(facts: Facts, assumed: Assumptions) -> tuple[InterfaceFact, ...]:
    """The same of versions, whoever else has said which they are."""
    kept = (each for each in facts.interfaces if each.interface not in assumed.interfaces)
    return (*kept, *interface_facts(assumed.interfaces))


def _campaigns(facts: Facts, assumed: Assumptions) -> tuple[CampaignFact, ...]:
    """The same of campaigns, by name."""
    names = {each.name for each in assumed.campaigns}
    return (*(each for each in facts.campaigns if each.name not in names), *assumed.campaigns)


def _definitions(facts: Facts) -> Definitions:
    """The digests of checks as the facts have them: what is assumed to have run is what was agreed."""
    agreed = {each.name: each.digest for each in facts.checks}

    def find(check: str, definition: str | None) -> str:
        known = agreed.get(check) if definition is None else None
        return known or definition_of(check, definition)

    return find


def _release(release: ReleaseFact, assumed: Assumptions) -> ReleaseFact:
    images = {each.component: each for each in assumed.images}
    return replace(
        release,
        missing=release.missing if assumed.missing is None else assumed.missing,
        images=tuple(
            _image(each, images[each.component]) if each.component in images else each
            for each in release.images
        ),
    )


def _image(image: ImageFact, assumed: ScenarioImage) -> ImageFact:
    moved = digest(f"moved:{image.name}".encode())
    tags = {TagState.PINNED: image.digest, TagState.MOVED: moved, TagState.GONE: None}
    return replace(
        image,
        present=assumed.present and not assumed.lacking,
        tag_now=tags[assumed.tag],
        problem=assumed.problem,
        lacking=assumed.lacking,
    )


def _statements(facts: Facts, assumed: Assumptions, release: ReleaseFact) -> tuple[StatementFact, ...]:
    found = statement_facts(assumed.statements, assumed.runs, release, _definitions(facts))
    every = (*facts.statements, *found)
    return tuple(sorted(every, key=lambda each: (each.received, each.evidence, each.blob)))


def _runs(facts: Facts, assumed: Assumptions, release: ReleaseFact) -> tuple[RunFact, ...]:
    order = 1 + max((each.order for each in facts.runs), default=-1)
    return (*facts.runs, *run_facts(assumed.runs, release, _definitions(facts), order))


def _later(facts: Facts, moved: timedelta) -> tuple[ImageResidence, ...]:
    more = int(moved.total_seconds())
    return tuple(_grown(each, moved, more) if each.current else each for each in facts.residences)


def _grown(residence: ImageResidence, moved: timedelta, more: int) -> ImageResidence:
    admitted = residence.admitted
    return replace(
        residence,
        last=residence.last + moved,
        observed=residence.observed + more,
        admitted=None if admitted is None else admitted + more,
    )


def _residences(facts: Facts, assumed: Assumptions, release: ReleaseFact) -> tuple[ImageResidence, ...]:
    levels = {place: level for level, places in facts.places.items() for place in places}
    return tuple(
        residence.of_image(levels.get(residence.place, ""), image)
        for residence in assumed.residences
        for image in release.images
        if image.component in _components(facts, residence)
    )


def _components(facts: Facts, residence: ScenarioResidence) -> tuple[str, ...]:
    if residence.components is not None:
        return residence.components
    return facts.place_components.get(str(residence.place), ())


def _candidates(facts: Facts, assumed: Assumptions, grammar: AnyGrammar) -> tuple[CandidatePin, ...]:
    return tuple(_candidate(each, facts.release, grammar) for each in assumed.candidates)


def _candidate(candidate: ScenarioCandidate, release: ReleaseFact, grammar: AnyGrammar) -> CandidatePin:
    """`content: same` is that of the release in question."""
    tag = parse(candidate.tag, grammar)
    content = candidate.content
    found = release.content if content == SAME else None if content is None else digest(content.encode())
    name = digest(f"release:{release.product}/{candidate.tag}".encode())
    return CandidatePin(
        candidate.tag, candidate.kind or str(tag.kind), name, found, tag.version, order_key(tag)
    )


SAME = "same"
"""The name of the content that the release in question has."""
