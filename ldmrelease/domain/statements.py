"""Evidence: in-toto Statements v1 about images, releases and contents (trust.md section 1)."""

from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
# What cosign 2 writes: the same fields, of which we read the same way.
_READ_TYPES = (STATEMENT_TYPE, "https://in-toto.io/Statement/v0.1")
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Subject(Struct, frozen=True):
    """What a statement is about; `digest` is `sha256:<hex>` or `gitCommit:<hex>`."""

    name: str
    digest: str


class Statement(Struct, frozen=True):
    """A statement as read; `evidence` is the SHA-256 of the payload and counts a statement once."""

    evidence: str
    predicate_type: str
    subjects: tuple[Subject, ...]
    predicate: dict[str, Any]


class Unreadable(Struct, frozen=True):
    """A payload that is not a statement: `code` for programs, `detail` for people."""

    code: str
    detail: str


def read_statement(payload: bytes) -> Statement | Unreadable:
    """Read the payload of an envelope strictly (in-toto attestation framework, Statement v1)."""
    try:
        plain = canonical.parse(payload)
    except canonical.NotCanonical as error:
        return Unreadable("malformed", str(error))
    if not isinstance(plain, dict) or plain.get("_type") not in _READ_TYPES:
        return Unreadable("not-a-statement", f"_type is not {STATEMENT_TYPE}")
    unknown = set(plain) - {"_type", "subject", "predicateType", "predicate"}
    if unknown:
        return Unreadable("unknown-field", f"unknown field {sorted(unknown)[0]!r}")
    subjects = _subjects(plain.get("subject"))
    if isinstance(subjects, Unreadable):
        return subjects
    predicate_type, predicate = plain.get("predicateType"), plain.get("predicate", {})
    if not isinstance(predicate_type, str) or not isinstance(predicate, dict):
        return Unreadable("malformed", "predicateType must be text and predicate an object")
    return Statement(canonical.digest(payload), predicate_type, subjects, predicate)


def write_statement(predicate_type: str, subjects: tuple[Subject, ...], predicate: dict[str, Any]) -> bytes:
    """The canonical payload of a statement. Raises `ValueError` for what `read_statement` would not read: nothing is
    signed that nobody accepts.
    """
    payload = canonical.encode(
        {
            "_type": STATEMENT_TYPE,
            "predicateType": predicate_type,
            "subject": [_written_subject(each) for each in subjects],
            "predicate": predicate,
        }
    )
    found = read_statement(payload)
    if isinstance(found, Unreadable):
        raise ValueError(f"no statement: {found.detail} ({found.code})")
    return payload


def _written_subject(subject: Subject) -> dict[str, Any]:
    algorithm, _, value = subject.digest.partition(":")
    return {"name": subject.name, "digest": {algorithm: value}}


def _subjects(raw: Any) -> tuple[Subject, ...] | Unreadable:
    if not isinstance(raw, list) or not raw:
        return Unreadable("no-subject", "a statement needs at least one subject")
    if len(raw) > 1024:
        return Unreadable("too-many-subjects", f"{len(raw)} subjects; at most 1024 are read")
    found = [_subject(each) for each in raw]
    return next((each for each in found if isinstance(each, Unreadable)), None) or tuple(
        each for each in found if isinstance(each, Subject)
    )


def _subject(raw: Any) -> Subject | Unreadable:
    if not isinstance(raw, dict) or set(raw) - {"name", "digest"}:
        return Unreadable("unknown-field", "a subject has name and digest, nothing else")
    digest = raw.get("digest")
    if not isinstance(digest, dict) or len(digest) != 1:
        return Unreadable("bad-digest", "a subject needs exactly one digest")
    (algorithm, value), name = next(iter(digest.items())), raw.get("name", "")
    length = {"sha256": 64, "gitCommit": 40}.get(algorithm)
    if not isinstance(value, str) or not isinstance(name, str) or len(value) != length:
        return Unreadable("bad-digest", f"{algorithm}:{value} is neither a sha256 nor a gitCommit digest")
    if set(value) - set("0123456789abcdef"):
        return Unreadable("bad-digest", f"{algorithm}:{value} is not lower-case hex")
    return Subject(name, f"{algorithm}:{value}")
