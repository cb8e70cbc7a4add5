"""Documents about a release: release notes, known issues, characterisation reports, by the digest of their file.

There is no type of in-toto for it: this one is ours.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.images import is_digest
from ldmrelease.domain.predicates.interface import Predicate, StatementType
from ldmrelease.domain.statement_facts import DocumentFact

_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class _Document(Struct):
    kind: str
    digest: str


def is_document_kind(text: str) -> bool:
    """Whether a text may name a kind of document: it is a part of the file's path."""
    return _KIND.fullmatch(text) is not None


def write_document(document: DocumentFact, path: str, signed: datetime) -> dict[str, Any]:
    """The predicate about a document; `path` is where it was, for people."""
    return {
        "kind": document.kind,
        "digest": document.digest,
        "path": path,
        "signedOn": times.spell(signed),
    }


def read_document(predicate: Predicate) -> DocumentFact | str:
    """What it says, or the code `bad-document`."""
    try:
        found = msgspec.convert(predicate, _Document)
    except msgspec.ValidationError:
        return "bad-document"
    if not (is_document_kind(found.kind) and is_digest(found.digest)):
        return "bad-document"
    return DocumentFact(found.kind, found.digest)


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    document = read_document(predicate)
    return {"code": document} if isinstance(document, str) else {"document": document}


TYPE = StatementType(
    name="document",
    uris=("https://ldmrelease.invalid/document/v1",),
    times=(("signedOn",),),
    facts=_facts,
    has_own_rule=True,
)
