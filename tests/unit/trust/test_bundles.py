"""Signed bundles: what counts, and each way in which one does not."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.bundle import AllowedBecause, Bundle, BundleRelease
from ldmrelease.domain.release import Component, Release, release_digest
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.trust import bundles
from ldmrelease.trust.bundles import BUNDLE_TYPE, VerifiedBundle, sign_bundle, verify_bundle
from ldmrelease.trust.signer import generate
from ldmrelease.trust.verify import Rejected
from tests.bundles import AS_OF, Made, digest


def _code(made: Made, envelope: bytes | dict[str, Any], **change: Any) -> str:
    found = verify_bundle(envelope, made.keyring, at=change.pop("at", AS_OF), **change)
    assert isinstance(found, Rejected), "it counts"
    return found.code


def _signed(made: Made, plain: dict[str, Any]) -> bytes:
    return made.signer.sign(BUNDLE_TYPE, canonical.encode(plain)).to_bytes()


def test_a_bundle_counts_by_the_keys_of_a_trust_document() -> None:
    made = Made()
    bundle = made.bundle({digest(1): AllowedBecause.RUNNING})
    envelope = sign_bundle(bundle, made.signer)
    found = verify_bundle(envelope.to_bytes(), made.keyring, at=AS_OF)
    assert isinstance(found, VerifiedBundle)
    assert (found.bundle, found.key.person, found.checkpoint.size) == (bundle, "ledger", 9)
    assert found.digest == canonical.digest(envelope.payload)


def _paths(plain: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every value inside a plain one."""
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    return [path, *(each for key, value in inside for each in _paths(value, (*path, key)))]


def test_a_changed_byte_in_any_signed_part_is_noticed() -> None:
    made = Made()
    envelope = sign_bundle(made.bundle({digest(1): AllowedBecause.RUNNING}), made.signer)
    for position in range(0, len(envelope.payload), 7):
        changed = bytearray(envelope.payload)
        changed[position] ^= 1
        assert _code(made, replace(envelope, payload=bytes(changed)).to_bytes()) == "bad-signature", position
    signature = envelope.signatures[0]
    for position in range(len(signature.value)):
        value = bytearray(signature.value)
        value[position] ^= 1
        forged = replace(envelope, signatures=(signature._replace(value=bytes(value)),))
        assert _code(made, forged.to_bytes()) == "bad-signature"
    assert _code(made, replace(envelope, payload_type=f"{BUNDLE_TYPE}x").to_bytes()) == "wrong-type"


def test_every_part_of_it_is_signed() -> None:
    made = Made()
    envelope = sign_bundle(made.bundle({digest(1): AllowedBecause.RUNNING}), made.signer).to_dict()
    said = json.loads(base64.b64decode(envelope["payload"]))
    for path in _paths(said):
        other = json.loads(json.dumps(said))
        if not path:
            continue
        inside = other
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = "changed"
        forged = {**envelope, "payload": base64.b64encode(canonical.encode(other)).decode()}
        assert _code(made, forged) == "bad-signature", path


def test_an_unknown_signer_and_one_without_the_role_do_not_count() -> None:
    made, other = Made(), Made()
    assert _code(made, sign_bundle(other.bundle(), other.signer).to_bytes()) == "unknown-key"
    nobody = Made(types=("checkpoint",))
    assert _code(nobody, sign_bundle(nobody.bundle(), nobody.signer).to_bytes()) == "wrong-role"
    base = Made(environments=("base",))
    assert _code(base, sign_bundle(base.bundle(), base.signer).to_bytes()) == "wrong-environment"


def test_a_signer_speaks_of_its_own_repositories_alone() -> None:
    made = Made()
    keyring = made.keyring
    role = replace(keyring.roles[0], repositories=("elsewhere/*",))
    image = Component("app", ComponentKind.IMAGE, "registry.example.org/app", "w_2023_16", digest(5))
    own = Release("p", "w.2023.15", "weekly", (replace(image, source="elsewhere/app"),), (), None)
    release = Release("p", "w.2023.16", "weekly", (image,), (), None)
    bundle = made.bundle(
        releases=tuple(BundleRelease(release_digest(each), 1, each) for each in (own, release))
    )
    envelope = sign_bundle(bundle, made.signer).to_bytes()
    assert isinstance(verify_bundle(envelope, keyring, at=AS_OF), VerifiedBundle)
    found = verify_bundle(envelope, replace(keyring, roles=(role,)), at=AS_OF)
    assert isinstance(found, Rejected)
    assert found.code == "wrong-repository"


def test_a_key_that_counts_no_more_takes_its_bundles_along() -> None:
    made = Made()
    envelope = sign_bundle(made.bundle(), made.signer).to_bytes()
    keyring = made.keyring
    late = replace(keyring.keys[0], not_after=AS_OF + timedelta(hours=1))
    found = verify_bundle(envelope, replace(keyring, keys=(late,)), at=AS_OF + timedelta(hours=2))
    assert isinstance(found, Rejected)
    assert found.code == "key-expired"


def test_one_from_the_future_does_not_count() -> None:
    made = Made()
    envelope = sign_bundle(made.bundle(), made.signer).to_bytes()
    assert _code(made, envelope, at=AS_OF - timedelta(minutes=6)) == "future"
    near = verify_bundle(envelope, made.keyring, at=AS_OF - timedelta(minutes=4))
    assert isinstance(near, VerifiedBundle), "clocks may differ a little"


def test_one_of_another_kind_of_clock_does_not_count() -> None:
    made = Made()
    assert _code(made, sign_bundle(made.bundle(clock=True), made.signer).to_bytes()) == "other-clock"
    assert _code(made, sign_bundle(made.bundle(), made.signer).to_bytes(), clock=True) == "other-clock"


def test_a_duplicate_key_is_not_read() -> None:
    made = Made()
    payload = canonical.encode(made.bundle())
    twice = payload.replace(b'"serial":1', b'"serial":1,"serial":9')
    assert twice != payload
    assert _code(made, made.signer.sign(BUNDLE_TYPE, twice).to_bytes()) == "malformed"
    outside = sign_bundle(made.bundle(), made.signer).to_bytes().replace(b"{", b'{"payload":"",', 1)
    assert _code(made, outside) == "malformed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"more": 1}, "unknown-field"),
        ({"serial": "1"}, "malformed"),
        ({"schema": 2}, "newer-schema"),
        ({"as_of": "2023-04-20T14:00:00+02:00"}, "malformed"),
        ({"stale_after": "2023-04-19T12:00:00Z"}, "bad-times"),
        ({"expires": "2023-04-20T13:00:00Z"}, "bad-times"),
        ({"checkpoint": {}}, "bad-checkpoint"),
        ({"genesis": digest(7)}, "bad-checkpoint"),
        ({"ledger": "another"}, "bad-checkpoint"),
    ],
)
def test_what_does_not_fit_together_does_not_count_whoever_signed(change: dict[str, Any], code: str) -> None:
    made = Made()
    assert _code(made, _signed(made, {**canonical.to_plain(made.bundle()), **change})) == code


def test_a_release_has_the_digest_of_its_document() -> None:
    made = Made()
    release = Release("p", "w.2023.16", "weekly", (), (), None)
    right = BundleRelease(release_digest(release), 1, release)
    bundle: Bundle = made.bundle(releases=(right, BundleRelease(digest(5), 1, release)))
    assert _code(made, sign_bundle(bundle, made.signer).to_bytes()) == "bad-release"


def test_a_checkpoint_by_somebody_else_does_not_count() -> None:
    made, other = Made(), Made(signer=generate())
    bundle = made.bundle(checkpoint=other.bundle().checkpoint)
    assert _code(made, sign_bundle(bundle, made.signer).to_bytes()) == "bad-checkpoint"


def test_what_is_too_large_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    envelope = sign_bundle(made.bundle(), made.signer).to_bytes()
    monkeypatch.setattr(bundles, "LIMIT", len(envelope) - 1)
    monkeypatch.setattr(bundles, "verified_payload", None)
    assert _code(made, envelope) == "too-large"
