"""Evidence by hand: sign a statement, take one in, list and judge what there is (design section 2)."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.document_faults import DocumentFault
from ldmrelease.domain.predicates.provenance import pinned_commits
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES, short_type, statement_type
from ldmrelease.domain.release import Component
from ldmrelease.domain.statements import (
    PAYLOAD_TYPE,
    Statement,
    Unreadable,
    read_statement,
    write_statement,
)
from ldmrelease.domain.statements import Subject as About
from ldmrelease.domain.strict_json import too_much
from ldmrelease.policy.demands import Demand, demands
from ldmrelease.services.evidence import collect
from ldmrelease.services.evidence.collect import CollectedStatement
from ldmrelease.services.evidence.publish import publish_envelope
from ldmrelease.services.known_pins import name_of
from ldmrelease.services.needs import EvidenceRecording, EvidenceSources, ReleaseLookup
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.releases.store import pinned_by_digest
from ldmrelease.trust.dsse import Malformed, read_wrapped
from ldmrelease.trust.evaluate import EvaluatedStatement
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected


class UnusableEvidence(Struct, frozen=True):
    """Why evidence cannot be signed or taken in: `code` and values."""

    code: str
    values: dict[str, Any]


class ReadEvidence(Struct, frozen=True):
    """An envelope that could be read: its bytes as they are kept, and the statement in it."""

    envelope: bytes
    blob: str
    statement: Statement


class AddedEvidence(Struct, frozen=True):
    """What became of a statement that was added.

    new: the ledger did not have it before. taken_in: it has it now; what no known key has signed is not taken in.
    """

    blob: str
    type: str
    new: bool
    taken_in: bool
    release: str
    subjects: tuple[str, ...]
    referrers: tuple[str, ...]
    seen: EvaluatedStatement


class EvaluatedEvidence(Struct, frozen=True):
    """A statement, what it is about, and what becomes of it; `taken_in` is when the ledger got it, if it did.

    demands: the requirements of all policies that ask for such a statement. One that counts for none of them does
    not count.
    """

    taken: CollectedStatement
    seen: EvaluatedStatement
    demands: tuple[Demand, ...] = ()

    @property
    def taken_in(self) -> bool:
        """The ledger has it, whatever the registry shows."""
        return self.taken.received is not None


def subjects_about(
    pinned: Pinned, about: str, component: str | None, platform: str | None
) -> tuple[About, ...] | UnusableEvidence:
    """The subjects of a statement about the release, its content, the commits of its configurations (`configuration`;
    of one component where it is named), or one of its images.

    An image is named by its index and by each platform's manifest, or by the one manifest of `platform`.
    """
    release = pinned.release
    if component is None and about == "release":
        return (About(release.name, pinned.digest),)
    if component is None and about == "content":
        missing = UnusableEvidence("no-content", {"release": release.name})
        return (About(release.name, release.content),) if release.content else missing
    if about == "configuration":
        commits = tuple(
            About(each.source, each.digest)
            for each in release.components
            if each.digest in collect.commits_of(release) and component in (None, each.name)
        )
        return commits or UnusableEvidence("no-configuration", {"release": release.name})
    if component is None:
        known = [each.name for each in release.images]
        return UnusableEvidence("no-component", {"release": release.name, "known": known})
    image = release.component(component)
    if image is None or image not in release.images:
        return UnusableEvidence(
            "unknown-component", {"component": component, "known": [each.name for each in release.images]}
        )
    return _of_image(image, platform)


def _of_image(image: Component, platform: str | None) -> tuple[About, ...] | UnusableEvidence:
    manifests = {each.platform: each.manifest for each in image.platforms}
    if platform is not None:
        if platform not in manifests:
            return UnusableEvidence("unknown-platform", {"platform": platform, "known": sorted(manifests)})
        return (About(f"{image.source}#{platform}", manifests[platform]),)
    named = [(f"{image.source}#{name}", digest) for name, digest in sorted(manifests.items())]
    found = {digest: name for name, digest in [(image.source, image.digest), *named]}
    return tuple(About(name, digest) for digest, name in found.items())


def sign(signer: Signer, type: str, subjects: tuple[About, ...], predicate: dict[str, Any]) -> bytes:
    """The signed envelope of a statement; `type` is a short name or a URI. Raises `KeyProblem`."""
    known = STATEMENT_TYPES.get(type)
    predicate_type = known.uri if known is not None else type
    return signer.sign(PAYLOAD_TYPE, write_statement(predicate_type, subjects, predicate)).to_bytes()


def read_evidence(data: bytes) -> ReadEvidence | UnusableEvidence:
    """A statement in an envelope, bare or in a sigstore bundle, within the limits of `strict_json.OF_SIGNED`."""
    beyond = too_much(data)
    if beyond is not None:
        return beyond_limit(beyond)
    envelope = read_wrapped(data)
    if isinstance(envelope, Malformed):
        if b'"payload"' not in data:
            return UnusableEvidence("not-an-envelope", {})
        return UnusableEvidence(envelope.code, {"detail": envelope.detail})
    if envelope.payload_type != PAYLOAD_TYPE:
        return UnusableEvidence("wrong-type", {"detail": f"payloadType is {envelope.payload_type}"})
    beyond = too_much(envelope.payload)
    if beyond is not None:
        return beyond_limit(beyond)
    statement = read_statement(envelope.payload)
    if isinstance(statement, Unreadable):
        return UnusableEvidence(statement.code, {"detail": statement.detail})
    kept = envelope.kept
    return ReadEvidence(kept, canonical.digest(kept), statement)


def beyond_limit(found: DocumentFault) -> UnusableEvidence:
    """Why a file is not read that does not keep a limit."""
    return UnusableEvidence(found.code, {"limit": found.limit})


def release_of(context: EvidenceSources, statement: Statement) -> Pinned | None:
    """The newest pinned release that a statement is about."""
    digests = {each.digest for each in statement.subjects}
    for pinned in _pins(context, digests):
        if digests & {each.digest for each in collect.subjects_of(context.workspace, pinned)}:
            return pinned
    return None


def _pins(context: ReleaseLookup, digests: Iterable[str]) -> Iterator[Pinned]:
    """The pins whose image or release is named, newest first; a platform's manifest alone is looked for in all."""
    names = {name for digest in digests for name in context.pins.names_of(digest)}
    for each in context.pins.all():
        pin = each.body
        if (not names or name_of(pin) in names) and context.topology.product(pin.product) is not None:
            yield pinned_by_digest(context, pin.product, pin.tag, pin.digest)


def add(context: EvidenceRecording, pinned: Pinned, read: ReadEvidence) -> AddedEvidence | UnusableEvidence:
    """Take a statement in, and attach it to what it is about. The same again changes nothing in the ledger.

    The ledger comes first: what is in it counts, whether or not the registry shows it. Raises `RegistryError`.
    """
    if statement_type(read.statement.predicate_type).local:
        return UnusableEvidence("receipt", {})
    digests = {each.digest for each in read.statement.subjects}
    subjects = [each for each in collect.subjects_of(context.workspace, pinned) if each.digest in digests]
    if not subjects:
        return UnusableEvidence(
            "other-subject", {"release": pinned.release.name, "subjects": sorted(digests)}
        )
    known = collect.collect(context, subjects, ask_registries=False)
    had = next((each for each in known if each.blob == read.blob), None)
    taken = had or CollectedStatement(read.envelope, read.blob, subjects[0], None)
    evaluated = collect.evaluate_statements(context, pinned, [taken], context.now())[0]
    seen = _for_policies(context, pinned, *evaluated).seen
    known_signer = seen.fact.signer is not None
    if had is None and known_signer:
        fresh = [CollectedStatement(read.envelope, read.blob, each, None) for each in subjects]
        events, blobs = collect.intake(fresh)
        context.append(events, blobs=blobs)
    repositories = dict.fromkeys(each.repository for each in subjects if each.repository is not None)
    referrers = [
        one for each in repositories for one in publish_envelope(context.registries, each, read.envelope)
    ]
    return AddedEvidence(
        blob=read.blob,
        type=short_type(read.statement.predicate_type),
        new=had is None and known_signer,
        taken_in=had is not None or known_signer,
        release=pinned.release.name,
        subjects=tuple(each.digest for each in subjects),
        referrers=tuple(dict.fromkeys(referrers)),
        seen=seen,
    )


def evaluate_all(
    context: EvidenceSources, pinned: Pinned, *, ask_registries: bool = True
) -> list[EvaluatedEvidence]:
    """All evidence about a release, from the ledger and, at `ask_registries`, the registries. Writes nothing.

    Raises `RegistryError` where one of them cannot be asked.
    """
    subjects = collect.subjects_of(context.workspace, pinned)
    taken = collect.collect(context, subjects, ask_registries=ask_registries)
    seen = collect.evaluate_statements(context, pinned, taken, context.now())
    ordered = sorted(seen, key=lambda pair: (pair[1].fact.received, pair[1].fact.type, pair[0].blob))
    return [_for_policies(context, pinned, *each) for each in ordered]


def evaluate_evidence(
    context: EvidenceSources, pinned: Pinned | None, read: ReadEvidence
) -> EvaluatedEvidence:
    """One statement, as if it were taken in now unless the ledger has it. Writes nothing."""
    digests = {each.digest for each in read.statement.subjects}
    subjects = [
        each
        for each in (collect.subjects_of(context.workspace, pinned) if pinned is not None else ())
        if each.digest in digests
    ]
    if pinned is None or not subjects:
        return _about_nothing(context, read)
    known = collect.collect(context, subjects, ask_registries=False)
    taken = next((each for each in known if each.blob == read.blob), None)
    taken = taken or CollectedStatement(read.envelope, read.blob, subjects[0], None)
    evaluated = collect.evaluate_statements(context, pinned, [taken], context.now())[0]
    return _for_policies(context, pinned, *evaluated)


def _for_policies(
    context: EvidenceSources, pinned: Pinned, taken: CollectedStatement, seen: EvaluatedStatement
) -> EvaluatedEvidence:
    """A statement that every requirement passes over that asks for such a one does not count, whoever signed it."""
    if not seen.fact.counted:
        return EvaluatedEvidence(taken, seen)
    known = {each.digest: each for each in collect.subjects_of(context.workspace, pinned)}
    about = {_kind(known[each], pinned) for each in seen.fact.subjects if each in known}
    asked = demands(seen.fact, about, context.levels.values(), pinned_commits(pinned.release))
    codes = [each.code for each in asked if each.code is not None]
    if codes and len(codes) == len(asked):
        roles = sorted({role for each in asked for role in each.by})
        refusal = Rejected(
            codes[0], {_signer(seen): seen.fact.signer, "roles": list(seen.fact.roles), "asked": roles}
        )
        seen = _not_counted(seen, refusal)
    return EvaluatedEvidence(taken, seen, asked)


def _signer(seen: EvaluatedStatement) -> str:
    return "identity" if seen.certificate is not None else "key"


def _not_counted(seen: EvaluatedStatement, refusal: Rejected) -> EvaluatedStatement:
    return replace(seen, fact=replace(seen.fact, counted=False, code=refusal.code), refusal=refusal)


def _kind(subject: collect.EvidenceSubject, pinned: Pinned) -> str:
    if subject.component is not None:
        return "image"
    if subject.digest.startswith("gitCommit:"):
        return "configuration"
    return "release" if subject.digest == pinned.digest else "content"


def _about_nothing(context: EvidenceSources, read: ReadEvidence) -> EvaluatedEvidence:
    """Of a statement about no pinned release nobody can say whose images it is about: no policy counts it."""
    digest = read.statement.subjects[0].digest
    taken = CollectedStatement(read.envelope, read.blob, collect.EvidenceSubject(digest, None), None)
    seen = collect.evaluate_statements(context, None, [taken], context.now())[0][1]
    if seen.refusal is None:
        refusal = Rejected("not-pinned", {"subjects": [each.digest for each in read.statement.subjects]})
        seen = _not_counted(replace(seen, fact=replace(seen.fact, roles=())), refusal)
    return EvaluatedEvidence(taken, seen)
