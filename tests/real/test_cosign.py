"""Receipts before real verifiers: cosign and slsa-verifier accept them, and refuse everything else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.images import ImageIdentity, digest_of, parse_reference
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.predicates.summary import (
    BUNDLE_TYPE,
    TYPE,
    Receipt,
    Resource,
    bundle,
    bundle_annotations,
    write_receipt,
)
from ldmrelease.domain.statements import PAYLOAD_TYPE, Subject, write_statement
from ldmrelease.registry.opening import open_repository
from ldmrelease.registry.referrers import put_referrer
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.sample import put_sample_image, put_sample_index
from ldmrelease.trust.dsse import Envelope
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import KeyProblem, Signer, generate, load_signer
from tests.real.gotools import go_tool
from tests.real.parts import missing
from tests.unit.domain.predicates.test_summary import RECEIPT
from tests.unit.trust.trust_samples import result_predicate

pytestmark = pytest.mark.real

COMMISSIONING, PRODUCTION = generate(), generate()
WAITING = 10


@pytest.fixture(scope="module")
def cosign() -> Path:
    return go_tool("cosign", "github.com/sigstore/cosign/v3/cmd/cosign")


@pytest.fixture(scope="module")
def slsa_verifier() -> Path:
    return go_tool("slsa-verifier", "github.com/slsa-framework/slsa-verifier/v2/cli/slsa-verifier")


@pytest.fixture(scope="module", params=["referrers API", "fallback tag"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with the referrers API, and one without."""
    directory, address = tmp_path_factory.mktemp("registry"), f"127.0.0.1:{_free_port()}"
    if request.param == "referrers API":
        binary = go_tool("refregistry", ".", Path(__file__).parent / "refregistry")
        command = [str(binary), address, str(directory)]
    else:
        command = _docker_registry(directory, address)
    with _running(command, address):
        yield address


def _docker_registry(directory: Path, address: str) -> list[str]:
    binary = shutil.which("docker-registry")
    if binary is None:
        missing("docker-registry is missing: apt-get install docker-registry")
    config = directory / "config.yml"
    config.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {directory}/data}}}}\n"
        f"http: {{addr: '{address}'}}\n"
    )
    return [binary, "serve", str(config)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], address: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(WAITING * 20):
            try:
                urllib.request.urlopen(f"http://{address}/v2/", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, f"{command[0]} ended"
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Pushed:
    """An image whose receipts are in the registry."""

    repository: str
    image: ImageIdentity
    receipt: Receipt
    envelope: Envelope


def attach(repository: Repository, digest: str, envelope: Envelope, predicate_type: str, keyid: str) -> None:
    """Push an envelope as cosign's bundle, referring to a digest that is there."""
    blob = bundle(envelope.to_dict(), keyid)
    about = repository.resolve(digest)
    assert about is not None
    put_referrer(repository, about, BUNDLE_TYPE, [(BUNDLE_TYPE, blob)], bundle_annotations(predicate_type))


def publish(
    host: str, name: str, tmp_path: Path, *, receipt: Receipt = RECEIPT, signer: Signer = COMMISSIONING
) -> Pushed:
    """Put an image of two platforms, and its receipt at the index and at each platform's manifest."""
    repository = open_repository(parse_reference(f"{host}/{name}"), base_dir=tmp_path)
    image = put_sample_index(repository, "w_2023_16", seed=name)
    resource = Resource(f"{host}/{name}", image.index, image.platforms)
    envelope = signer.sign(PAYLOAD_TYPE, write_receipt(receipt, resource))
    for digest in (image.index, *(each.manifest for each in image.platforms)):
        attach(repository, digest, envelope, TYPE.uri, signer.keyid)
    return Pushed(f"{host}/{name}", image, receipt, envelope)


@pytest.fixture(scope="module")
def pushed(host: str, tmp_path_factory: pytest.TempPathFactory) -> Pushed:
    return publish(host, "lsst/sciplat-lab", tmp_path_factory.mktemp("base"))


def public_key(directory: Path, signer: Signer) -> str:
    path = directory / "key.pub"
    path.write_text(signer.public_pem)
    return str(path)


def ask_cosign(
    cosign: Path, tmp_path: Path, image: str, type: str = TYPE.uri, signer: Signer = COMMISSIONING
) -> subprocess.CompletedProcess[str]:
    command = [str(cosign), "verify-attestation", "--key", public_key(tmp_path, signer)]
    command += ["--insecure-ignore-tlog=true", "--allow-http-registry", "--type", type, image]
    home = {"HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"]}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=home, timeout=120)


def ask_slsa(
    slsa_verifier: Path,
    tmp_path: Path,
    pushed: Pushed,
    *,
    digest: str | None = None,
    environment: str = "summit",
    repository: str | None = None,
    level: str = "LDM564_COMMISSIONING",
    verifier: str = "commissioning",
    signer: Signer = COMMISSIONING,
    key_id: str | None = None,
) -> subprocess.CompletedProcess[str]:
    statement = tmp_path / "receipt.dsse.json"
    statement.write_bytes(pushed.envelope.to_bytes())
    command = [str(slsa_verifier), "verify-vsa", "--attestation-path", str(statement)]
    command += ["--subject-digest", digest or pushed.image.index]
    command += ["--resource-uri", f"oci://{repository or pushed.repository}?environment={environment}"]
    command += ["--verifier-id", f"{pushed.receipt.base_uri}/levels/{verifier}", "--verified-level", level]
    command += ["--public-key-path", public_key(tmp_path, signer)]
    command += ["--public-key-id", key_id or signer.keyid]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def refused(done: subprocess.CompletedProcess[str], reason: str) -> None:
    """Refused for this reason, and not because the question could not be read."""
    assert done.returncode != 0
    assert reason in done.stderr


class TestCosign:
    def test_it_accepts_the_receipt_of_the_index_and_of_each_platform(self, cosign, tmp_path, pushed):
        for digest in (pushed.image.index, *(each.manifest for each in pushed.image.platforms)):
            done = ask_cosign(cosign, tmp_path, f"{pushed.repository}@{digest}")
            assert done.returncode == 0, done.stderr

    def test_it_accepts_it_by_tag(self, cosign, tmp_path, pushed):
        assert ask_cosign(cosign, tmp_path, f"{pushed.repository}:w_2023_16").returncode == 0

    def test_another_levels_key_is_refused(self, cosign, tmp_path, pushed):
        image = f"{pushed.repository}@{pushed.image.index}"
        refused(ask_cosign(cosign, tmp_path, image, signer=PRODUCTION), "could not verify envelope")

    def test_another_type_is_not_there(self, cosign, tmp_path, pushed):
        image = f"{pushed.repository}@{pushed.image.index}"
        refused(
            ask_cosign(cosign, tmp_path, image, STATEMENT_TYPES["check"].uri), "matched the predicate type"
        )

    def test_a_copied_image_has_no_receipt(self, cosign, tmp_path, host, pushed):
        repository = open_repository(parse_reference(f"{host}/prod/sciplat-lab"), base_dir=tmp_path)
        copy = put_sample_index(repository, "w_2023_16", seed="lsst/sciplat-lab")
        assert copy == pushed.image
        done = ask_cosign(cosign, tmp_path, f"{host}/prod/sciplat-lab@{copy.index}")
        refused(done, "no matching attestations")

    def test_a_receipt_of_another_image_is_refused(self, cosign, tmp_path, host, pushed):
        repository = open_repository(parse_reference(f"{host}/lsst/other"), base_dir=tmp_path)
        other = put_sample_image(repository, "w_2023_16", seed="other")
        attach(repository, other.index, pushed.envelope, TYPE.uri, COMMISSIONING.keyid)
        done = ask_cosign(cosign, tmp_path, f"{host}/lsst/other@{other.index}")
        refused(done, "does not match any digest in statement")

    def test_it_accepts_a_test_result_with_our_run_beside_it(self, cosign, tmp_path, host):
        repository = open_repository(parse_reference(f"{host}/lsst/tested"), base_dir=tmp_path)
        image = put_sample_image(repository, "w_2023_16", seed="tested")
        type = STATEMENT_TYPES["check"].uri
        subject = Subject(f"{host}/lsst/tested", image.index)
        envelope = COMMISSIONING.sign(PAYLOAD_TYPE, write_statement(type, (subject,), result_predicate()))
        attach(repository, image.index, envelope, type, COMMISSIONING.keyid)
        done = ask_cosign(cosign, tmp_path, f"{host}/lsst/tested@{image.index}", type)
        assert done.returncode == 0, done.stderr


def signed_alone(receipt: Receipt) -> Pushed:
    """A receipt that is in no registry: slsa-verifier reads a file."""
    resource = Resource("registry.example/lsst/sciplat-lab", digest_of(b"index"))
    envelope = COMMISSIONING.sign(PAYLOAD_TYPE, write_receipt(receipt, resource))
    return Pushed(resource.repository, ImageIdentity(resource.digest, ()), receipt, envelope)


class TestSlsaVerifier:
    @pytest.fixture
    def made(self) -> Pushed:
        return signed_alone(RECEIPT)

    def test_it_accepts_the_receipt(self, slsa_verifier, tmp_path, made):
        done = ask_slsa(slsa_verifier, tmp_path, made)
        assert done.returncode == 0, done.stderr

    def test_it_accepts_the_receipt_of_a_platform(self, slsa_verifier, tmp_path, pushed):
        for each in pushed.image.platforms:
            done = ask_slsa(slsa_verifier, tmp_path, pushed, digest=each.manifest)
            assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            ({"environment": "base"}, "resource URI mismatch"),
            ({"repository": "registry.example/prod/sciplat-lab"}, "resource URI mismatch"),
            ({"digest": digest_of(b"another image")}, "expected digest not found"),
            ({"level": "LDM564_PRODUCTION"}, "level not found: LDM564_PRODUCTION"),
            ({"verifier": "production"}, "verifier ID mismatch"),
            ({"signer": PRODUCTION}, "no valid signature"),
            ({"signer": PRODUCTION, "key_id": COMMISSIONING.keyid}, "no valid signature"),
        ],
    )
    def test_another_question_is_refused(self, slsa_verifier, tmp_path, made, asked, reason):
        refused(ask_slsa(slsa_verifier, tmp_path, made, **asked), reason)

    @pytest.mark.parametrize(
        ("changes", "level"),
        [
            ({"waivers": (digest_of(b"waiver"),)}, "LDM564_COMMISSIONING_WAIVED"),
            ({"compressed": True}, "LDM564_COMMISSIONING_COMPRESSED"),
        ],
    )
    def test_what_was_waived_is_refused_as_clean(self, slsa_verifier, tmp_path, changes, level):
        waived = signed_alone(replace(RECEIPT, **changes))
        refused(ask_slsa(slsa_verifier, tmp_path, waived), "level not found: LDM564_COMMISSIONING")
        done = ask_slsa(slsa_verifier, tmp_path, waived, level=level)
        assert done.returncode == 0, done.stderr


class TestItsOwnKeys:
    """Keys that cosign makes sign here, and it verifies what they have signed."""

    def made(self, cosign: Path, folder: Path, *words: str) -> Path:
        environ = {"HOME": str(folder), "COSIGN_PASSWORD": "sesame", "PATH": os.environ["PATH"]}
        subprocess.run(
            [str(cosign), *words, "--output-key-prefix", "own"],
            cwd=folder, env=environ, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return folder / "own.key"

    def test_it_verifies_what_a_key_that_it_made_has_signed(self, cosign, tmp_path, host, monkeypatch):
        monkeypatch.setenv("COSIGN_PASSWORD", "sesame")
        signer = load_signer(self.made(cosign, tmp_path, "generate-key-pair"))
        assert signer.public_pem == (tmp_path / "own.pub").read_text()
        pushed = publish(host, "lsst/own-key", tmp_path, signer=signer)
        image = f"{pushed.repository}@{pushed.image.index}"
        done = ask_cosign(cosign, tmp_path, image, signer=signer)
        assert done.returncode == 0, done.stderr
        refused(ask_cosign(cosign, tmp_path, image, signer=PRODUCTION), "could not verify envelope")

    @pytest.mark.parametrize("kind", KeyKind)
    def test_a_key_that_it_imported_is_the_key_that_it_was(self, cosign, tmp_path, monkeypatch, kind):
        signer = generate(kind)
        signer.write_key(tmp_path / "before.pem")
        path = self.made(cosign, tmp_path, "import-key-pair", "--key", str(tmp_path / "before.pem"))
        monkeypatch.setenv("COSIGN_PASSWORD", "sesame")
        assert load_signer(path).keyid == signer.keyid
        monkeypatch.setenv("COSIGN_PASSWORD", "wrong")
        with pytest.raises(KeyProblem, match="cannot be decrypted"):
            load_signer(path)
