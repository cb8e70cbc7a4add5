"""Kinds of event: their names, and what is said of each beside its body: which key signs it, what entitles to it.

A new kind is added in the file of its noun beside this one (`TYPES`), not here, unless other code asks for it by name.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

ME, RUNNER, OBSERVER, PROMOTER, LEDGER, BRIDGE = "me", "runner", "observer", "promoter", "ledger", "bridge"
"""Purposes of the workspace's keys: who asks, who runs checks, who observes, the process that promotes, who says what
the ledger as a whole says, and who tells what was decided in other systems."""


class EventKind(StrEnum):
    """The names of kinds that other code asks for; every kind with its body is in `registry`."""

    CREATED = "ledger.created"
    BEGUN_ANEW = "ledger.begun-anew"
    PINNED = "release.pinned"
    RECEIVED = "statement.received"
    REGISTERED = "run.registered"
    REQUESTED = "promotion.requested"
    DECIDED = "decision.made"
    PLANNED = "promotion.planned"
    WAITING = "promotion.waiting"
    RESUMED = "promotion.resumed"
    HALTING = "promotion.halting"
    ENDED = "promotion.ended"
    CLAIMED = "place.claimed"
    RELEASED = "place.released"
    INTENDED = "step.intended"
    DONE = "step.done"
    STEP_FAILED = "step.failed"
    OBSERVED = "observation.made"
    RECEIPT = "receipt.signed"
    RECEIPT_SKIPPED = "receipt.skipped"
    TRUST_ADOPTED = "trust.adopted"
    DESIRED_IMPORTED = "desired.imported"
    SYNCS_IMPORTED = "syncs.imported"
    SIGHTINGS_IMPORTED = "sightings.imported"
    BUNDLE_EXPORTED = "bundle.exported"
    INDEX_SIGNED = "index.signed"
    APPROVED = "approval.given"
    APPROVAL_OBSERVED = "approval.observed"
    APPROVAL_WITHDRAWN = "approval.withdrawn"
    WAIVED = "waiver.given"
    WAIVER_WITHDRAWN = "waiver.withdrawn"
    HELD = "hold.set"
    HOLD_LIFTED = "hold.lifted"
    REVIEWED = "review.given"
    NOTIFICATION_DUE = "notification.due"
    NOTIFICATIONS_SENT = "notifications.sent"
    REVIEW_OWED = "review.owed"


def _nowhere(_: Any) -> tuple[str, ...]:
    return ()


def _nothing(_: Any) -> None:
    return None


class EventType(Struct, frozen=True):
    """A kind of event in one version.

    `body` is the type of what it says; `purpose` names the key of the workspace that signs it, `role_type` what a
    role of the trust document has to list for its key to be entitled to it. `stream` is where a body belongs, None
    where whoever writes it says so; `environments` are those that it speaks of, and `time` the one that it claims
    itself, if any.
    """

    kind: str
    body: type[Any]
    purpose: str
    role_type: str
    stream: Callable[[Any], str | None] = _nothing
    environments: Callable[[Any], tuple[str, ...]] = _nowhere
    time: Callable[[Any], datetime | None] = _nothing
    version: int = 1
