"""Public keys as ssh spells them: a line `TYPE BASE64 COMMENT`, or a file with one of them.

Nothing but the key is taken from the line: options before it, as `authorized_keys` may have, limit what ssh lets one
do, and would be lost here without a word.
"""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

SshKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256")
NEITHER = "neither ECDSA on P-256 nor ed25519"
_LIKE_A_KIND = ("ssh-", "ecdsa-", "sk-")


def ssh_texts(data: bytes, count: int) -> tuple[tuple[bytes, ...], bytes]:
    """So many values that data of ssh begins with, and what follows. Raises `IndexError` where it is too short."""
    found = []
    for _ in range(count):
        if len(data) < 4:
            raise IndexError("too short for a length")
        end = 4 + int.from_bytes(data[:4], "big")
        if end > len(data):
            raise IndexError("shorter than it says")
        found.append(data[4:end])
        data = data[end:]
    return tuple(found), data


def _is_key(line: str) -> bool:
    words = line.split(None, 2)
    return len(words) > 1 and words[0].startswith(_LIKE_A_KIND) and words[1].startswith("AAAA")


def read_ssh_public(text: str) -> SshKey:
    """The key of a text of one such line, comments and empty lines aside. Raises `ValueError`."""
    lines = [each.strip() for each in text.splitlines()]
    keys = [each for each in lines if each and not each.startswith("#")]
    if len(keys) > 1 and all(_is_key(each) for each in keys):
        raise ValueError("several keys are in it; name a file of one key")
    if len(keys) != 1 or not any(kind in keys[0] for kind in _LIKE_A_KIND):
        raise ValueError("not a public key in PEM (BEGIN PUBLIC KEY), nor one as ssh spells it")
    kind, _, rest = keys[0].partition(" ")
    if not kind.startswith(_LIKE_A_KIND):
        raise ValueError("options stand before the key; leave them out: TYPE BASE64 COMMENT")
    spelled = rest.split(None, 1)
    try:
        blob = base64.b64decode(spelled[0] if spelled else "", validate=True)
    except binascii.Error:
        raise ValueError("the key is not whole: what follows its type is no base64") from None
    return read_blob(blob, kind)


def read_blob(blob: bytes, kind: str | None = None) -> SshKey:
    """The key that ssh sends as these bytes. kind: what it was said to be. Raises `ValueError`."""
    try:
        (said,), rest = ssh_texts(blob, 1)
        name = said.decode("ascii")
        if kind is not None and name != kind:
            raise ValueError(f"the key is not whole: it says that it is {kind}, and its bytes do not")
        _require_kind(name)
        if name == "ssh-ed25519":
            (raw,), left = ssh_texts(rest, 1)
            key: SshKey = ed25519.Ed25519PublicKey.from_public_bytes(raw)
        else:
            (curve, raw), left = ssh_texts(rest, 2)
            if curve != b"nistp256":
                raise ValueError(f"the key is {NEITHER}")
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except (IndexError, UnicodeDecodeError):
        raise ValueError("the key is not whole: its bytes end too early") from None
    if left:
        raise ValueError("the key is not whole: more bytes follow it")
    return key


def _require_kind(name: str) -> None:
    """Raise `ValueError` for the kinds of ssh that sign nothing here, each with why."""
    if name in KINDS:
        return
    if name.startswith("sk-"):
        raise ValueError(
            f"the key is on a FIDO token ({ascii(name)[1:-1]}): what it signs has a counter and the token's flags "
            "in it, which no verifier of envelopes knows; take a key without a token"
        )
    if "-cert-" in name:
        raise ValueError(
            "it is a certificate, and its key is to be trusted by itself; name the key's .pub file"
        )
    raise ValueError(f"the key is of kind {ascii(name)[1:-1]}, {NEITHER}")
