"""What is given, as written -> a scenario: ages become times, and what is left out gets its value."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from ldmrelease.config.policies.act_entries import acts_of
from ldmrelease.config.policies.case_schema import (
    EvidenceEntry,
    GivenEntry,
    ImageEntry,
    ReleaseEntry,
    ResidenceEntry,
    RunEntry,
    StatementEntry,
)
from ldmrelease.config.policies.evidence_scenarios import campaigns_of, contents_of, running_of, type_of
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.facts import ChangeFact, CycleRole, Intent
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.topology import Place
from ldmrelease.policy.cases.scenario import (
    Scenario,
    ScenarioCandidate,
    ScenarioCycle,
    ScenarioImage,
    ScenarioPlace,
    ScenarioRelease,
    ScenarioResidence,
    ScenarioRun,
    ScenarioStatement,
    ScenarioSubject,
    TagState,
)

HOUR = 3600
_IMAGE = "app"
_ABOUT = {
    "metric": "release",
    "document": "release",
    "compatibility": "release",
    "verification": "release",
    "code-review": "configuration",
}

T = TypeVar("T")


class Faults:
    """What is wrong in what is given: told at the case, or where it is given to all."""

    def __init__(self, document: YamlDocument, *places: Path) -> None:
        self.document = document
        self.found: list[Problem] = []
        self._places = places

    def at(self, *places: Path) -> "Faults":
        """The same list, for values that stand at the first of these paths that has them."""
        other = Faults(self.document, *places)
        other.found = self.found
        return other

    def add(self, path: Path, message: str, remedy: str | None = None) -> None:
        """A fault of the value at a path."""
        self.found.append(self.document.problem(self._written(path), message, remedy))

    def unknown(self, path: Path, message: str, word: str, known: Iterable[str]) -> None:
        """A key that is none of those that are known."""
        self.found.append(self.document.unknown(path, message, word, known, at_key=True))

    def _written(self, path: Path) -> Path:
        written = [(*each, *path) for each in self._places]
        return next((each for each in written if self._has(each)), written[0] if written else path)

    def _has(self, path: Path) -> bool:
        node = self.document.root
        for step in path:
            if step not in node.children:
                return False
            node = node.children[step]
        return True


def scenario_of(entry: GivenEntry, faults: Faults) -> Scenario | None:
    """The scenario that is written, None where a part of it is not: then `faults` has grown."""
    for key, value in (("at", entry.at), ("place", entry.place), ("release", entry.release)):
        if value is None:
            faults.add((), f"nothing says {key!r}", f"write {key} here, or under given")
    if entry.at is None or entry.place is None or entry.release is None:
        return None
    release = release_of(entry.release, faults)
    return None if release is None else _whole(entry, entry.at, Place.parse(entry.place), release, faults)


def _whole(
    entry: GivenEntry, at: datetime, place: Place, release: ScenarioRelease, faults: Faults
) -> Scenario:
    return Scenario(
        at=at,
        place=place,
        release=release,
        intent=Intent(entry.intent or "promote"),
        phase=Phase(entry.phase or "enter"),
        places=_places(entry, faults),
        residences=residences_of(
            entry, at, [entry.place, *(name for name, _ in given(entry.places))], faults
        ),
        runs=runs_of(entry, at),
        statements=statements_of(entry, at, faults),
        candidates=candidates_of(entry),
        cycles=cycles_of(entry, place, faults),
        change=change_of(entry),
        running=running_of(entry.running),
        documents=dict(given(entry.documents)),
        interfaces=dict(given(entry.interfaces)),
        campaigns=campaigns_of(entry.campaigns),
        checks=None if entry.checks is None else tuple(entry.checks),
        clusters=dict(given(entry.clusters)),
        holds=tuple(entry.holds or ()),
        requester=entry.requester or "author",
        pinned_by=entry.pinned_by,
        requested=None if entry.requested is None else _ago(at, entry.requested),
        alias=entry.alias,
        acts=acts_of(entry.approvals, entry.waivers, at),
        earlier=tuple(map(Place.parse, entry.earlier or ())),
        later=tuple(map(Place.parse, entry.later or ())),
    )


def given(entries: Mapping[str, T | None] | None) -> list[tuple[str, T]]:
    """The entries of a mapping, without those that are null."""
    return [(name, each) for name, each in (entries or {}).items() if each is not None]


def release_of(entry: ReleaseEntry, faults: Faults) -> ScenarioRelease | None:
    """The release that is written, None where it has no tag."""
    if entry.tag is None:
        faults.add(("release",), "the release has no tag", "write tag, such as w.2023.16")
        return None
    images = given(entry.images) if entry.images is not None else [(_IMAGE, ImageEntry.model_validate({}))]
    return ScenarioRelease(
        tag=entry.tag,
        images=tuple(image_of(name, each) for name, each in images),
        product=entry.product or "stack",
        grammar=entry.grammar or "rubin",
        kind=entry.kind,
        content=entry.content,
        missing=tuple(entry.missing or ()),
        problem=entry.problem,
        configurations=dict(given(entry.configurations)),
    )


def image_of(name: str, entry: ImageEntry) -> ScenarioImage:
    """An image that is written."""
    return ScenarioImage(
        component=name,
        platforms=("linux/amd64",) if entry.platforms is None else tuple(entry.platforms),
        present=entry.present is not False,
        tag=TagState(entry.tag or "pinned"),
        problem=entry.problem,
        lacking=tuple(entry.lacking or ()),
    )


def _places(entry: GivenEntry, faults: Faults) -> tuple[ScenarioPlace, ...]:
    found = []
    for name, each in given(entry.places):
        if each.level is None:
            faults.add(("places", name), "the place has no level", "write level")
        components = None if each.components is None else tuple(each.components)
        found.append(ScenarioPlace(Place.parse(name), each.level or "", components))
    return tuple(found)


def residences_of(
    entry: GivenEntry, at: datetime, places: Iterable[str | None], faults: Faults
) -> tuple[ScenarioResidence, ...]:
    """Where the release ran; each place has to be one of those that there are."""
    known = set(places)
    found = []
    for name, each in given(entry.residences):
        place = each.place or name
        if place not in known:
            message = f"there is no place {place!r}"
            remedy = f"known are {', '.join(sorted(filter(None, known)))}"
            faults.add(("residences", name), message, remedy)
        elif each.since is None or (each.until or 0) > each.since:
            faults.add(
                ("residences", name), "it has to say since when it ran there", "write since, before until"
            )
        else:
            found.append(_residence(Place.parse(place), each, each.since, at))
    return tuple(found)


def _residence(place: Place, entry: ResidenceEntry, since: int, at: datetime) -> ScenarioResidence:
    until = entry.until or 0
    return ScenarioResidence(
        place=place,
        first=_ago(at, since),
        last=_ago(at, until),
        observed=since - until if entry.observed is None else entry.observed,
        admitted=entry.admitted is not False,
        ended=entry.ended,
        components=None if entry.components is None else tuple(entry.components),
    )


def _ago(at: datetime, seconds: int) -> datetime:
    return at - timedelta(seconds=seconds)


def runs_of(entry: GivenEntry, at: datetime) -> tuple[ScenarioRun, ...]:
    """Runs of checks, in the order in which they are written."""
    return tuple(_run(name, each, at) for name, each in given(entry.runs))


def _run(name: str, entry: RunEntry, at: datetime) -> ScenarioRun:
    finished = entry.finished if entry.finished is not None else entry.registered or 0
    registered = entry.registered if entry.registered is not None else finished
    timeout = HOUR if entry.timeout is None else entry.timeout
    return ScenarioRun(
        name=name,
        check=entry.check or name,
        about=_subject(entry, "release"),
        registered=None if entry.unregistered else _ago(at, registered),
        deadline=_ago(at, registered - timeout),
        received=_ago(at, finished),
        result=entry.result,
        environment=entry.environment,
        by=tuple(entry.by or ()),
        rejected=entry.rejected,
        failed_tests=tuple(entry.failed_tests or ()),
        definition=entry.definition,
        cluster=entry.cluster,
    )


def _subject(entry: EvidenceEntry, about: str) -> ScenarioSubject:
    return ScenarioSubject(entry.about or about, entry.component, entry.platform)


def statements_of(entry: GivenEntry, at: datetime, faults: Faults) -> tuple[ScenarioStatement, ...]:
    """Signed statements; each has to be of a type that there is."""
    found = []
    for name, each in given(entry.statements):
        kind = each.type or type_of(each) or name
        if kind not in STATEMENT_TYPES:
            faults.add(("statements", name), "it has to say its type", "write type, such as provenance")
        found.append(_statement(name, kind, each, at))
    return tuple(found)


def _statement(name: str, kind: str, entry: StatementEntry, at: datetime) -> ScenarioStatement:
    received = _ago(at, entry.age or 0)
    return ScenarioStatement(
        name=name,
        type=kind,
        about=_subject(entry, _ABOUT.get(kind, "image")),
        received=received,
        by=tuple(entry.by or ()),
        rejected=entry.rejected,
        builder=entry.builder,
        build_type=entry.build_type,
        sources=dict(given(entry.sources)),
        contents=contents_of(name, entry, received),
    )


def candidates_of(entry: GivenEntry) -> tuple[ScenarioCandidate, ...]:
    """Candidates that are pinned."""
    return tuple(ScenarioCandidate(tag, each.content, each.kind) for tag, each in given(entry.candidates))


def cycles_of(entry: GivenEntry, here: Place, faults: Faults) -> tuple[ScenarioCycle, ...]:
    """Of which cycle things in the environment are; each has to say what it is, and its tag."""
    found = []
    for name, each in given(entry.cycles):
        if each.role is None or each.tag is None:
            faults.add(("cycles", name), "it has to say its role and its tag", "write role and tag")
            continue
        place = here if each.place is None else Place.parse(each.place)
        component = each.component or name
        found.append(
            ScenarioCycle(place, CycleRole(each.role), component, each.tag, each.cycle, each.problem)
        )
    return tuple(found)


def change_of(entry: GivenEntry) -> ChangeFact | None:
    """What brings the release, with one setting of each application where nothing else is said."""
    change = entry.change
    if change is None:
        return None
    applications = tuple(change.applications or ())
    settings = len(applications) if change.settings is None else change.settings
    return ChangeFact(change.goes_back is not False, applications, settings)
