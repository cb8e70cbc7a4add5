"""Keys of OpenSSH's own programs: ssh-keygen makes and spells them, a real ssh-agent signs with them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.trust.dsse import pae
from ldmrelease.trust.keys import PASSWORD_VARIABLE, read_public, signed_by
from ldmrelease.trust.signer import InAgent, KeyProblem, Signer, load_signer, read_public_half
from tests.real.parts import missing

pytestmark = pytest.mark.real

KINDS = {"ed25519": ("-t", "ed25519"), "p256": ("-t", "ecdsa", "-b", "256")}


@pytest.fixture(autouse=True)
def _openssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    for tool in ("ssh-keygen", "ssh-agent", "ssh-add"):
        if shutil.which(tool) is None:
            missing(f"{tool} is missing: apt-get install openssh-client")


def run(*words: str | Path, **how: object) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, **how)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return str(done.stdout)


def new_key(folder: Path, kind: str, password: str = "", comment: str = "ada@lsst.org") -> Path:
    path = folder / f"id_{kind}"
    run("ssh-keygen", "-q", *KINDS[kind], "-N", password, "-C", comment, "-f", path)
    return path


def fingerprint_of(path: Path) -> str:
    return run("ssh-keygen", "-l", "-f", path).split()[1]


def signs(signer: Signer, public: Path) -> None:
    """What it signs verifies by the public key that ssh-keygen wrote."""
    value = signer.sign("text/x", b"hi").signatures[0].value
    assert signed_by(read_public(public.read_text()), value, pae("text/x", b"hi"))


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        environ = {**os.environ, "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
        started = subprocess.Popen(
            ["ssh-agent", "-D", "-a", f"{folder}/s"], stdout=subprocess.PIPE, env=environ, text=True
        )
        assert started.stdout is not None
        started.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", f"{folder}/s")
        yield
        started.send_signal(signal.SIGTERM)
        started.wait(10)


@pytest.mark.parametrize("password", ["", "sesame"], ids=["plain", "encrypted"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_ssh_keygen_is_read_and_signs(tmp_path, monkeypatch, kind, password):
    path = new_key(tmp_path, kind, password)
    if password:
        monkeypatch.setenv(PASSWORD_VARIABLE, password)
    signer = load_signer(path)
    assert signer.keyid == fingerprint_of(path)
    signs(signer, path.with_suffix(".pub"))


@pytest.mark.parametrize("kind", KINDS)
def test_its_public_keys_are_one_however_they_are_spelled(tmp_path, kind):
    path = new_key(tmp_path, kind)
    public = path.with_suffix(".pub")
    spellings = [public, tmp_path / "pem"]
    spellings[1].write_text(run("ssh-keygen", "-e", "-m", "PKCS8", "-f", public) if kind == "p256" else "")
    known = [read_public_half(each) for each in spellings if each.stat().st_size]
    assert {each.keyid for each in known} == {fingerprint_of(public)}
    assert len({each.pem for each in known}) == 1
    assert read_public_half(path).pem == known[0].pem


@pytest.mark.parametrize("words", [("-t", "rsa"), ("-t", "ecdsa", "-b", "384")], ids=["rsa", "p384"])
def test_keys_of_other_kinds_are_refused(tmp_path, words):
    path = tmp_path / "id"
    run("ssh-keygen", "-q", *words, "-N", "", "-f", path)
    for each, read in ((path, load_signer), (path.with_suffix(".pub"), read_public_half)):
        with pytest.raises(KeyProblem, match="neither ECDSA on P-256 nor ed25519"):
            read(each)


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_agent_signs(agent, tmp_path, kind):
    path = new_key(tmp_path, kind)
    run("ssh-add", "-q", path)
    for which in ("", "ada@lsst.org", fingerprint_of(path)):
        signer = load_signer(InAgent(which))
        assert signer.keyid == fingerprint_of(path)
        signs(signer, path.with_suffix(".pub"))


def test_one_that_has_to_be_confirmed_and_is_not_is_refused(agent, tmp_path):
    """`ssh-add -c`: the program that asks says no."""
    run("ssh-add", "-q", "-c", new_key(tmp_path, "ed25519"))
    with pytest.raises(KeyProblem, match=r"refuses to sign with SHA256:.*nobody confirmed it"):
        load_signer(InAgent()).sign("text/x", b"hi")


def test_a_locked_one_is_said_to_be_locked(agent, tmp_path):
    run("ssh-add", "-q", new_key(tmp_path, "ed25519"))
    signer = load_signer(InAgent())
    asking = tmp_path / "ask"
    asking.write_text("#!/bin/sh\necho sesame\n")
    asking.chmod(0o700)
    how = {"env": {**os.environ, "SSH_ASKPASS": str(asking), "SSH_ASKPASS_REQUIRE": "force"}}
    run("ssh-add", "-x", **how)
    with pytest.raises(KeyProblem, match="`ssh-add -X` unlocks it"):
        signer.sign("text/x", b"hi")
    with pytest.raises(KeyProblem, match="no keys, or is locked"):
        load_signer(InAgent())
    run("ssh-add", "-X", **how)
    signs(signer, tmp_path / "id_ed25519.pub")


def test_a_key_that_is_gone_is_said(agent, tmp_path):
    run("ssh-add", "-q", new_key(tmp_path, "ed25519"))
    signer = load_signer(InAgent())
    run("ssh-add", "-q", "-D")
    with pytest.raises(KeyProblem, match=r"refuses to sign with SHA256:.*the key is gone"):
        signer.sign("text/x", b"hi")
