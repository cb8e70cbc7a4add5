"""Key files that people have already, and those that somebody means ill with: read, or refused in bounded work."""

from __future__ import annotations

import base64
import json
import os
import resource
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldmrelease.trust import cosign_keys
from ldmrelease.trust.keys import KeyKind, ssh_strings
from ldmrelease.trust.private_keys import read_private
from ldmrelease.trust.signer import KeyProblem, generate, load_signer, read_public_half

PASSWORD, COSIGN = "LDMRELEASE_KEY_PASSWORD", "COSIGN_PASSWORD"
KEYS = Path(__file__).parents[2] / "data" / "keys"
KINDS = {"p256": KeyKind.P256, "ed25519": KeyKind.ED25519}


@pytest.fixture(autouse=True)
def _no_password(monkeypatch):
    monkeypatch.delenv(PASSWORD, raising=False)
    monkeypatch.delenv(COSIGN, raising=False)


def key_file(folder: Path, data: bytes) -> Path:
    path = folder / "a.key"
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def openssh(private, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption)


class TestCosign:
    @pytest.mark.parametrize("variable", [COSIGN, PASSWORD])
    @pytest.mark.parametrize("name", KINDS)
    def test_its_key_is_read_with_its_password(self, tmp_path, monkeypatch, name, variable):
        monkeypatch.setenv(variable, "sesame")
        path = key_file(tmp_path, (KEYS / f"cosign-{name}.key").read_bytes())
        signer = load_signer(path)
        assert signer.kind is KINDS[name]
        assert signer.public_pem == (KEYS / f"cosign-{name}.pub").read_text()

    def test_its_older_name_is_known(self, tmp_path, monkeypatch):
        monkeypatch.setenv(COSIGN, "sesame")
        data = (KEYS / "cosign-p256.key").read_bytes().replace(b"SIGSTORE", b"COSIGN")
        assert load_signer(key_file(tmp_path, data)).kind is KeyKind.P256

    def test_its_own_variable_goes_before_ours(self, tmp_path, monkeypatch):
        monkeypatch.setenv(COSIGN, "sesame")
        monkeypatch.setenv(PASSWORD, "another")
        assert load_signer(key_file(tmp_path, (KEYS / "cosign-p256.key").read_bytes()))

    def test_without_a_password_it_is_said_which_variable(self, tmp_path):
        with pytest.raises(KeyProblem, match=f"set {COSIGN}"):
            load_signer(key_file(tmp_path, (KEYS / "cosign-p256.key").read_bytes()))

    def test_a_wrong_password_is_said(self, tmp_path, monkeypatch):
        monkeypatch.setenv(COSIGN, "wrong")
        with pytest.raises(KeyProblem, match=f"decrypted; is {COSIGN} the right one"):
            load_signer(key_file(tmp_path, (KEYS / "cosign-p256.key").read_bytes()))

    def test_without_the_library_it_is_said_how_to_get_it(self, tmp_path, monkeypatch):
        monkeypatch.setenv(COSIGN, "sesame")
        monkeypatch.setitem(__import__("sys").modules, "nacl.secret", None)
        with pytest.raises(KeyProblem, match=r"ldmrelease\[keys\]"):
            load_signer(key_file(tmp_path, (KEYS / "cosign-p256.key").read_bytes()))


def sealed(**changes) -> bytes:
    """The key of cosign with parts of its JSON changed: `a.b` is written `a__b`."""
    lines = (KEYS / "cosign-p256.key").read_text().splitlines()
    plain = json.loads(base64.b64decode("".join(lines[1:-1])))
    for path, value in changes.items():
        *way, last = path.split("__")
        part = plain
        for each in way:
            part = part[each]
        if value is None:
            del part[last]
        else:
            part[last] = value
    body = base64.encodebytes(json.dumps(plain).encode()).decode()
    return f"{lines[0]}\n{body}{lines[-1]}\n".encode()


HOSTILE = {
    "memory of 2^40": sealed(kdf__params__N=2**40),
    "memory by r": sealed(kdf__params__r=2**20),
    "time by p": sealed(kdf__params__p=2**20),
    "N is no power of two": sealed(kdf__params__N=65535),
    "N is nothing": sealed(kdf__params__N=0),
    "N is negative": sealed(kdf__params__N=-65536),
    "r is nothing": sealed(kdf__params__r=0),
    "N is text": sealed(kdf__params__N="65536"),
    "another kdf": sealed(kdf__name="argon2"),
    "another cipher": sealed(cipher__name="none"),
    "a short nonce": sealed(cipher__nonce="AAAA"),
    "no cipher": sealed(cipher=None),
    "a wrong MAC": sealed(ciphertext=base64.b64encode(bytes(180)).decode()),
    "no ciphertext": sealed(ciphertext=""),
    "cut": sealed()[:200],
    "cut at the end": sealed()[:-20],
    "wrong base64": sealed().replace(b"eyJ", b"*yJ", 1),
    "no JSON": b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
    "deep JSON": b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
    + base64.b64encode(b"[" * 30000)
    + b"\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_key_of_cosign_is_refused(tmp_path, monkeypatch, data):
    monkeypatch.setenv(COSIGN, "sesame")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(KeyProblem, match=r"a\.key: "):
        load_signer(key_file(tmp_path, data))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 2 * cosign_keys.MEMORY


class TestOpenSsh:
    @pytest.mark.parametrize("password", [None, b"sesame"], ids=["plain", "encrypted"])
    @pytest.mark.parametrize("kind", KeyKind)
    def test_its_key_is_read(self, tmp_path, monkeypatch, kind, password):
        signer = generate(kind)
        path = key_file(tmp_path, openssh(signer.private, password))
        if password:
            monkeypatch.setenv(PASSWORD, password.decode())
        assert load_signer(path).keyid == signer.keyid

    def test_a_passphrase_is_asked_for(self, tmp_path, monkeypatch):
        path = key_file(tmp_path, openssh(generate().private, b"sesame"))
        with pytest.raises(KeyProblem, match=f"encrypted; set {PASSWORD}, or name it as ssh-agent:"):
            load_signer(path)
        monkeypatch.setenv(PASSWORD, "wrong")
        with pytest.raises(KeyProblem, match=f"decrypted; is {PASSWORD} the right one"):
            load_signer(path)

    @pytest.mark.parametrize(
        ("private", "kind"),
        [
            (rsa.generate_private_key(65537, 2048), "ssh-rsa"),
            (ec.generate_private_key(ec.SECP384R1()), "ecdsa-sha2-nistp384"),
        ],
        ids=["rsa", "p384"],
    )
    def test_other_kinds_are_refused_with_what_is_accepted(self, tmp_path, private, kind):
        with pytest.raises(KeyProblem, match=f"of kind {kind}, neither ECDSA on P-256 nor ed25519"):
            load_signer(key_file(tmp_path, openssh(private)))

    def test_a_point_that_is_compressed_is_refused(self, tmp_path):
        """The library raises something else than for all else that is damaged."""
        lines = openssh(generate().private).decode().splitlines()
        blob = base64.b64decode("".join(lines[1:-1]))
        place = blob.index(b"nistp256\0\0\0\x41\x04") + 12
        body = base64.encodebytes(blob[:place] + b"\x02" + blob[place + 1 :]).decode()
        with pytest.raises(KeyProblem, match="is the file whole"):
            load_signer(key_file(tmp_path, f"{lines[0]}\n{body}{lines[-1]}\n".encode()))

    def test_the_rounds_of_its_passphrase_are_bounded(self, tmp_path, monkeypatch):
        monkeypatch.setenv(PASSWORD, "sesame")
        lines = openssh(generate().private, b"sesame").decode().splitlines()
        blob = base64.b64decode("".join(lines[1:-1]))
        end = blob.index(b"bcrypt") + 6 + 4 + 4 + 16
        dear = blob[:end] + (2**31).to_bytes(4, "big") + blob[end + 4 :]
        body = base64.encodebytes(dear).decode()
        with pytest.raises(KeyProblem, match="2147483648 rounds"):
            load_signer(key_file(tmp_path, f"{lines[0]}\n{body}{lines[-1]}\n".encode()))


class TestPem:
    def test_a_p256_key_of_sec1_is_read(self, tmp_path):
        signer = generate()
        pem = signer.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        assert pem.startswith(b"-----BEGIN EC PRIVATE KEY")
        assert load_signer(key_file(tmp_path, pem)).keyid == signer.keyid

    def test_so_is_one_with_its_parameters_before_it(self, tmp_path):
        """As `openssl ecparam -genkey` writes it."""
        signer = generate()
        pem = signer.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        assert load_signer(key_file(tmp_path, parameters + pem)).keyid == signer.keyid

    @pytest.mark.parametrize(
        "kdf",
        [
            # PBKDF2 with 2^31 iterations, and scrypt with N = 2^40.
            "301c06092a864886f70d01050c300f04080000000000000000" + "020500" + "80000000",
            "302406092b06010401da47040b3017040800000000000000000206" + "010000000000" + "020108020101",
        ],
        ids=["iterations", "memory"],
    )
    def test_a_passphrase_that_costs_too_much_is_not_tried(self, tmp_path, monkeypatch, kdf):
        monkeypatch.setenv(PASSWORD, "sesame")
        cipher = bytes.fromhex("301d060960864801650304012a0410") + bytes(16)
        pbes2 = der(0x30, bytes.fromhex("06092a864886f70d01050d") + der(0x30, repaired(kdf) + cipher))
        whole = der(0x30, pbes2 + der(0x04, bytes(64)))
        body = base64.encodebytes(whole).decode()
        text = f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}-----END ENCRYPTED PRIVATE KEY-----\n"
        with pytest.raises(KeyProblem, match="costs more work or memory"):
            load_signer(key_file(tmp_path, text.encode()))

    def test_what_openssl_takes_is_tried(self, tmp_path, monkeypatch):
        monkeypatch.setenv(PASSWORD, "sesame")
        signer = generate(KeyKind.ED25519)
        signer.write_key(tmp_path / "own.key")
        assert load_signer(tmp_path / "own.key").keyid == signer.keyid


def der(tag: int, value: bytes) -> bytes:
    size = len(value)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + value


def repaired(kdf: str) -> bytes:
    """The algorithm with the lengths of its two sequences put right."""
    data = bytes.fromhex(kdf)
    return der(0x30, data[2:13] + der(0x30, data[15:]))


class TestFiles:
    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe", 0o600)
        for read in (load_signer, read_public_half):
            with pytest.raises(KeyProblem, match="pipe: is not a file"):
                read(tmp_path / "pipe")

    def test_a_link_to_itself_is_refused(self, tmp_path):
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        for read in (load_signer, read_public_half):
            with pytest.raises(KeyProblem, match="loop: cannot be read"):
                read(tmp_path / "loop")

    def test_a_folder_is_refused(self, tmp_path):
        for read in (load_signer, read_public_half):
            with pytest.raises(KeyProblem, match="name a"):
                read(tmp_path)

    def test_a_file_without_an_end_is_not_read_on(self, tmp_path):
        path = key_file(tmp_path, b"")
        os.truncate(path, 2**40)
        for read in (load_signer, read_public_half):
            with pytest.raises(KeyProblem, match="more than 65536 bytes"):
                read(path)

    @pytest.mark.parametrize("name", ["cosign-p256.pub", "cosign-ed25519.pub"])
    def test_a_public_key_is_no_private_one(self, tmp_path, name):
        with pytest.raises(KeyProblem, match="a public key; name the file of its private half"):
            load_signer(key_file(tmp_path, (KEYS / name).read_bytes()))


SPELLINGS = [
    openssh(ed25519.Ed25519PrivateKey.generate()),
    openssh(ec.generate_private_key(ec.SECP256R1()), b"sesame"),
    sealed(kdf__params__N=2),
    generate().private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"other")),
    generate().private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["ssh", "ssh-encrypted", "cosign", "pkcs8", "sec1"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_file_is_a_key_or_refused(spelling: bytes, data: st.DataObject) -> None:
    """Bytes changed, cut or put in, in the text or in what it encodes: a value or a `ValueError`, and nothing else."""
    environ = {PASSWORD: "sesame", COSIGN: "sesame"}
    if data.draw(st.booleans(), "inside"):
        lines = spelling.strip().split(b"\n")
        inner = mangled(data, base64.b64decode(b"".join(lines[1:-1])))
        changed = b"\n".join([lines[0], base64.b64encode(inner), lines[-1], b""])
    else:
        changed = mangled(data, spelling)
    with suppress(ValueError):
        assert read_private(changed, environ) is not None


def mangled(data: st.DataObject, before: bytes) -> bytes:
    start = data.draw(st.integers(0, len(before)), "start")
    end = data.draw(st.integers(start, min(start + 8, len(before))), "end")
    return before[:start] + data.draw(st.binary(max_size=8), "put in") + before[end:]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_inside_an_openssh_key_are_refused(inner: bytes) -> None:
    blob = b"openssh-key-v1\0" + ssh_strings(b"none", b"none", b"") + b"\0\0\0\1" + inner
    text = b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.b64encode(blob)
    with pytest.raises(ValueError):
        read_private(text + b"\n-----END OPENSSH PRIVATE KEY-----\n", {})
