"""Scenario -> facts: a pure function; names become digests, so that the same name is the same thing everywhere."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import (
    BuildFact,
    BuildSource,
    CandidatePin,
    CheckFact,
    Facts,
    HoldFact,
    ImageFact,
    ImageResidence,
    Interval,
    ReleaseFact,
    RunFact,
    StatementFact,
)
from ldmrelease.domain.images import PlatformImage
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.tags import order_key, parse
from ldmrelease.domain.topology import Place
from ldmrelease.policy.cases.acts import with_acts
from ldmrelease.policy.cases.contents import document_files, interface_facts, running_releases
from ldmrelease.policy.cases.scenario import (
    Scenario,
    ScenarioCandidate,
    ScenarioImage,
    ScenarioRelease,
    ScenarioRun,
    ScenarioStatement,
    ScenarioSubject,
    TagState,
)
from ldmrelease.policy.engine import asked_requirements

Windows = Mapping[str, tuple[Interval, ...]]
NO_WINDOWS: Windows = {}
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
Definitions = Callable[[str, str | None], str]
"""The digest of a check, by its name and the name of a definition that is not the agreed one."""


def hold_facts(names: tuple[str, ...]) -> tuple[HoldFact, ...]:
    """Holds that stand, by their names alone."""
    return tuple(HoldFact(each, "recall", "somebody", _LONG_AGO, "as the case says") for each in names)


def facts_of(scenario: Scenario, level: Level, windows: Windows = NO_WINDOWS) -> Facts:
    """The facts that a scenario stands for, at a place of the level. `windows` are the open intervals of its
    requirements of rule `window`, by id: they take a time zone to find."""
    release = release_fact(scenario.release)
    components = components_by_place(scenario, release)
    facts = Facts(
        intent=scenario.intent,
        requester=scenario.requester,
        place=scenario.place,
        level=level.name,
        policy=level.digest,
        release=release,
        statements=statement_facts(scenario.statements, scenario.runs, release),
        runs=run_facts(scenario.runs, release),
        residences=residence_facts(scenario, level, release, components),
        candidate_pins=tuple(_candidate(each, scenario.release) for each in scenario.candidates),
        windows=dict(windows),
        earlier=scenario.earlier,
        later=scenario.later,
        cycles=tuple(each.fact() for each in scenario.cycles),
        change=scenario.change,
        running=tuple(running_releases(scenario.running, release.product)),
        documents=document_files(scenario.documents),
        interfaces=interface_facts(scenario.interfaces),
        campaigns=scenario.campaigns,
        places=_places(scenario, level),
        place_components={str(place): names for place, names in sorted(components.items())},
        clusters=dict(scenario.clusters),
        checks=tuple(CheckFact(each, definition_of(each), ()) for each in _checks(scenario, level)),
        holds=hold_facts(scenario.holds),
        requested=scenario.requested,
        pinned_by=scenario.pinned_by,
        alias=scenario.alias,
    )
    return with_acts(facts, scenario.acts, level, scenario.at, scenario.phase)


def named(kind: str, name: str) -> str:
    """The digest that a name of a case stands for."""
    return canonical.digest(f"{kind}:{name}".encode())


def definition_of(check: str, definition: str | None = None) -> str:
    """The digest of a check as it is agreed, or of another definition of it."""
    return named("check", f"{check}:{definition or 'agreed'}")


def release_fact(release: ScenarioRelease) -> ReleaseFact:
    """The release, its tag read in its grammar."""
    tag = parse(release.tag, release.grammar)
    name = f"{release.product}/{release.tag}"
    return ReleaseFact(
        product=release.product,
        tag=release.tag,
        kind=release.kind or str(tag.kind),
        readable=tag.parsed or release.kind is not None,
        order=order_key(tag),
        version=tag.version,
        digest=named("release", name),
        content=None if release.content is None else named("content", release.content),
        missing=release.missing,
        images=tuple(_image(each, name) for each in release.images),
        problem=release.problem,
        configurations=_sources(release.configurations),
    )


def _image(image: ScenarioImage, release: str) -> ImageFact:
    name = f"{release}/{image.component}"
    digest = named("image", name)
    tags = {TagState.PINNED: digest, TagState.MOVED: named("image", f"{name}:moved"), TagState.GONE: None}
    return ImageFact(
        component=image.component,
        name=f"registry.example/{image.component}:{release.rpartition('/')[2]}",
        digest=digest,
        platforms=tuple(
            PlatformImage(each, named("manifest", f"{name}:{each}"), named("config", f"{name}:{each}"))
            for each in image.platforms
        ),
        present=image.present and not image.lacking,
        tag_now=tags[image.tag],
        problem=image.problem,
        lacking=image.lacking,
    )


def _sources(commits: Mapping[str, str]) -> tuple[BuildSource, ...]:
    return tuple(BuildSource(uri, commit) for uri, commit in sorted(commits.items()))


def _candidate(candidate: ScenarioCandidate, release: ScenarioRelease) -> CandidatePin:
    tag = parse(candidate.tag, release.grammar)
    return CandidatePin(
        candidate.tag,
        candidate.kind or str(tag.kind),
        named("release", f"{release.product}/{candidate.tag}"),
        None if candidate.content is None else named("content", candidate.content),
        tag.version,
        order_key(tag),
    )


def subject_digests(subject: ScenarioSubject, release: ReleaseFact) -> tuple[str, ...]:
    """The digests of what evidence is about; none where the release has no such thing."""
    if subject.about == "release":
        return (release.digest,)
    if subject.about == "content":
        return () if release.content is None else (release.content,)
    if subject.about == "configuration":
        return tuple(f"gitCommit:{each.commit}" for each in release.configurations)
    return tuple(_of_images(subject, release.images))


def _of_images(subject: ScenarioSubject, images: Iterable[ImageFact]) -> Iterator[str]:
    for image in images:
        if subject.component not in (None, image.component):
            continue
        if subject.platform is None:
            yield image.digest
        else:
            yield from (each.manifest for each in image.platforms if each.platform == subject.platform)


def statement_facts(
    statements: Iterable[ScenarioStatement],
    runs: Iterable[ScenarioRun],
    release: ReleaseFact,
    definitions: Definitions = definition_of,
) -> tuple[StatementFact, ...]:
    """Statements and results of runs about a release, in the order of their intake."""
    results = (_result(each, release, definitions) for each in runs if each.result is not None)
    found = [*(_statement(each, release) for each in statements), *results]
    return tuple(sorted(found, key=lambda each: (each.received, each.evidence, each.blob)))


def _statement(statement: ScenarioStatement, release: ReleaseFact) -> StatementFact:
    has_build = bool(statement.builder or statement.build_type or statement.sources)
    build = BuildFact(statement.builder, statement.build_type, _sources(statement.sources))
    return StatementFact(
        evidence=named("evidence", statement.name),
        blob=named("blob", statement.name),
        type=statement.type,
        subjects=subject_digests(statement.about, release),
        signer=_signer(statement.by),
        roles=statement.by,
        counted=statement.rejected is None,
        code=statement.rejected,
        received=statement.received,
        platform=statement.about.platform,
        build=build if has_build else None,
        **{name: getattr(statement.contents, name) for name in statement.contents.__struct_fields__},
    )


def _signer(roles: tuple[str, ...]) -> str:
    return roles[0] if roles else "somebody"


def _result(run: ScenarioRun, release: ReleaseFact, definitions: Definitions) -> StatementFact:
    return StatementFact(
        evidence=named("evidence", f"run:{run.name}"),
        blob=named("blob", f"run:{run.name}"),
        type="check",
        subjects=subject_digests(run.about, release),
        signer=_signer(run.by),
        roles=run.by,
        counted=run.rejected is None,
        code=run.rejected,
        received=run.received,
        check=run.check,
        check_digest=definitions(run.check, run.definition),
        result=run.result,
        failed_tests=run.failed_tests,
        run=run.name if run.registered is not None else None,
        environment=run.environment,
        platform=run.about.platform,
        cluster_uid=run.cluster,
    )


def run_facts(
    runs: Iterable[ScenarioRun],
    release: ReleaseFact,
    definitions: Definitions = definition_of,
    first: int = 0,
) -> tuple[RunFact, ...]:
    """The registered ones of runs; `first` is the order of the first of them."""
    registered = (each for each in runs if each.registered is not None)
    return tuple(
        RunFact(
            run=each.name,
            check=each.check,
            check_digest=definitions(each.check, each.definition),
            environment=each.environment,
            subjects=subject_digests(each.about, release),
            registered=each.registered or each.received,
            deadline=each.deadline,
            evidence=(
                named("evidence", f"run:{each.name}") if each.result and each.rejected is None else None
            ),
            cluster_uid=each.cluster,
            order=order,
        )
        for order, each in enumerate(registered, first)
    )


def components_by_place(scenario: Scenario, release: ReleaseFact) -> dict[Place, tuple[str, ...]]:
    """What each place of a scenario runs of the release."""
    every = tuple(each.component for each in release.images)
    given = {each.place: each.components for each in scenario.places}
    given.setdefault(scenario.place, None)
    return {place: every if names is None else names for place, names in given.items()}


def residence_facts(
    scenario: Scenario, level: Level, release: ReleaseFact, components: Mapping[Place, tuple[str, ...]]
) -> tuple[ImageResidence, ...]:
    """The residences of a release's images."""
    levels = {scenario.place: level.name} | {each.place: each.level for each in scenario.places}
    return tuple(
        each.of_image(levels.get(each.place, ""), image)
        for each in scenario.residences
        for image in release.images
        if image.component in (components.get(each.place, ()) if each.components is None else each.components)
    )


def _places(scenario: Scenario, level: Level) -> dict[str, tuple[Place, ...]]:
    given = {scenario.place: level.name} | {each.place: each.level for each in scenario.places}
    names = sorted(dict.fromkeys(given.values()))
    return {name: tuple(place for place, own in given.items() if own == name) for name in names}


def _checks(scenario: Scenario, level: Level) -> tuple[str, ...]:
    if scenario.checks is not None:
        return scenario.checks
    asked = asked_requirements(level, scenario.place, scenario.intent, scenario.phase)
    found = {each.check for each in scenario.runs} | set(_asked_checks(asked))
    return tuple(sorted(found))


def _asked_checks(requirements: Iterable[Requirement]) -> Iterator[str]:
    for each in requirements:
        name = each.parameters.get("check")
        if isinstance(name, str):
            yield name
