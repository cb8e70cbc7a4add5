"""Signatures without keys, as real tools make and verify them: Fulcio, a log of certificates, cosign."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.trust.evaluate import EvaluatedStatement
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.trusted_root import read_trusted_root
from tests.real.gotools import go_tool
from tests.real.sigstore_servers import SigstoreServers, sigstore_servers
from tests.sigstore_instance import GITHUB, SigstoreInstance
from tests.unit.trust.keyless_samples import identity, provenance, spelled
from tests.unit.trust.trust_samples import ROLES, seen

pytestmark = pytest.mark.real

ARTIFACT = b"an artifact"
DIGEST = "sha256:" + hashlib.sha256(ARTIFACT).hexdigest()


@pytest.fixture(scope="module")
def cosign() -> Path:
    return go_tool("cosign", "github.com/sigstore/cosign/v3/cmd/cosign")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigstoreServers]:
    with sigstore_servers(tmp_path_factory.mktemp("sigstore")) as found:
        yield found


def run(cosign: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "HOME": str(folder), "TUF_ROOT": str(folder / "tuf")}
    return subprocess.run(
        [str(cosign), *words], cwd=folder, env=surroundings, capture_output=True, text=True, check=False, timeout=120
    )  # fmt: skip


@pytest.mark.parametrize(
    ("repository", "accepted"),
    [("https://github.com/lsst/lab", True), ("https://github.com/evil-org/lab", False)],
    ids=["ours", "another"],
)
def test_cosign_accepts_what_the_sigstore_of_the_tests_makes(cosign, tmp_path, repository, accepted):
    instance = SigstoreInstance()
    (tmp_path / "root.json").write_bytes(instance.trusted_root())
    (tmp_path / "artifact").write_bytes(ARTIFACT)
    (tmp_path / "bundle.json").write_bytes(spelled(instance.bundle(provenance(subject=DIGEST))))
    done = run(
        cosign, tmp_path, "verify-blob-attestation", "--bundle", "bundle.json", "--trusted-root", "root.json",
        "--certificate-identity-regexp", f"^{repository}/", "--certificate-oidc-issuer", GITHUB,
        "--type", "slsaprovenance1", "artifact",
    )  # fmt: skip
    assert (done.returncode == 0) is accepted, done.stderr


def attested(cosign: Path, servers: SigstoreServers, folder: Path, repository: str) -> bytes:
    """The bundle that `cosign attest-blob --identity-token` makes in a job of a repository."""
    (folder / "artifact").write_bytes(ARTIFACT)
    (folder / "predicate.json").write_text(json.dumps(json.loads(provenance())["predicate"]))
    done = run(
        cosign, folder, "attest-blob", "--yes", "--predicate", "predicate.json", "--type", "slsaprovenance1",
        "--bundle", "bundle.json", "--identity-token", servers.token(repository),
        "--signing-config", str(servers.signing_config), "--trusted-root", str(servers.trusted_root), "artifact",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "bundle.json").read_bytes()


def judged(bundle: bytes, servers: SigstoreServers, root: str | None = None) -> EvaluatedStatement:
    """What becomes of it, as if the artifact were the image that the lab's builds may speak of."""
    root = root or read_trusted_root(servers.trusted_root.read_bytes())
    return seen(bundle, keyring=Keyring((), ROLES, (identity(issuer=servers.issuer),), root))


def test_what_cosign_signs_with_a_token_is_verified_and_known(cosign, servers, tmp_path):
    found = judged(attested(cosign, servers, tmp_path, "lsst/lab"), servers)
    assert found.certificate is not None, found.refusal
    assert found.certificate.issuer == servers.issuer
    assert found.certificate.repository == "https://github.com/lsst/lab"
    assert found.certificate.workflow == ".github/workflows/build.yaml@refs/tags/1.0"
    assert (found.fact.signer, found.fact.counted) == ("lab-builds", True), found.refusal


def test_what_another_repository_signs_is_refused(cosign, servers, tmp_path):
    found = judged(attested(cosign, servers, tmp_path, "evil-org/lab"), servers)
    assert found.certificate is not None, found.refusal
    assert (found.fact.signer, found.fact.code) == (None, "unknown-identity")


def test_what_another_authority_has_certified_is_refused(cosign, servers, tmp_path):
    bundle = attested(cosign, servers, tmp_path, "lsst/lab")
    root = read_trusted_root(SigstoreInstance().trusted_root())
    found = judged(bundle, servers, root)
    assert found.fact.code == "bad-certificate"
