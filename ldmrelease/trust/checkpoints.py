"""Signed checkpoints of a ledger: kept elsewhere, they show a cut tail or a fork."""

from datetime import datetime
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint
from ldmrelease.trust.authorize import entitled, too_early
from ldmrelease.trust.dsse import Envelope
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import Opened, opened_payload, read_exactly
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import NotCounted

CHECKPOINT_TYPE = "application/vnd.ldmrelease.checkpoint.v1+json"


def seal_checkpoint(checkpoint: Checkpoint, signer: Signer) -> Envelope:
    """The signed checkpoint."""
    return signer.sign(CHECKPOINT_TYPE, canonical.encode(checkpoint))


def open_checkpoint(
    envelope: bytes | dict[str, Any], keyring: Keyring, *, at: datetime
) -> Opened[Checkpoint] | NotCounted:
    """The checkpoint in an envelope, if its key may sign checkpoints; `at` is when it is looked at."""
    verified = opened_payload(envelope, CHECKPOINT_TYPE, keyring, at=at)
    if isinstance(verified, NotCounted):
        return verified
    checkpoint = read_exactly(verified.payload, Checkpoint)
    if isinstance(checkpoint, NotCounted):
        return checkpoint
    roles = entitled("checkpoint", verified.key, keyring)
    if isinstance(roles, NotCounted):
        return roles
    early = too_early(verified.key, checkpoint.time, at)
    return early or Opened(checkpoint, verified.key.person, verified.key, tuple(each.name for each in roles))
