"""Receipts for people."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import listed, said, short
from ldmrelease.render.tables import table

if TYPE_CHECKING:
    from ldmrelease.services.inventory.receipts import StoredReceipt


def receipts_text(receipts: Sequence[StoredReceipt]) -> str:
    """What each receipt says, a line each."""
    if not receipts:
        return ""
    rows = [
        (
            each.place,
            each.name,
            each.component,
            _says(each.envelope),
            each.promotion,
            each.time,
            f"{each.repository}@{short(each.subject)}",
            each.digest,
        )
        for each in receipts
    ]
    headers = ["place", "release", "component", "says", "promotion", "signed", "about", "envelope"]
    return table(headers, rows, spare=("about", "envelope", "signed"))


def _says(envelope: bytes) -> str:
    statement = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    predicate = statement["predicate"]
    return f"{said(predicate['verificationResult'])} {listed(predicate['verifiedLevels'])}"
