"""Key files: who may read them, what they may hold, and what the messages say."""

from __future__ import annotations

import base64
import hashlib
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.trust.dsse import pae
from ldmrelease.trust.keys import KeyKind, read_public, signed_by
from ldmrelease.trust.signer import KeyProblem, generate, load_signer

PASSWORD = "LDMRELEASE_KEY_PASSWORD"


@pytest.fixture(autouse=True)
def _no_password(monkeypatch):
    monkeypatch.delenv(PASSWORD, raising=False)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_written_key_is_private_and_signs_as_before(tmp_path, kind):
    signer, path = generate(kind), tmp_path / "key.pem"
    signer.write_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = load_signer(path)
    assert (loaded.keyid, loaded.kind, loaded.public_pem) == (signer.keyid, kind, signer.public_pem)
    envelope = loaded.sign("text/x", b"hi")
    assert envelope.signatures[0].keyid == signer.keyid
    assert signed_by(read_public(signer.public_pem), envelope.signatures[0].value, pae("text/x", b"hi"))


@pytest.mark.parametrize("kind", KeyKind)
def test_every_spelling_gives_the_same_key(tmp_path, kind):
    """What `write_key` writes is read without the library's loader, everything else by it."""
    signer = generate(kind)
    pkcs8 = signer.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for number, pem in enumerate((pkcs8, pkcs8 + b"\n", pkcs8.replace(b"\n", b"\r\n"))):
        path = tmp_path / f"{number}.pem"
        path.write_bytes(pem)
        path.chmod(0o600)
        found = load_signer(path)
        assert (found.keyid, found.public_pem) == (signer.keyid, signer.public_pem)
        assert found.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) == pkcs8


def test_a_key_whose_public_half_is_another_ones_is_refused(tmp_path):
    own, other = (generate().private for _ in range(2))
    der, others = (
        each.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) for each in (own, other)
    )
    path = tmp_path / "mixed.pem"
    mixed = base64.encodebytes(der[:-65] + others[-65:]).decode().replace("\n", "")
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{mixed}\n-----END PRIVATE KEY-----\n")
    path.chmod(0o600)
    with pytest.raises(KeyProblem):
        load_signer(path)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_signature_holds_for_nothing_else(kind):
    signer = generate(kind)
    value = signer.sign("text/x", b"hi").signatures[0].value
    assert not signed_by(read_public(signer.public_pem), value, pae("text/y", b"hi"))
    assert not signed_by(read_public(generate(kind).public_pem), value, pae("text/x", b"hi"))


def test_the_key_id_is_what_ssh_prints():
    signer = generate()
    line = read_public(signer.public_pem).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    assert signer.keyid == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def test_a_key_is_never_overwritten(tmp_path):
    path = tmp_path / "key.pem"
    generate().write_key(path)
    before = path.read_bytes()
    with pytest.raises(KeyProblem, match=r"key\.pem: exists"):
        generate().write_key(path)
    assert path.read_bytes() == before


def test_a_key_cannot_be_written_where_there_is_no_directory(tmp_path):
    with pytest.raises(KeyProblem, match="cannot be written"):
        generate().write_key(tmp_path / "nowhere" / "key.pem")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    path = tmp_path / "key.pem"
    generate().write_key(path)
    path.chmod(mode)
    with pytest.raises(KeyProblem, match=rf"mode {mode:04o}\); chmod 600 .*key\.pem"):
        load_signer(path)


def test_a_passphrase_comes_from_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "key.pem"
    monkeypatch.setenv(PASSWORD, "sesame")
    signer = generate()
    signer.write_key(path)
    assert b"ENCRYPTED" in path.read_bytes()
    assert load_signer(path).keyid == signer.keyid
    monkeypatch.setenv(PASSWORD, "wrong")
    with pytest.raises(KeyProblem, match=PASSWORD):
        load_signer(path)
    monkeypatch.delenv(PASSWORD)
    with pytest.raises(KeyProblem, match=f"set {PASSWORD}"):
        load_signer(path)


def test_a_passphrase_is_for_the_keys_that_have_one(tmp_path, monkeypatch):
    """A workspace names several keys: that of a person may be encrypted beside those of its processes that are not."""
    path = tmp_path / "key.pem"
    signer = generate()
    signer.write_key(path)
    monkeypatch.setenv(PASSWORD, "sesame")
    assert load_signer(path).keyid == signer.keyid


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KeyProblem, match=r"none\.pem: cannot be read"):
        load_signer(tmp_path / "none.pem")


def test_what_is_no_key_is_refused(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("hello")
    path.chmod(0o600)
    with pytest.raises(KeyProblem, match="PKCS#8"):
        load_signer(path)


@pytest.mark.parametrize(
    "private", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_other_kinds_of_keys_are_refused(tmp_path, private):
    path = tmp_path / "key.pem"
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(KeyProblem, match="neither ECDSA on P-256 nor ed25519"):
        load_signer(path)


def test_statements_are_not_signed_by_keys_that_other_verifiers_do_not_read():
    with pytest.raises(KeyProblem, match="P-256"):
        generate(KeyKind.ED25519).sign(PAYLOAD_TYPE, b"{}")


def test_the_private_key_is_in_no_message():
    assert repr(generate()).startswith("Signer(SHA256:")


def test_encrypted_by_others_is_read(tmp_path, monkeypatch):
    private = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sesame"))
    )
    path.chmod(0o600)
    monkeypatch.setenv(PASSWORD, "sesame")
    assert load_signer(path).kind is KeyKind.P256
