"""Signed fences for tests of targets: a key that may claim places of the summit, and one that may not."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial

from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.targets.fence import LaterClaim, WriteGrant
from ldmrelease.targets.git.commits import Note
from ldmrelease.trust.fences import sign_fence, verify_fence
from ldmrelease.trust.keyring import EVERYWHERE, Keyring, Role, make_key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import Signer, generate

NOW = datetime(2023, 4, 21, 18, 0, tzinfo=UTC)


@cache
def promoter_key() -> Signer:
    """The key that may claim."""
    return generate(KeyKind.P256)


@cache
def other_key() -> Signer:
    """A key that the trust document has for something else."""
    return generate(KeyKind.P256)


@cache
def keyring() -> Keyring:
    """Both."""
    begin = datetime(2023, 1, 1, tzinfo=UTC)
    keys = (
        make_key("promoter", promoter_key().public_pem, "robot", roles=("promoter",), not_before=begin),
        make_key("ci", other_key().public_pem, "robot", roles=("ci",), not_before=begin),
    )
    return Keyring(keys, (Role("promoter", ("claim",), (EVERYWHERE,)), Role("ci", ("check",), (EVERYWHERE,))))


def signed(fence: Fence, signer: Signer | None = None) -> bytes:
    """What a place keeps of it."""
    return sign_fence(fence, signer or promoter_key())


def fence_in(kept: object, place: Place) -> Fence:
    """The fence in what a place keeps."""
    assert isinstance(kept, bytes), kept
    found = verify_fence(kept, keyring(), place=place, at=NOW)
    assert isinstance(found, Fence), found
    return found


def grant_for(
    fence: Fence,
    note: Note,
    extends: Callable[[Fence], bool] = lambda _: True,
    overtaken: Callable[[], LaterClaim | None] = lambda: None,
) -> WriteGrant:
    """The right to write under a fence."""
    believed = partial(verify_fence, keyring=keyring(), place=fence.place, at=NOW)
    return WriteGrant(fence.place, fence, signed(fence), believed, extends, note, overtaken=overtaken)
