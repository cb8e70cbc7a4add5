"""Signed fences: what a place keeps counts only as far as a key that may claim the place has signed it.

Whoever can push to a repository or write into a namespace can put anything there. A fence that is junk, forged, of
another place or by a key that does not count is seen and has no effect (docs/decisions/0031).
"""

from datetime import datetime

from ldmrelease.domain import canonical
from ldmrelease.domain.events.place import PlaceClaimed
from ldmrelease.domain.events.registry import type_of_body
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import read_exactly, verified_payload
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected

FENCE_TYPE = "application/vnd.ldmrelease.fence.v1+json"
LIMIT = 16 * 1024
"""Bytes; ours have less than one thousand."""


def sign_fence(fence: Fence, signer: Signer) -> bytes:
    """What a place is to keep: the envelope of the fence."""
    return signer.sign(FENCE_TYPE, canonical.encode(fence)).to_bytes()


def verify_fence(kept: bytes, keyring: Keyring, *, place: Place, at: datetime) -> Fence | Rejected:
    """The fence that a place keeps, if its key may claim the place; `at` is when it is looked at.

    Codes: those of the envelope, of `verify` and of `entitled_roles`, and `unsigned`, `wrong-type`, `malformed`,
    `unknown-field`, `wrong-place` (it was signed for another one).
    """
    if len(kept) > LIMIT:
        return Rejected("malformed", {"detail": f"it has {len(kept)} bytes"})
    verified = verified_payload(kept, FENCE_TYPE, keyring, at=at)
    if isinstance(verified, Rejected):
        return verified
    fence = read_exactly(verified.payload, Fence)
    if isinstance(fence, Rejected):
        return fence
    if fence.place != place:
        return Rejected("wrong-place", {"signed": str(fence.place), "found": str(place)})
    # A fence is the claim as the place keeps it: who may claim there may sign it.
    claims = type_of_body(PlaceClaimed).role_type
    roles = entitled_roles(claims, verified.key, keyring, environments=(place.environment,))
    return roles if isinstance(roles, Rejected) else fence
