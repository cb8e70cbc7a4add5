"""Key files of other tools: openssl makes one, ssh-keygen prints the same fingerprint."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ldmrelease.trust.signer import PASSWORD_VARIABLE, load_signer
from tests.real.parts import missing


@pytest.mark.real
def test_openssl_and_ssh_keygen_agree(tmp_path, monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    for tool in ("openssl", "ssh-keygen"):
        if shutil.which(tool) is None:
            missing(f"{tool} is missing: apt-get install openssl openssh-client")
    path = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path],
        check=True,
        capture_output=True,
    )
    path.chmod(0o600)
    signer = load_signer(path)
    public = tmp_path / "key.pub.pem"
    public.write_text(signer.public_pem)
    line = subprocess.run(
        ["ssh-keygen", "-i", "-m", "PKCS8", "-f", public], check=True, capture_output=True
    ).stdout
    (tmp_path / "key.pub").write_bytes(line)
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", tmp_path / "key.pub"], check=True, capture_output=True, text=True
    ).stdout
    assert shown.split()[1] == signer.keyid
