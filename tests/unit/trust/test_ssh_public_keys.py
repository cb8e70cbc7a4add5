"""Public keys as ssh spells them: the same key, with the same fingerprint and the same PEM, or a clear refusal."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.trust.keyring import make_key
from ldmrelease.trust.keys import KeyKind, fingerprint, read_public, ssh_strings, write_public
from ldmrelease.trust.signer import KeyProblem, generate, read_public_half
from tests.unit.trust.trust_samples import BIRTH


def line_of(key) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


LINES = {str(kind): line_of(read_public(generate(kind).public_pem)) for kind in KeyKind}


def made_up(kind: bytes, *values: bytes) -> str:
    return f"{kind.decode()} {base64.b64encode(ssh_strings(kind, *values)).decode()} me@host"


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize(
    "spell",
    [str, "{} ada@lsst.org".format, "{} two words\n".format, "# mine\n\n{}\n\n".format, "{}\r\n".format],
    ids=["bare", "comment", "words", "authorized_keys", "crlf"],
)
def test_one_key_has_one_spelling_inside(line, spell):
    key = read_public(spell(line))
    assert line_of(key) == line
    pem = write_public(key)
    assert pem.startswith("-----BEGIN PUBLIC KEY")
    # The keyring's digest is over this, and over nothing of the spelling.
    made = [make_key("ada", each, "Ada", roles=(), not_before=BIRTH) for each in (spell(line), pem)]
    assert made[0] == made[1]
    assert made[0].keyid == fingerprint(key)


REFUSED = {
    "rsa": (line_of(rsa.generate_private_key(65537, 2048).public_key()), "of kind ssh-rsa, neither"),
    "p384": (line_of(ec.generate_private_key(ec.SECP384R1()).public_key()), "neither ECDSA on P-256"),
    "token": (made_up(b"sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"), "on a FIDO token"),
    "certificate": (made_up(b"ssh-ed25519-cert-v01@openssh.com", bytes(32)), "a certificate"),
    "two": ("\n".join(LINES.values()), "several keys"),
    "options": (f'command="ls" {LINES["ed25519"]}', "options stand before the key"),
    "cut": (LINES["ed25519"][:40], "not whole"),
    "no base64": ("ssh-ed25519 AAAA*", "no base64"),
    "no key": ("ssh-ed25519", "not whole"),
    "another kind inside": (LINES["p256"].replace("ecdsa-sha2-nistp256", "ssh-ed25519"), "its bytes do not"),
    "more behind it": (made_up(b"ssh-ed25519", bytes(32), b"x"), "more bytes follow"),
    "beside the curve": (made_up(b"ecdsa-sha2-nistp256", b"nistp256", b"\x04" + bytes(64)), "."),
    "another curve": (made_up(b"ecdsa-sha2-nistp256", b"nistp521", b"\x04" + bytes(64)), "neither"),
    "text": ("hello", "not a public key"),
    "nothing": ("", "not a public key"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_with_why(tmp_path, text, why):
    with pytest.raises(ValueError, match=why):
        read_public(text)
    (tmp_path / "a.pub").write_text(text)
    with pytest.raises(KeyProblem, match=why):
        read_public_half(tmp_path / "a.pub")


@given(st.one_of(st.text(), st.sampled_from(["ssh-ed25519 ", "ecdsa-sha2-nistp256 AAAA"]).flatmap(
    lambda begin: st.text("AaBb+/=09 #", max_size=80).map(begin.__add__)
)))  # fmt: skip
def test_any_text_is_a_key_or_refused(text):
    with suppress(ValueError):
        assert read_public(text) is not None


@given(st.binary(max_size=120))
def test_any_bytes_are_a_key_or_refused(data):
    with suppress(ValueError):
        assert (
            read_public(f"ssh-ed25519 {base64.b64encode(ssh_strings(b'ssh-ed25519') + data).decode()}")
            is not None
        )
