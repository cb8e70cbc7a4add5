"""Receipts: SLSA verification summaries, with what they say."""

import base64
import json
from collections.abc import Iterable
from typing import Any

import msgspec

from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText
from ldmrelease.services.inventory.receipts import StoredReceipt


class ReceiptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A signed receipt; `component` is `release` for the release's own. `subject` in `repository` is what it is
    about, `digest` that of its `envelope`, `statement` what this holds.
    """

    place: PlaceName
    release: ReleaseName
    component: str
    promotion: str
    signed: TimeText
    subject: DigestText
    repository: str
    digest: DigestText
    statement: dict[str, Any]
    envelope: dict[str, Any]


Receipts = list[ReceiptAnswer]


def receipt_answers(found: Iterable[StoredReceipt]) -> Receipts:
    """Receipts as the ledger has them."""
    return [_receipt(each, json.loads(each.envelope)) for each in found]


def _receipt(stored: StoredReceipt, envelope: dict[str, Any]) -> ReceiptAnswer:
    return ReceiptAnswer(
        place=stored.place,
        release=stored.name,
        component=stored.component,
        promotion=stored.promotion,
        signed=stored.time,
        subject=stored.subject,
        repository=stored.repository,
        digest=stored.digest,
        statement=json.loads(base64.b64decode(envelope["payload"])),
        envelope=envelope,
    )
