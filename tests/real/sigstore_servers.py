"""Sigstore as it runs: Fulcio, a log of certificates (TesseraCT), an issuer of tokens, and a log that plays Rekor.

Rekor itself does not build here (docs/decisions/0078-identities.md): its first version's interface is served from
`tests/sigstore_instance.py`. Everything is on loopback.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificate

from tests.real.gotools import TOOLS, go_tool
from tests.real.registries import free_port
from tests.sigstore_instance import SigstoreInstance, TokenOf
from tests.tls import certified

WAITING = 20
Answer = tuple[int, Any]


@dataclass(frozen=True)
class SigstoreServers:
    """Where everything is, and the tokens that its issuer gives."""

    issuer: str
    trusted_root: Path
    signing_config: Path
    key: rsa.RSAPrivateKey

    def token(self, repository: str, *, workflow: str = "build.yaml", ref: str = "refs/tags/1.0") -> str:
        """What a job of GitHub gets (docs.github.com, OpenID Connect reference)."""
        file = f"{repository}/.github/workflows/{workflow}@{ref}"
        commit, now = TokenOf().commit, int(time.time())
        claims = {
            "iss": self.issuer, "aud": "sigstore", "iat": now, "nbf": now - 60, "exp": now + 600,
            "sub": f"repo:{repository}:ref:{ref}", "job_workflow_ref": file, "job_workflow_sha": commit,
            "workflow_ref": file, "workflow_sha": commit, "workflow": "build", "event_name": "push", "sha": commit,
            "repository": repository, "repository_id": "1", "repository_visibility": "public", "ref": ref,
            "repository_owner": repository.partition("/")[0], "repository_owner_id": "2", "run_id": "3",
            "run_attempt": "1", "runner_environment": "github-hosted",
        }  # fmt: skip
        head = {"alg": "RS256", "typ": "JWT", "kid": "tests"}
        told = ".".join(_url_text(json.dumps(each).encode()) for each in (head, claims))
        return f"{told}.{_url_text(self.key.sign(told.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def sigstore_servers(directory: Path) -> Iterator[SigstoreServers]:
    """Start all of it; everything ends with the context."""
    instance = SigstoreInstance(begin=datetime.now(UTC).replace(microsecond=0) - timedelta(days=1))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with ExitStack() as stack:
        issuer = stack.enter_context(_issuer(directory, key))
        log = stack.enter_context(_certificate_log(directory, instance))
        fulcio = stack.enter_context(_fulcio(directory, instance, issuer, log))
        rekor = stack.enter_context(_serving(_Log(instance).answer))
        root, config = directory / "trusted_root.json", directory / "signing-config.json"
        root.write_bytes(instance.trusted_root())
        since = {"start": "2020-01-01T00:00:00Z"}
        config.write_text(
            json.dumps(
                {
                    "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                    "caUrls": [{"url": fulcio, "majorApiVersion": 1, "validFor": since, "operator": "tests"}],
                    "rekorTlogUrls": [
                        {"url": rekor, "majorApiVersion": 1, "validFor": since, "operator": "tests"}
                    ],
                    "rekorTlogConfig": {"selector": "ANY"},
                    "tsaConfig": {"selector": "ANY"},
                }
            )
        )
        yield SigstoreServers(issuer, root, config, key)


@contextmanager
def _issuer(directory: Path, key: rsa.RSAPrivateKey) -> Iterator[str]:
    numbers = key.public_key().public_numbers()
    jwk = {
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "tests",
        "n": _url_text(numbers.n.to_bytes(256)), "e": _url_text(numbers.e.to_bytes(3)),
    }  # fmt: skip
    own: list[str] = []

    def answer(method: str, path: str, body: bytes) -> Answer:
        if path == "/keys":
            return 200, {"keys": [jwk]}
        return 200, {
            "issuer": own[0],
            "jwks_uri": f"{own[0]}/keys",
            "authorization_endpoint": f"{own[0]}/auth",
            "token_endpoint": f"{own[0]}/token",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    with _serving(answer, certified(directory)) as address:
        own.append(address)
        yield address


@contextmanager
def _certificate_log(directory: Path, instance: SigstoreInstance) -> Iterator[str]:
    port, private, roots = free_port(), directory / "ct.pem", directory / "roots.pem"
    private.write_bytes(
        instance.ct_log.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    pem = serialization.Encoding.PEM
    roots.write_bytes(instance.root_certificate.public_bytes(pem))
    binary = go_tool(
        "tesseract", "github.com/transparency-dev/tesseract/cmd/tesseract/posix", TOOLS / "sigstore"
    )
    command = [
        str(binary), f"--private_key={private}", f"--storage_dir={directory / 'ct'}", "--origin=ct.tests",
        f"--roots_pem_file={roots}", f"--http_endpoint=127.0.0.1:{port}", "--checkpoint_interval=200ms",
    ]  # fmt: skip
    with _running(command, f"http://127.0.0.1:{port}/ct/v1/get-roots", directory / "ct.log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _fulcio(directory: Path, instance: SigstoreInstance, issuer: str, log: str) -> Iterator[str]:
    chain, private, config = directory / "chain.pem", directory / "ca.pem", directory / "fulcio.json"
    pem = serialization.Encoding.PEM
    chain.write_bytes(
        instance.intermediate_certificate.public_bytes(pem) + instance.root_certificate.public_bytes(pem)
    )
    private.write_bytes(
        instance.intermediate.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"tests")
        )
    )
    config.write_text(
        json.dumps(
            {
                "OIDCIssuers": {
                    issuer: {
                        "IssuerURL": issuer,
                        "ClientID": "sigstore",
                        "Type": "github-workflow",
                        "CACert": (directory / "ca.crt").read_text(),
                    }
                }
            }
        )
    )
    port = free_port()
    command = [
        str(go_tool("fulcio", "github.com/sigstore/fulcio", TOOLS / "sigstore")),
        "serve", "--host=127.0.0.1", f"--port={port}", "--grpc-host=127.0.0.1", f"--grpc-port={free_port()}",
        f"--metrics-port={free_port()}", "--ca=fileca", f"--fileca-cert={chain}", f"--fileca-key={private}",
        "--fileca-key-passwd=tests", "--fileca-watch=false", f"--ct-log-url={log}", f"--config-path={config}",
        f"--legacy-unix-domain-socket=@{directory.name}-{port}",
    ]  # fmt: skip
    with _running(command, f"http://127.0.0.1:{port}/healthz", directory / "fulcio.log"):
        yield f"http://127.0.0.1:{port}"


class _Log:
    """The first version of Rekor, as far as somebody who signs asks it (openapi.yaml of sigstore/rekor)."""

    def __init__(self, instance: SigstoreInstance) -> None:
        self._instance = instance

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Take an envelope in."""
        if (method, path) != ("POST", "/api/v1/log/entries"):
            return 404, {"code": 404, "message": path}
        proposed = json.loads(body)["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        certificate = load_pem_x509_certificate(base64.b64decode(proposed["verifiers"][0]))
        signature = envelope["signatures"][0]["sig"]
        made = self._instance.entry(
            base64.b64decode(envelope["payload"]), signature, certificate, datetime.now(UTC)
        )
        proof = made["inclusionProof"]
        hexed = {"rootHash": _hex(proof["rootHash"]), "hashes": [_hex(each) for each in proof["hashes"]]}
        numbers = {"logIndex": int(proof["logIndex"]), "treeSize": int(proof["treeSize"])}
        told = {
            "body": made["canonicalizedBody"],
            "integratedTime": int(made["integratedTime"]),
            "logID": _hex(made["logId"]["keyId"]),
            "logIndex": int(made["logIndex"]),
            "verification": {
                "inclusionProof": {**hexed, **numbers, "checkpoint": proof["checkpoint"]["envelope"]},
                "signedEntryTimestamp": made["inclusionPromise"]["signedEntryTimestamp"],
            },
        }
        return 201, {"1" * 80: told}


@contextmanager
def _serving(answer: Any, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, plain = answer(self.command, self.path, body)
            data = json.dumps(plain).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status == 201:
                # Rekor's client finds the entry that was made by it.
                self.send_header("ETag", next(iter(plain)))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _reply

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls is not None else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _running(command: list[str], ready: str, output: Path) -> Iterator[None]:
    with output.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, cwd=output.parent)
        try:
            for _ in range(WAITING * 20):
                try:
                    urllib.request.urlopen(ready, timeout=1).close()
                    break
                except OSError:
                    assert process.poll() is None, output.read_text()[-2000:]
                    time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()


def _url_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
