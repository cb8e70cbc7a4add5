"""Gather facts: the one builder of what a decision rests on (design section 5).

What depends on the outside is resolved here: registries, signatures, roles, time zones.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from ldmrelease.config.policies.windows import windows
from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.facts import (
    BuildSource,
    CandidatePin,
    ColocatedRelease,
    Facts,
    ImageFact,
    Intent,
    Interval,
    ReleaseFact,
    ReleaseResidence,
    RunFact,
    StatementFact,
)
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.predicates.provenance import repository_of
from ldmrelease.domain.release import Component
from ldmrelease.domain.streams import evidence_stream, observation_stream, pin_stream, run_stream
from ldmrelease.domain.tags import Kind, order_key, parse
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.services.context import Context
from ldmrelease.services.evidence import collect
from ldmrelease.services.evidence.runs import check_fact, registered_runs
from ldmrelease.services.inventory.residences import residences_at
from ldmrelease.services.releases.pin import Pinned, stored_pin
from ldmrelease.services.repository_scope import verified_observation


class DecisionRequest(Struct, frozen=True):
    """What is asked: may this release enter this place, for this intent, asked by this person.

    `earlier` are the places before it in the same plan that are not through yet.
    """

    place: Place
    intent: Intent
    requester: str
    earlier: tuple[Place, ...] = ()


class GatheredFacts(Struct, frozen=True):
    """The facts, their stored bytes, what has to be taken in with them, and the stream versions read."""

    facts: Facts
    document: bytes
    digest: str
    taken: tuple[collect.CollectedStatement, ...]
    expect: dict[str, int]


def gather_facts(
    context: Context, pinned: Pinned, question: DecisionRequest, level: Level, now: datetime
) -> GatheredFacts:
    """Everything that the level's rules may ask about. Writes nothing; raises where a part is unreachable."""
    at_place = level.at(question.place.environment)
    subjects = collect.subjects_of(context, pinned)
    expect = _versions(context, pinned, subjects)
    evaluated = collect.evaluate_statements(context, pinned, collect.collect(context, subjects), now)
    seen = [each.fact for _, each in evaluated]
    facts = Facts(
        intent=question.intent,
        requester=question.requester,
        place=question.place,
        level=level.name,
        policy=level.digest,
        release=_release_fact(context, pinned, _platforms(at_place)),
        statements=tuple(sorted(seen, key=lambda fact: (fact.received, fact.evidence, fact.blob))),
        runs=_runs(context, pinned, seen),
        residences=_stays(context, pinned),
        candidate_pins=_relatives(context, pinned, at_place),
        colocated=_companions(context, question.place, now),
        windows=_windows(at_place, now),
        earlier=question.earlier,
        places={name: context.topology.level_places(name) for name in sorted(context.levels)},
        clusters=_clusters(context),
        checks=tuple(
            check_fact(each) for each in sorted(context.topology.checks, key=lambda each: each.name)
        ),
        keyring=context.keyring.digest,
    )
    document = canonical.encode(facts)
    return GatheredFacts(facts, document, canonical.digest(document), collect.verified(evaluated), expect)


def _versions(
    context: Context, pinned: Pinned, subjects: Iterable[collect.EvidenceSubject]
) -> dict[str, int]:
    """The streams that the facts are read from, at the versions that they were read at."""
    streams = [pin_stream(pinned.release.product, pinned.release.tag), run_stream(pinned.digest)]
    streams += [evidence_stream(each.digest) for each in subjects]
    streams += [observation_stream(each.place) for each in context.topology.applications]
    return {stream: context.ledger.version(stream) for stream in streams}


def _release_fact(context: Context, pinned: Pinned, platforms: Collection[str]) -> ReleaseFact:
    release, tag = pinned.release, pinned.tag
    return ReleaseFact(
        product=release.product,
        tag=release.tag,
        kind=str(tag.kind),
        readable=tag.parsed,
        order=order_key(tag),
        version=tag.version,
        digest=pinned.digest,
        content=release.content,
        missing=release.missing,
        images=tuple(image_fact(context, each, platforms) for each in release.images),
        revision=max(pinned.revision, 1),
        configurations=tuple(
            BuildSource(repository_of(each.source), each.digest.removeprefix("gitCommit:"))
            for each in release.components
            if each.kind is ComponentKind.CONFIGURATION
        ),
    )


def _platforms(level: Level) -> tuple[str, ...]:
    """The platforms for which images are asked to be there; none: all that they were built for."""
    asked = [each.parameters.get("platforms") for each in level.enter if each.rule == "images"]
    # A requirement that names none asks for all, so that nothing is left out for another's sake.
    return () if None in asked else tuple(sorted({name for each in asked for name in each or ()}))


def image_fact(context: Context, component: Component, platforms: Collection[str] = ()) -> ImageFact:
    """The image as pinned, and what its repository says of it now: whole, for these platforms (none: for all)."""
    repository = context.registries.open(parse_reference(component.source))
    named = repository.resolve(component.spelling)
    tag_now = named.digest if named is not None else None
    present = tag_now == component.digest or repository.resolve(component.digest) is not None
    problem = None
    if present:
        found = context.identity(repository, component.digest)
        problem = None if isinstance(found, ImageIdentity) else found.code
    lacking = context.lacking(repository, component, platforms) if present and problem is None else ()
    return ImageFact(
        component.name,
        component.source,
        component.digest,
        component.platforms,
        present and not lacking,
        tag_now,
        problem,
        lacking,
    )


def _runs(context: Context, pinned: Pinned, seen: list[StatementFact]) -> tuple[RunFact, ...]:
    """The registered runs, each with its first result: a second one of the same run hides nothing.

    `seen` is in the order of the ledger's streams, which tells what came first in one second.
    """
    results: dict[str, str] = {}
    for each in sorted(seen, key=lambda fact: fact.received):
        if each.run is not None and each.counted:
            results.setdefault(each.run, each.evidence)
    return tuple(
        RunFact(
            run=act.run,
            check=act.check,
            check_digest=act.check_digest,
            environment=act.environment,
            subjects=act.subjects,
            registered=act.registered,
            deadline=act.deadline,
            evidence=results.get(act.run),
            cluster_uid=act.cluster_uid,
            order=order,
        )
        for order, act in enumerate(registered_runs(context, pinned))
    )


def _clusters(context: Context) -> dict[str, str]:
    """The UID of each environment's cluster, where the workspace states one."""
    return {
        each.place.environment: each.cluster_uid
        for each in context.topology.applications
        if each.cluster_uid is not None
    }


def _stays(context: Context, pinned: Pinned) -> tuple[ReleaseResidence, ...]:
    """Where and how long the release ran, at every place."""
    return tuple(
        stay for each in context.topology.applications for stay in residences_at(context, each, pinned)
    )


def _relatives(context: Context, pinned: Pinned, level: Level) -> tuple[CandidatePin, ...]:
    """The newest counted pins of the candidates of the same version, where the level compares contents with one."""
    if not any(each.rule == "same-content-as" for each in level.enter) or pinned.tag.version is None:
        return ()
    product = context.topology.product(pinned.release.product)
    assert product is not None
    tags = (
        parse(key.partition("/")[2], product.grammar)
        for key in context.ledger.states("pins", f"{product.name}/")
    )
    version = pinned.tag.version[:3]
    candidates = (
        tag for tag in tags if tag.kind is Kind.candidate and tag.version and tag.version[:3] == version
    )
    found = (stored_pin(context, product, tag.input) for tag in candidates)
    return tuple(_relative(each) for each in found if each is not None)


def _relative(pinned: Pinned) -> CandidatePin:
    release, tag = pinned.release, pinned.tag
    return CandidatePin(
        release.tag, str(tag.kind), pinned.digest, release.content, tag.version, order_key(tag)
    )


def _companions(context: Context, place: Place, now: datetime) -> tuple[ColocatedRelease, ...]:
    """What the other applications of the environment run, by observations that still speak for now."""
    found = []
    for application in context.topology.applications:
        if application.place.environment != place.environment or application.place == place:
            continue
        observation = last_observation(context, application.place)
        if observation is None or now - observation.time > timedelta(seconds=observation.every):
            continue
        names = [context.ledger.state("digests", each) or [] for each in observation.releases]
        products = {name.partition("/")[0] for each in names for name in each}
        found += [_companion(application.place, product, observation, names) for product in sorted(products)]
    return tuple(found)


def _companion(
    place: Place, product: str, observation: Observation, names: list[list[str]]
) -> ColocatedRelease:
    mine = [
        (digest, name)
        for digest, known in zip(observation.releases, names, strict=True)
        for name in known
        if name.startswith(product + "/")
    ]
    tags = tuple(name.partition("/")[2] for _, name in mine)
    return ColocatedRelease(place, product, tuple(digest for digest, _ in mine), tags)


def last_observation(context: Context, place: Place) -> Observation | None:
    """The newest observation of a place, if its signature counts."""
    found = verified_observation(context, context.ledger.last(observation_stream(place), EventKind.OBSERVED))
    return found if isinstance(found, Observation) else None


def _windows(level: Level, now: datetime) -> dict[str, tuple[Interval, ...]]:
    asked: tuple[Requirement, ...] = tuple(each for each in level.enter if each.rule == "window")
    return {each.id: windows(each, now) for each in asked}
