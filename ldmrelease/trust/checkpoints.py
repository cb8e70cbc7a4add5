"""Signed checkpoints of a ledger: kept elsewhere, they show a cut tail or a fork."""

from datetime import datetime
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint
from ldmrelease.trust.authorize import entitled_roles, too_early
from ldmrelease.trust.dsse import Envelope
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import VerifiedRecord, read_exactly, verified_payload
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected

CHECKPOINT_TYPE = "application/vnd.ldmrelease.checkpoint.v1+json"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> Envelope:
    """The signed checkpoint."""
    return signer.sign(CHECKPOINT_TYPE, canonical.encode(checkpoint))


def verify_checkpoint(
    envelope: bytes | dict[str, Any], keyring: Keyring, *, at: datetime
) -> VerifiedRecord[Checkpoint] | Rejected:
    """The checkpoint in an envelope, if its key may sign checkpoints; `at` is when it is looked at."""
    verified = verified_payload(envelope, CHECKPOINT_TYPE, keyring, at=at)
    if isinstance(verified, Rejected):
        return verified
    checkpoint = read_exactly(verified.payload, Checkpoint)
    if isinstance(checkpoint, Rejected):
        return checkpoint
    roles = entitled_roles("checkpoint", verified.key, keyring)
    if isinstance(roles, Rejected):
        return roles
    early = too_early(verified.key, checkpoint.time, at)
    return early or VerifiedRecord(
        checkpoint, verified.key.person, verified.key, tuple(each.name for each in roles)
    )
