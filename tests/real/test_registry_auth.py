"""Passwords and tokens before a real registry; and that they go to no other host."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from ldmrelease.domain.images import digest_of, parse_reference
from ldmrelease.registry.copy import copy
from ldmrelease.registry.errors import Denied, RegistryUnreachable
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions
from tests.images import descriptor_of, put_sample_image
from tests.real import registries
from tests.real.faultproxy import FaultProxy, status
from tests.real.registries import RunningRegistry

pytestmark = pytest.mark.real

# htpasswd -Bbn anna w_2023_16, with the least cost.
HTPASSWD = "anna:$2b$05$abcdefghijklmnopqrstuu/XhBUslLXpvrniWTUGFk1mNTryNHdI6\n"
PASSWORD = "w_2023_16"


def log_in(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    password: str = PASSWORD,
    name: str = "anna",
) -> None:
    auth = base64.b64encode(f"{name}:{password}".encode()).decode()
    (directory / "config.json").write_text(json.dumps({"auths": {address: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(directory))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)


@pytest.fixture(scope="module")
def with_password(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    directory = tmp_path_factory.mktemp("htpasswd")
    (directory / "htpasswd").write_text(HTPASSWD)
    auth: dict[str, object] = {"htpasswd": {"realm": "test", "path": str(directory / "htpasswd")}}
    with registries.docker_registry(directory, auth) as running:
        yield running


def test_a_password_opens_and_is_asked_for_once(
    with_password: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(with_password.address) as proxy:
        log_in(tmp_path, monkeypatch, proxy.address)
        lab = RunningRegistry(proxy.address, tmp_path).open("lab")
        put_sample_image(lab, "t", seed="a")
        assert lab.tags() == ["t"]
        assert [request.headers.get("Authorization") is None for request in proxy.requests].count(True) == 1


@pytest.mark.parametrize("password", ["wrong", None])
def test_without_the_password_it_stays_shut(
    with_password: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    address = with_password.address if password else "elsewhere.example.org"
    log_in(tmp_path, monkeypatch, address, password or PASSWORD)
    with pytest.raises(Denied, match="docker login") as caught:
        with_password.open("lab").resolve("t")
    assert PASSWORD not in str(caught.value)
    assert caught.value.status == 401


@dataclass
class TokenService:
    """Signs tokens for anna, for whatever is asked, and keeps what was asked."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    life: int = 300
    asked: list[list[str]] = field(default_factory=list)
    posted: int = 0
    realm: str = ""

    def token(self, scopes: list[str]) -> str:
        now = int(datetime.datetime.now(datetime.UTC).timestamp())
        chain = [base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()]
        access = [
            dict(zip(("type", "name", "actions"), (kind, name, actions.split(",")), strict=True))
            for kind, name, actions in (scope.split(":") for scope in scopes)
        ]
        claims = {
            "iss": "tests",
            "sub": "anna",
            "aud": "registry",
            "nbf": now - 5,
            "iat": now,
            "access": access,
        }
        claims |= {"exp": now + self.life, "jti": str(len(self.asked))}
        signed = ".".join(
            _base64url(json.dumps(part).encode())
            for part in ({"typ": "JWT", "alg": "RS256", "x5c": chain}, claims)
        )
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"

    def answer(self, authorization: str | None, scopes: list[str]) -> tuple[int, bytes]:
        self.asked.append(scopes)
        expected = "Basic " + base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
        if authorization not in (expected, "refresh long"):
            return 401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "who are you"}]}'
        return 200, json.dumps({"token": self.token(scopes), "expires_in": self.life}).encode()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _self_signed(key: rsa.RSAPrivateKey, host: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )


@contextmanager
def serving(service: TokenService) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            self._answer(self.headers.get("Authorization"), query.get("scope", []))

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            service.posted += 1
            self._answer(f"refresh {form['refresh_token'][0]}", form["scope"][0].split())

        def _answer(self, authorization: str | None, scopes: list[str]) -> None:
            code, body = service.answer(authorization, scopes)
            self.send_response_only(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.realm = f"http://127.0.0.1:{server.server_port}/token"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenService]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    service = TokenService(key, _self_signed(key, "127.0.0.1"))
    with serving(service):
        yield service


@pytest.fixture(scope="module")
def token_registry(
    tokens: TokenService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningRegistry]:
    directory = tmp_path_factory.mktemp("token")
    (directory / "roots.pem").write_bytes(tokens.certificate.public_bytes(serialization.Encoding.PEM))
    settings = {"realm": tokens.realm, "service": "registry", "issuer": "tests"}
    auth: dict[str, object] = {"token": {**settings, "rootcertbundle": str(directory / "roots.pem")}}
    with registries.docker_registry(directory, auth) as running:
        yield running


@pytest.fixture
def logged_in(
    token_registry: RunningRegistry, tokens: TokenService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunningRegistry:
    log_in(tmp_path, monkeypatch, token_registry.address)
    tokens.asked.clear()
    tokens.life = 300
    return token_registry


def test_one_token_serves_for_all_requests_of_a_kind(
    logged_in: RunningRegistry, tokens: TokenService
) -> None:
    lab = logged_in.open("kinds/lab")
    image = put_sample_image(lab, "t", seed="a")
    assert descriptor_of(lab, "t").digest == image.index
    assert lab.tags() == ["t"]
    assert lab.blob(image.platforms[0].config)
    # One to push; and one to read, which a push alone does not give.
    assert tokens.asked == [["repository:kinds/lab:pull,push"], ["repository:kinds/lab:pull"]]


def test_a_mount_asks_for_both_repositories(
    logged_in: RunningRegistry, tokens: TokenService, tmp_path: Path
) -> None:
    put_sample_image(logged_in.open("from/lab"), "t", seed="a")
    place = Registries(tmp_path)
    source, destination = (
        place.open(parse_reference(f"{logged_in.address}/{name}")) for name in ("from/lab", "to/lab")
    )
    tokens.asked.clear()
    report = copy(source, "t", destination)
    assert (report.mounted, report.uploaded) == (3, 0)
    assert ["repository:from/lab:pull", "repository:to/lab:pull,push"] in tokens.asked
    assert len(tokens.asked) <= 4


def test_an_expired_token_is_replaced(logged_in: RunningRegistry, tokens: TokenService) -> None:
    lab = logged_in.open("expiry/lab")
    put_sample_image(lab, "t", seed="a")
    # The registry allows a minute of difference between clocks; so this one has expired long ago.
    tokens.life = -1000
    with pytest.raises(Denied):
        logged_in.open("expiry/lab").tags()
    tokens.life = 300
    assert lab.tags() == ["t"]


def test_a_token_that_is_refused_is_asked_for_again(
    logged_in: RunningRegistry, tokens: TokenService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(logged_in.address) as proxy:
        log_in(tmp_path, monkeypatch, proxy.address)
        lab = RunningRegistry(proxy.address, tmp_path).open("again/lab")
        put_sample_image(lab, "t", seed="a")
        challenge = f'Bearer realm="{tokens.realm}",service="registry",scope="repository:again/lab:pull"'
        assert lab.tags() == ["t"]
        before = len(tokens.asked)
        proxy.fail("GET", "tags", status(401, WWW_Authenticate=challenge), times=1)
        assert lab.tags() == ["t"]
        assert len(tokens.asked) == before + 1


def test_a_wrong_password_is_denied_by_the_token_service(
    logged_in: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(tmp_path, monkeypatch, logged_in.address, "wrong")
    with pytest.raises(Denied, match="who are you"):
        logged_in.open("kinds/lab").tags()


def test_an_identity_token_is_exchanged(
    logged_in: RunningRegistry, tokens: TokenService, tmp_path: Path
) -> None:
    config = {"auths": {logged_in.address: {"identitytoken": "long"}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    before = tokens.posted
    put_sample_image(logged_in.open("identity/lab"), "t", seed="a")
    assert tokens.posted == before + 1


def test_a_redirect_takes_no_credentials_to_another_host(
    with_password: RunningRegistry,
    docker_registry: RunningRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = docker_registry.open("elsewhere/lab").put_blob(b"kept elsewhere")
    with FaultProxy(with_password.address) as proxy, FaultProxy(docker_registry.address) as elsewhere:
        log_in(tmp_path, monkeypatch, proxy.address)
        lab = RunningRegistry(proxy.address, tmp_path).open("elsewhere/lab")
        lab.tags()  # from here on the password is sent without being asked for
        location = f"http://{elsewhere.address}/v2/elsewhere/lab/blobs/{digest}"
        proxy.fail("GET", "/blobs/", status(307, Location=location))
        assert lab.blob(digest) == b"kept elsewhere"
        assert b"".join(lab.stream_blob(digest)) == b"kept elsewhere"
        assert "Authorization" in proxy.requests[-1].headers
        assert elsewhere.count("GET", "/blobs/") == 2
        assert not any("Authorization" in request.headers for request in elsewhere.requests)


def test_an_upload_elsewhere_takes_no_credentials_along(
    with_password: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(with_password.address) as proxy, FaultProxy(with_password.address) as elsewhere:
        log_in(tmp_path, monkeypatch, proxy.address)
        lab = RunningRegistry(proxy.address, tmp_path).open("elsewhere/lab")
        lab.tags()
        location = f"http://{elsewhere.address}/v2/elsewhere/lab/blobs/uploads/1"
        proxy.fail("POST", "/blobs/uploads/", status(202, Location=location))
        elsewhere.fail("PUT", ".*", status(201))
        lab.put_blob(b"sent elsewhere")
        assert elsewhere.count("PUT") == 1
        assert "Authorization" not in elsewhere.requests[0].headers


def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _self_signed(key, "127.0.0.1")
    pem, private = tmp_path / "tls.pem", tmp_path / "tls.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    # Loopback speaks plain HTTP otherwise.
    monkeypatch.setattr("ldmrelease.registry.http.is_loopback", lambda host: False)
    reference = parse_reference(f"127.0.0.1:{server.server_port}/lab")
    try:
        with pytest.raises(RegistryUnreachable, match=r"TLS failed.*certificate"):
            Registries(tmp_path, RegistryOptions(retries=0)).open(reference).has_blob(digest_of(b""))
        trusting = Registries(tmp_path, RegistryOptions(retries=0, ca_file=pem)).open(reference)
        assert not trusting.has_blob(digest_of(b""))
    finally:
        server.shutdown()
        server.server_close()
