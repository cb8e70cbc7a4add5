"""Statements about a release: collected from registries and the ledger, and taken in.

The registry is a transport, not a witness: what was taken in once counts from the ledger, whether or not the
registry still shows it. A registry that does not answer is an exception, never "none" (trust.md section 2).
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.domain.events.evidence import StatementReceived
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.predicates.registry import statement_type
from ldmrelease.domain.release import Release
from ldmrelease.domain.statements import Statement, read_statement
from ldmrelease.domain.streams import evidence_stream
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.registry.envelopes import Budget, referring_envelopes
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.referrers import DSSE_ENVELOPE
from ldmrelease.services.needs import EvidenceSources, SignedHistory
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.dsse import BUNDLE_TYPES, Envelope, read_wrapped
from ldmrelease.trust.evaluate import EvaluatedStatement, evaluate_statement

_ENVELOPES = {*BUNDLE_TYPES, DSSE_ENVELOPE}


class EvidenceSubject(Struct, frozen=True):
    """A digest that evidence may be about; `repository` is where its referrers are, None for a content."""

    digest: str
    repository: str | None
    component: str | None = None


class CollectedStatement(Struct, frozen=True):
    """An envelope about a subject; `received` is its intake, None where the ledger does not have it yet."""

    envelope: bytes
    blob: str
    subject: EvidenceSubject
    received: datetime | None


def subjects_of(workspace: Workspace, pinned: Pinned) -> tuple[EvidenceSubject, ...]:
    """Everything that evidence for a release can be about: images and their platforms, release, content, and the
    commits of its configurations.
    """
    found = [
        EvidenceSubject(digest, image.source, image.name)
        for image in pinned.release.images
        for digest in (image.digest, *(each.manifest for each in image.platforms))
    ]
    found.append(EvidenceSubject(pinned.digest, workspace.releases))
    if pinned.release.content:
        found.append(EvidenceSubject(pinned.release.content, None))
    found += [EvidenceSubject(each, None) for each in commits_of(pinned.release)]
    return tuple({each.digest: each for each in found}.values())


def commits_of(release: Release) -> list[str]:
    """The commits of a release's configurations, such as `gitCommit:0123...`: reviews are about them."""
    configurations = (each for each in release.components if each.kind is ComponentKind.CONFIGURATION)
    return [each.digest for each in configurations if each.digest.startswith("gitCommit:")]


def collect(
    context: EvidenceSources, subjects: Iterable[EvidenceSubject], *, ask_registries: bool = True
) -> list[CollectedStatement]:
    """Every statement about the subjects, each once. Raises `RegistryError`."""
    found: dict[str, CollectedStatement] = {}
    budget = Budget()
    for subject in subjects:
        for taken in _from_ledger(context, subject):
            found.setdefault(taken.blob, taken)
        if ask_registries and subject.repository is not None:
            for taken in _from_registry(context.registries, subject, budget):
                found.setdefault(taken.blob, taken)
    return list(found.values())


def _from_ledger(context: SignedHistory, subject: EvidenceSubject) -> Iterable[CollectedStatement]:
    events = context.ledger.events(stream=evidence_stream(subject.digest), kinds=[EventKind.RECEIVED])
    for taken in context.records.counted(events, StatementReceived):
        blob = taken.body.blob
        yield CollectedStatement(context.ledger.blob(blob), blob, subject, taken.event.time)


def _from_registry(
    registries: Registries, subject: EvidenceSubject, budget: Budget
) -> Iterable[CollectedStatement]:
    assert subject.repository is not None
    repository = registries.open(parse_reference(subject.repository))
    for content in referring_envelopes(repository, subject.digest, _ENVELOPES, budget):
        for envelope in _bare(content):
            yield CollectedStatement(envelope, canonical.digest(envelope), subject, None)


@lru_cache(maxsize=256)
def _bare(content: bytes) -> tuple[bytes, ...]:
    """The envelope without its bundle: one statement has one blob, however it travelled. Read once, for all places.
    With its bundle only where that has the certificate of who signed.

    Receipts are left out: what we signed ourselves is in the ledger, and is not evidence for a decision.
    """
    envelope = read_wrapped(content)
    if not isinstance(envelope, Envelope):
        return (content,)
    statement = read_statement(envelope.payload)
    is_local = isinstance(statement, Statement) and statement_type(statement.predicate_type).local
    return () if is_local else (envelope.kept,)


def evaluate_statements(
    context: SignedHistory, pinned: Pinned | None, taken: Iterable[CollectedStatement], now: datetime
) -> list[tuple[CollectedStatement, EvaluatedStatement]]:
    """Each statement, in their order, as it stands in a fact, and why it does not count.

    What is new counts as if taken in now. `pinned` is what it is about, if known.
    """
    checks = {each.name: each.tests for each in context.topology.checks}
    repositories = repositories_of(pinned) if pinned is not None else {}
    return [
        (
            each,
            evaluate_statement(
                each.envelope,
                blob=each.blob,
                keyring=context.keyring,
                received=each.received or now,
                now=now,
                repository=_scope(each.subject),
                checks=checks,
                subjects=repositories,
            ),
        )
        for each in taken
    ]


def repositories_of(pinned: Pinned) -> dict[str, tuple[str, ...]]:
    """By digest of a release, of its content, its images and the commits of its configurations: the
    repositories that limit who may speak of it.
    """
    return repositories_in(pinned.release, pinned.digest)


def repositories_in(release: Release, digest: str) -> dict[str, tuple[str, ...]]:
    """The same of a release that has this digest."""
    found = {own: (image.source,) for image in release.images for own in image.identity.digests()}
    whole = [digest, *([release.content] if release.content else []), *commits_of(release)]
    return found | dict.fromkeys(whole, release.repositories)


def _scope(subject: EvidenceSubject) -> str | None:
    """The repository of the image at which a statement was found; what stands elsewhere is of no image."""
    return subject.repository if subject.component is not None else None


def verified(
    evaluated: Iterable[tuple[CollectedStatement, EvaluatedStatement]],
) -> tuple[CollectedStatement, ...]:
    """Those that a key or an identity of the trust document has signed: only they are taken in.

    What somebody has signed who is not in the trust document is shown, and takes no room: otherwise whoever may push to
    a registry could fill the ledger.
    """
    return tuple(taken for taken, each in evaluated if each.fact.signer is not None)


def intake(taken: Iterable[CollectedStatement]) -> tuple[list[NewEvent], dict[str, bytes]]:
    """The events and blobs that take in what the ledger does not have yet."""
    new = [each for each in taken if each.received is None]
    events = [new_event(StatementReceived(each.subject.digest, each.blob)) for each in new]
    return events, {each.blob: each.envelope for each in new}
