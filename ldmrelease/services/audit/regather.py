"""Facts gathered again from what the ledger keeps (design section 5: blobs -> the same facts digest).

What the ledger has is read again as it was before the decision, and verified by the keyring of then, which is kept:
the pinned release, statements with their signatures, registered runs, observations. What somebody else was asked for
(a registry, the workspace, a tree) is kept as an answer alone, and is taken from the facts as they are stored.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.evidence import RunRegistration, StatementReceived
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.events.trust import TrustAdopted
from ldmrelease.domain.facts import Facts, HoldFact, ImageFact, ImageResidence, ReleaseFact, StatementFact
from ldmrelease.domain.level import Level
from ldmrelease.domain.predicates.provenance import pinned_commits
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import HOLDS, evidence_stream, observation_stream, pin_stream, run_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.policy.engine import asked_requirements, fact_sources, residence_places
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.projections.observed import ResidenceState, residences_of
from ldmrelease.projections.residences import States, replayed, timely
from ldmrelease.services.acts.approvals import ApprovedRelease, approval_facts, approvals_of
from ldmrelease.services.acts.debts import debt_facts, debts_told
from ldmrelease.services.acts.hold_facts import HeldQuestion, UnknownCondition, hold_facts
from ldmrelease.services.acts.holds import KnownHold, holds_of
from ldmrelease.services.acts.requests import ActsLedger
from ldmrelease.services.acts.waivers import waiver_facts, waivers_of
from ldmrelease.services.decisions.facts.runs import run_facts
from ldmrelease.services.evidence.collect import commits_of, repositories_in
from ldmrelease.services.evidence.registered_runs import runs_that_count
from ldmrelease.services.inventory.observations import mentions, spellings_of
from ldmrelease.services.repository_scope import out_of_scope
from ldmrelease.trust.evaluate import evaluate_statement
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import EventRecord, Records

_OF_STATEMENTS = frozenset({"statements", "runs", "unknown_runs"})


class NoPin(LookupError):
    """The ledger has no pin, from before the decision, of what it is about."""


class Regathered(Struct, frozen=True):
    """Facts made again. `gathered` are the parts that were read from the ledger, `as_stored` those that somebody else
    had told.
    """

    facts: Facts
    gathered: tuple[str, ...]
    as_stored: tuple[str, ...]


class KeyringsOfThen:
    """The keyrings that decisions of a ledger were made by, each with what was verified by it: read once."""

    def __init__(self, ledger: LedgerReader) -> None:
        self.ledger = ledger
        self._known: dict[str, tuple[Keyring, Records]] = {}
        self._clock: bool | None = None

    def of(self, digest: str) -> tuple[Keyring, Records]:
        """The keyring with a digest, and events as its records. Raises `Damaged` where it is not kept."""
        if digest not in self._known:
            keyring = canonical.decode(self.ledger.blob(digest), Keyring)
            self._known[digest] = keyring, Records(self.ledger.genesis, keyring, clock=self._own_clock())
        return self._known[digest]

    def _own_clock(self) -> bool:
        """Whether the ledger's workspace has a clock of its own: who acts on a ledger says so first."""
        if self._clock is None:
            events = self.ledger.events(kinds=[EventKind.TRUST_ADOPTED])
            claimed = (claimed_body(each, TrustAdopted) for each in events)
            self._clock = next((each.clock for each in claimed if each is not None), False)
        return self._clock


class PastLedger:
    """The ledger as it was before the event `sequence`, read by the keyring of a decision's facts.

    Raises `Damaged` where that keyring is not kept.
    """

    def __init__(self, keyrings: KeyringsOfThen, stored: Facts, sequence: int) -> None:
        self.ledger = keyrings.ledger
        self.sequence = sequence
        self.keyring, self.records = keyrings.of(stored.keyring)

    def events(self, kind: str, stream: str | None = None) -> Iterator[Event]:
        """The events of a kind that were there, of one stream or of all, oldest first."""
        return self._before(self.ledger.events(stream=stream, kinds=[kind]))

    def of_stream(self, stream: str) -> Iterator[Event]:
        """The events of a stream that were there, oldest first."""
        return self._before(self.ledger.events(stream=stream))

    def _before(self, events: Iterable[Event]) -> Iterator[Event]:
        return takewhile(lambda each: each.sequence < self.sequence, events)


def regather(past: PastLedger, stored: Facts, level: Level, phase: Phase, now: datetime) -> Regathered:
    """The facts of a decision that was made at `now`, again.

    Raises `Damaged` where a blob is missing, `NoPin`.
    """
    requirements = asked_requirements(level, stored.place, stored.intent, phase)
    asked = fact_sources(requirements, stored.intent, stored.overlay)
    if stored.overlay is not None:
        asked -= {each.source for each in stored.overlay.unasked}
    release = _release(past, stored)
    found: dict[str, Any] = {"release": _release_fact(stored.release, release)}
    told = _statements(past, stored, release, now) if asked & _OF_STATEMENTS else []
    runs = _runs(past, stored, release) if asked & {"runs", "unknown_runs"} else []
    if "statements" in asked:
        found["statements"] = tuple(sorted(told, key=lambda each: (each.received, each.evidence, each.blob)))
    if "runs" in asked:
        found["runs"] = run_facts(runs, told)
    if "unknown_runs" in asked:
        found["unknown_runs"] = _unknown_runs(past, told, runs)
    if "residences" in asked:
        places = residence_places(requirements, stored.intent, stored.place, list(_levels(stored)))
        found["residences"] = _residences(past, stored, release, places)
    if "holds" in asked:
        found["holds"] = _holds(past, stored, release, now)
    if "debts" in asked:
        found["debts"] = debt_facts(debts_told(past.of_stream, past.records, stored.place))
    found |= _acts(past, stored, release, asked)
    return Regathered(replace(stored, **found), tuple(found), tuple(sorted(asked - found.keys())))


def _acts(past: PastLedger, stored: Facts, release: Release, asked: Collection[str]) -> dict[str, Any]:
    """Approvals, waivers and who pinned it. Who asked when may be told by the request that came with the decision."""
    ledger = ActsLedger(past.of_stream, lambda: past.events(EventKind.REQUESTED), past.records, past.keyring)
    about = ApprovedRelease.of(release, stored.release.digest)
    found: dict[str, Any] = {}
    if "approvals" in asked:
        found["approvals"] = approval_facts(
            ledger,
            approvals_of(ledger, about),
            about,
            stored.place,
            stored.level,
            stored.intent,
            stored.alias,
        )
    if "waivers" in asked:
        given = waivers_of(ledger, about.digest, about.repositories)
        found["waivers"] = waiver_facts(given, stored.place, stored.level)
    if "pinned_by" in asked and stored.pinned_by is not None:
        found["pinned_by"] = [each.person for each in _pins(past, stored)][-1]
    return found


def _pins(past: PastLedger, stored: Facts) -> list[EventRecord[Pin]]:
    about = stored.release
    pins = past.records.counted(past.events(EventKind.PINNED, pin_stream(about.product, about.tag)), Pin)
    return [each for each in pins if each.body.digest == about.digest]


def _release(past: PastLedger, stored: Facts) -> Release:
    about = stored.release
    found = [each.body for each in _pins(past, stored)]
    if not found:
        raise NoPin(f"no pin of {about.product}/{about.tag} from before it has the digest {about.digest}")
    return canonical.decode(past.ledger.blob(found[-1].document), Release)


def _release_fact(stored: ReleaseFact, release: Release) -> ReleaseFact:
    """What is pinned, and what the grammar and the registries of then told of it."""
    told = {each.component: each for each in stored.images}
    return replace(
        stored,
        product=release.product,
        tag=release.tag,
        content=release.content,
        missing=release.missing,
        images=tuple(
            replace(
                told.get(each.name, _untold(each.name)),
                name=each.source,
                digest=each.digest,
                platforms=each.platforms,
            )
            for each in release.images
        ),
        configurations=pinned_commits(release),
    )


def _untold(component: str) -> ImageFact:
    return ImageFact(component, "", "", (), None, None)


def _statements(past: PastLedger, stored: Facts, release: Release, now: datetime) -> list[StatementFact]:
    """In the order of the streams. What no key of then had signed was not taken in, and stands as it was told."""
    repositories = repositories_in(release, stored.release.digest)
    tests = {each.name: each.tests for each in stored.checks}
    found: dict[str, StatementFact] = {}
    for subject, scope in evidence_subjects(release, stored.release.digest).items():
        events = past.events(EventKind.RECEIVED, evidence_stream(subject))
        for taken in past.records.counted(events, StatementReceived):
            if taken.body.blob not in found:
                found[taken.body.blob] = evaluate_statement(
                    past.ledger.blob(taken.body.blob),
                    blob=taken.body.blob,
                    keyring=past.keyring,
                    # What came with the decision counted as taken in when it was made.
                    received=min(taken.event.time, now),
                    now=now,
                    repository=scope,
                    checks=tests,
                    subjects=repositories,
                ).fact
    known = {each.blob: each for each in stored.statements}
    if not stored.checks:
        # Which tests a check declares was nobody's question: what a result said of them stands as it was read.
        found |= {blob: known[blob] for blob, fact in found.items() if fact.type == "check" and blob in known}
    foreign = [each for each in stored.statements if each.signer is None and each.blob not in found]
    return [*found.values(), *foreign]


def evidence_subjects(release: Release, digest: str) -> Mapping[str, str | None]:
    """What evidence can be about, in its order: images with their platforms, each with its repository, the release,
    its content, the commits of its configurations.
    """
    found: dict[str, str | None] = {}
    for image in release.images:
        found |= dict.fromkeys((image.digest, *(each.manifest for each in image.platforms)), image.source)
    found[digest] = None
    whole = [*([release.content] if release.content else []), *commits_of(release)]
    return found | dict.fromkeys(whole)


def _runs(past: PastLedger, stored: Facts, release: Release) -> list[RunRegistration]:
    events = past.events(EventKind.REGISTERED, run_stream(stored.release.digest))
    return runs_that_count(events, past.records, past.keyring, release.repositories)


def _unknown_runs(
    past: PastLedger, told: Iterable[StatementFact], runs: Iterable[RunRegistration]
) -> tuple[str, ...]:
    failed = {each.run for each in told if each.run is not None and each.counted and each.result == "FAILED"}
    failed -= {each.run for each in runs}
    if failed:
        everywhere = past.records.counted(past.events(EventKind.REGISTERED), RunRegistration)
        failed -= {each.body.run for each in everywhere}
    return tuple(sorted(failed))


def _holds(past: PastLedger, stored: Facts, release: Release, now: datetime) -> tuple[HoldFact, ...]:
    """What a condition came to stands as it was told: it may have asked an image."""
    told = {each.hold: each for each in stored.holds}

    def judge(hold: KnownHold) -> bool | UnknownCondition:
        known = told.get(hold.id)
        if known is None:
            return False
        return True if known.applies else UnknownCondition(known.unknown or "")

    holds = holds_of(past.of_stream(HOLDS), past.records)
    question = HeldQuestion(stored.place, stored.level, stored.intent, release, stored.release.digest)
    return hold_facts(holds, question, judge, now)


def _levels(stored: Facts) -> Iterator[tuple[Place, str | None]]:
    """All places that are known to the facts, with their levels."""
    if not stored.places:
        yield stored.place, stored.level
        yield from dict.fromkeys((each.place, each.level) for each in stored.residences)
    for level, places in stored.places.items():
        yield from ((each, level) for each in places)


def _residences(
    past: PastLedger, stored: Facts, release: Release, places: Iterable[Place]
) -> tuple[ImageResidence, ...]:
    """By the observations. Which of their time was behind an admission stands as it was told, and so does their order,
    which is the workspace's.
    """
    levels = dict(_levels(stored))
    told = {_identity(each): each for each in stored.residences}
    order = {key: number for number, key in enumerate(told)}
    found = []
    for place in places:
        for each in _seen(past, release, place):
            residence = _residence(each, levels.get(place) or "")
            known = told.get(_identity(residence))
            admitted = known.admitted if known is not None else None
            found.append(
                replace(residence, admitted=admitted, level=known.level if known else residence.level)
            )
    return tuple(sorted(found, key=lambda each: order.get(_identity(each), len(order))))


def _seen(past: PastLedger, release: Release, place: Place) -> Iterator[ResidenceState]:
    """The residences of a release's images at a place."""
    digests = {digest for part in release.images for digest in part.identity.digests()}
    states = replayed(_observations(past, release, place, digests))

    def read(prefix: str) -> States:
        return {key: state for key, state in states.items() if key.startswith(prefix)}

    for part in release.images:
        for digest in part.identity.digests():
            yield from (each for each in residences_of(read, digest) if each.component == part.name)


def _observations(
    past: PastLedger, release: Release, place: Place, digests: Collection[str]
) -> Iterator[tuple[int, Observation]]:
    """Those that count of those that saw one of these images, and each first one that saw none any more: no other is
    verified, as when the decision was made.
    """
    sources = {each.name: each.source for each in release.images}
    spellings, there = spellings_of(digests), False
    for event in past.events(EventKind.OBSERVED, observation_stream(place)):
        seen = mentions(event, spellings)
        found = past.records.read(event, Observation) if seen or there else None
        if not isinstance(found, EventRecord) or not timely(found.body, event):
            continue
        if _may_speak(past, found, release.product, sources):
            there = seen
            yield event.sequence, found.body


def _may_speak(
    past: PastLedger, seen: EventRecord[Observation], product: str, sources: Mapping[str, str]
) -> bool:
    """Whether the observer may speak of the repositories of those of the release's components that were seen."""
    named = {
        sources[each.component]
        for each in seen.body.images
        if (each.product, each.component in sources) == (product, True)
    }
    return out_of_scope(past.keyring, seen, "observation", sorted(named)) is None


def _residence(state: ResidenceState, level: str) -> ImageResidence:
    span = state.span
    return ImageResidence(
        place=state.place,
        level=level,
        component=state.component,
        digest=state.digest,
        first=span.first,
        last=span.last,
        observed=span.observed,
        admitted=None,
        current=span.current,
        ended=span.ended,
    )


def _identity(residence: ImageResidence) -> tuple[Place, str, str, datetime]:
    return residence.place, residence.component, residence.digest, residence.first
