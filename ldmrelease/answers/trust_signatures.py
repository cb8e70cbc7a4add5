"""What is told of who has signed the trust document, and of what changes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ldmrelease.services.operations.trust_document import SignedDocument


class TrustChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the trust document: `before` is null where there was none."""

    field: str
    before: Any
    after: Any


class SignaturesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who has signed a version of the trust document: names of root keys. `missing` is how many more persons have to
    sign, at least; `fault` is why the document as it is counts as nobody's, `not_by_us` why the own key has not signed.
    """

    by: tuple[str, ...]
    missing: int
    fault: str | None
    not_by_us: str | None


def signatures_answer(found: SignedDocument) -> SignaturesAnswer:
    """The signatures of a document."""
    fault = found.trust.unsigned
    return SignaturesAnswer(
        by=found.by,
        missing=found.missing,
        fault=None if fault is None else fault.detail,
        not_by_us=found.not_by_us or None,
    )
