"""Public keys are read from their usual spelling by a short way, which takes nothing that the long one refuses."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.trust import keys
from ldmrelease.trust.dsse import pae
from ldmrelease.trust.keys import KeyKind, fingerprint, read_public, signed_by, write_public
from ldmrelease.trust.signer import generate

PEMS = [generate(kind).public_pem for kind in KeyKind]


def spelled(data: bytes) -> str:
    text = base64.encodebytes(data).decode().replace("\n", "")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([keys._BEGIN, *lines, keys._END, ""])


def data_of(pem: str) -> bytes:
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


@pytest.mark.parametrize("pem", PEMS, ids=list(KeyKind))
def test_both_ways_read_the_same_key(pem: str) -> None:
    usual, any_ = keys._read_usual(pem), keys._read_any(pem)
    assert usual is not None
    assert write_public(usual) == write_public(any_) == write_public(read_public(pem)) == pem
    assert fingerprint(usual) == fingerprint(any_)


@pytest.mark.parametrize("pem", PEMS, ids=list(KeyKind))
@given(data=st.data())
def test_a_spelling_with_a_byte_changed_is_read_alike_or_refused(pem: str, data: st.DataObject) -> None:
    before = data_of(pem)
    place = data.draw(st.integers(0, len(before) - 1))
    changed = spelled(before[:place] + data.draw(st.binary(min_size=1, max_size=1)) + before[place + 1 :])
    usual = keys._read_usual(changed)
    if usual is not None:
        assert write_public(usual) == write_public(keys._read_any(changed)) == changed


@pytest.mark.parametrize("pem", PEMS, ids=list(KeyKind))
@pytest.mark.parametrize(
    "spell", [str.rstrip, " {}".format, "{}\n".format, lambda pem: pem.replace("\n", "\r\n")]
)
def test_other_spellings_are_left_to_the_long_way(pem: str, spell: Callable[[str], str]) -> None:
    assert keys._read_usual(spell(pem)) is None
    assert write_public(read_public(spell(pem))) == pem


def test_a_point_beside_the_curve_is_no_key() -> None:
    wrong = spelled(keys._P256 + b"\x04" + bytes(63) + b"\x01")
    assert keys._read_usual(wrong) is None
    with pytest.raises(ValueError, match="not a public key"):
        read_public(wrong)


def test_other_curves_are_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(ValueError, match="neither ECDSA on P-256 nor ed25519"):
        read_public(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_that_was_read_verifies_what_it_signed(kind: KeyKind) -> None:
    signer = generate(kind)
    signature = signer.sign("type", b"payload").signatures[0].value
    public = read_public(signer.public_pem)
    assert signed_by(public, signature, pae("type", b"payload"))
    assert not signed_by(public, signature, pae("type", b"other"))
