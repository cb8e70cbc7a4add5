"""Documents about releases, signed as they are in the workspace."""

from pathlib import Path

from msgspec import Struct

from ldmrelease.domain.predicates.document import is_document_kind, write_document
from ldmrelease.domain.statement_facts import DocumentFact
from ldmrelease.services.evidence.manual import (
    AddedEvidence,
    ReadEvidence,
    UnusableEvidence,
    add,
    evaluate_all,
    read_evidence,
    sign,
    subjects_about,
)
from ldmrelease.services.needs import EvidenceRecording
from ldmrelease.services.releases.document_files import document_file, document_path
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.signer import Signer


class DocumentElsewhere(Struct, frozen=True):
    """A file cannot be signed as that document: `path` is where the workspace keeps it."""

    code: str
    path: str


def sign_document(
    context: EvidenceRecording, signer: Signer, pinned: Pinned, file: Path, kind: str, about: str
) -> AddedEvidence | UnusableEvidence | DocumentElsewhere:
    """Sign a document about a release, or about its content, by somebody's key, and take the statement in.

    `file` is an absolute path. Raises `KeyProblem`, `RegistryError`.
    """
    if not is_document_kind(kind):
        return DocumentElsewhere("bad-kind", document_path(context.workspace, pinned.release, "KIND"))
    found = document_file(context.workspace, pinned.release, kind)
    if file.resolve() != (context.workspace.root / found.path).resolve():
        return DocumentElsewhere("elsewhere", found.path)
    if found.digest is None:
        return DocumentElsewhere(found.problem or "no-file", found.path)
    subjects = subjects_about(pinned, about, None, None)
    if isinstance(subjects, UnusableEvidence):
        return subjects
    document = DocumentFact(kind, found.digest)
    signed = _signed_before(context, pinned, document, subjects[0].digest, signer)
    if signed is None:
        predicate = write_document(document, found.path, context.now())
        signed = sign(signer, "document", subjects, predicate)
    read = read_evidence(signed)
    assert isinstance(read, ReadEvidence)
    return add(context, pinned, read)


def _signed_before(
    context: EvidenceRecording, pinned: Pinned, document: DocumentFact, subject: str, signer: Signer
) -> bytes | None:
    """The envelope, where the newest that counts of this kind is by the same key about the same file."""
    key = context.keyring.find(signer.keyid)
    about = [
        each
        for each in evaluate_all(context, pinned, ask_registries=False)
        if each.seen.fact.document is not None
        and each.seen.fact.document.kind == document.kind
        and each.seen.fact.counted
        and subject in each.seen.fact.subjects
    ]
    newest = about[-1] if about else None
    if newest is None or key is None or newest.seen.fact.signer != key.id:
        return None
    return newest.taken.envelope if newest.seen.fact.document == document else None
