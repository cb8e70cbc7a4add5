"""Signed bundles: an envelope that counts by a trust document alone, wherever it was found.

A key may sign bundles where a role of it has the type `bundle` and covers every environment and every repository that
the bundle speaks of.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical, times
from ldmrelease.domain.bundle import SCHEMA, Bundle
from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.release import release_digest
from ldmrelease.trust.authorize import entitled_roles, too_early
from ldmrelease.trust.checkpoints import verify_checkpoint
from ldmrelease.trust.dsse import Envelope
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.records import read_exactly, verified_payload
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected

BUNDLE_TYPE = "application/vnd.ldmrelease.bundle.v1+json"
"""The DSSE payload type of a bundle, and the artifact type of one in a registry."""
LIMIT = 16 * 1024 * 1024
"""Bytes of an envelope; what is larger is not read."""


class VerifiedBundle(Struct, frozen=True):
    """A bundle that counts: the digest of its payload, the key that signed it, and the checkpoint in it, verified."""

    bundle: Bundle
    digest: str
    key: Key
    checkpoint: Checkpoint


def sign_bundle(bundle: Bundle, signer: Signer) -> Envelope:
    """The signed bundle."""
    return signer.sign(BUNDLE_TYPE, canonical.encode(bundle))


def verify_bundle(
    envelope: bytes | dict[str, Any], keyring: Keyring, *, at: datetime, clock: bool = False
) -> VerifiedBundle | Rejected:
    """The bundle in an envelope, if its key may speak for all that it speaks of; `at` is when it is looked at.

    `clock`: whoever looks has a clock of its own. Whether it is fresh, and of the right ledger, is another question.
    Codes: those of the envelope, of `verify` and of `entitled_roles`, and `too-large`, `wrong-type`, `malformed`,
    `unknown-field`, `newer-schema`, `other-clock`, `future`, `bad-checkpoint`, `bad-release`, `bad-times`.
    """
    if isinstance(envelope, bytes) and len(envelope) > LIMIT:
        return Rejected("too-large", {"detail": f"{len(envelope)} bytes; the limit is {LIMIT}"})
    verified = verified_payload(envelope, BUNDLE_TYPE, keyring, at=at)
    if isinstance(verified, Rejected):
        return verified
    bundle = _read(verified.payload)
    if isinstance(bundle, Rejected):
        return bundle
    names = tuple(each.name for each in bundle.environments)
    repositories = tuple(sorted({name for each in bundle.releases for name in each.release.repositories}))
    roles = entitled_roles("bundle", verified.key, keyring, environments=names, repositories=repositories)
    if isinstance(roles, Rejected):
        return roles
    if bundle.clock != clock:
        return Rejected("other-clock")
    wrong = too_early(verified.key, bundle.as_of, at) or _contradiction(bundle)
    head = wrong or _checkpoint(bundle, keyring, at)
    if isinstance(head, Rejected):
        return head
    return VerifiedBundle(bundle, canonical.digest(verified.payload), verified.key, head)


def _read(payload: bytes) -> Bundle | Rejected:
    try:
        plain = canonical.parse_exactly(payload)
    except canonical.NotCanonical as error:
        return Rejected("malformed", {"detail": str(error)})
    schema = plain.get("schema") if isinstance(plain, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        return Rejected("newer-schema", {"detail": f"{schema}; known is {SCHEMA}"})
    return read_exactly(payload, Bundle)


def _contradiction(bundle: Bundle) -> Rejected | None:
    """What in it does not fit together, though somebody signed it."""
    if not bundle.as_of <= bundle.stale_after <= bundle.expires:
        moments = (bundle.as_of, bundle.stale_after, bundle.expires)
        return Rejected("bad-times", {"detail": ", ".join(map(times.spell, moments))})
    for each in bundle.releases:
        if release_digest(each.release) != each.digest:
            return Rejected("bad-release", {"detail": each.release.name})
    return None


def _checkpoint(bundle: Bundle, keyring: Keyring, at: datetime) -> Checkpoint | Rejected:
    found = verify_checkpoint(bundle.checkpoint, keyring, at=at)
    if isinstance(found, Rejected):
        return Rejected("bad-checkpoint", {"detail": found.code})
    if (found.body.ledger, found.body.genesis) != (bundle.ledger, bundle.genesis):
        return Rejected("bad-checkpoint", {"detail": "it is of another ledger"})
    return found.body
