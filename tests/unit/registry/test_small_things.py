"""What registries do that is in no specification, or seldom read in it: answered in words, and not with a stop."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ldmrelease.domain.images import ImageIdentity, ImageProblem, digest_of, parse_reference
from ldmrelease.registry.errors import Denied, RegistryError
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.manifests import OCI_INDEX, OCI_MANIFEST, Descriptor, write_object
from ldmrelease.registry.oci_layout import LayoutRepository
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.presence import missing_parts
from ldmrelease.registry.repository import Repository
from tests.images import put_sample_image

MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST}).encode()


class Answers(BaseHTTPRequestHandler):
    """`users`: by the beginning of a repository, the password that opens it. `answers`: by method and end of the path,
    a status, headers and body."""

    users: dict[str, str]
    answers: dict[tuple[str, str], tuple[int, dict[str, str], bytes]]
    asked: list[tuple[str, str, str | None]]

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def _answer(self, method: str) -> None:
        sent = self.headers.get("Authorization")
        self.asked.append((method, self.path, sent))
        status, headers, body = next(
            (
                each
                for (kind, end), each in self.answers.items()
                if kind == method and self.path.endswith(end)
            ),
            (404, {}, b""),
        )
        wanted = next(
            (each for name, each in self.users.items() if self.path.startswith(f"/v2/{name}")), None
        )
        if wanted is not None and sent != "Basic " + base64.b64encode(wanted.encode()).decode():
            status, headers, body = 401, {"WWW-Authenticate": 'Basic realm="here"'}, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if method == "GET":
            self.wfile.write(body)


@pytest.fixture
def registry() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (Answers,), {"users": {}, "answers": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def handler(server: ThreadingHTTPServer) -> type[Answers]:
    found = server.RequestHandlerClass
    assert isinstance(found, type)
    assert issubclass(found, Answers)
    return found


def name(server: ThreadingHTTPServer) -> str:
    return f"127.0.0.1:{server.server_address[1]}"


def opened(server: ThreadingHTTPServer, repository: str, registries: Registries | None = None) -> Repository:
    return (registries or Registries(Path())).open(parse_reference(f"{name(server)}/{repository}"))


def test_each_repository_is_asked_by_its_own_credentials(
    registry: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = handler(registry)
    answers.users = {"lsst/lab": "lab:one", "lsst": "all:two", "other": "nobody:three"}
    answers.answers = {("GET", "tags/list?n=1000"): (200, {}, b'{"tags": ["w_2026_16"]}')}
    auths = {
        f"{name(registry)}/lsst/lab": {"username": "lab", "password": "one"},
        f"{name(registry)}/lsst": {"username": "all", "password": "two"},
    }
    (tmp_path / "auth.json").write_text(json.dumps({"auths": auths}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    registries = Registries(Path())
    for repository in ("lsst/lab", "lsst/tap", "lsst/lab"):
        assert opened(registry, repository, registries).tags() == ["w_2026_16"]
    assert opened(registry, "lsst/portal", registries).tags() == ["w_2026_16"]
    assert [sent for _, _, sent in answers.asked].count(None) == 2, "once for each of the two"
    with pytest.raises(Denied):
        opened(registry, "other", registries).tags()
    assert not [sent for _, path, sent in answers.asked if "/other/" in path and sent is not None]


def test_a_head_that_is_not_allowed_is_followed_by_a_get(registry: ThreadingHTTPServer) -> None:
    blob = digest_of(b"layer")
    handler(registry).answers = {
        ("HEAD", "/manifests/t"): (405, {}, b""),
        ("GET", "/manifests/t"): (200, {"Content-Type": OCI_MANIFEST}, MANIFEST),
        ("HEAD", "/manifests/gone"): (405, {}, b""),
        ("HEAD", blob): (405, {}, b""),
        ("GET", blob): (200, {}, b"layer"),
        ("HEAD", digest_of(b"gone")): (405, {}, b""),
    }
    lab = opened(registry, "lab")
    assert lab.resolve("t") == Descriptor(OCI_MANIFEST, digest_of(MANIFEST), len(MANIFEST))
    assert lab.resolve("gone") is None
    assert (lab.has_blob(blob), lab.has_blob(digest_of(b"gone"))) == (True, False)


@pytest.mark.parametrize("form", ["json", "prettyjws"])
def test_an_image_of_schema_1_is_named(registry: ThreadingHTTPServer, form: str) -> None:
    kind = f"application/vnd.docker.distribution.manifest.v1+{form}"
    body = b'{"schemaVersion": 1, "name": "lab", "tag": "old"}'
    headers = {"Content-Type": kind, "Docker-Content-Digest": digest_of(b"what is signed in it")}
    handler(registry).answers = {("GET", "/manifests/old"): (200, headers, body)}
    lab = opened(registry, "lab")
    assert identity(lab, "old") == ImageProblem("schema-1", "old")
    with pytest.raises(RegistryError, match="schema 1"):
        lab.manifest("old")


@pytest.mark.parametrize(("status", "told"), [(429, "429"), (503, "503")])
def test_a_registry_that_wants_an_hour_is_not_asked_again_and_that_is_said(
    registry: ThreadingHTTPServer, status: int, told: str
) -> None:
    handler(registry).answers = {("GET", "tags/list?n=1000"): (status, {"Retry-After": "3600"}, b"")}
    with pytest.raises(
        RegistryError, match=rf"{told} it wants nothing more for 3600 s \(ask again in 3600 s\)"
    ):
        opened(registry, "lab").tags()
    assert len(handler(registry).asked) == 1


def test_a_registry_that_wants_a_moment_is_waited_for(
    registry: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    handler(registry).answers = {("GET", "tags/list?n=1000"): (429, {"Retry-After": "45"}, b"")}
    with pytest.raises(RegistryError, match="429"):
        opened(registry, "lab").tags()
    assert set(slept) == {45}


def windows(layout: LayoutRepository, *versions: str | None) -> ImageIdentity | ImageProblem:
    images = [put_sample_image(layout, None, seed=str(number)) for number in range(len(versions))]
    entries = [
        Descriptor(
            OCI_MANIFEST,
            image.index,
            100,
            platform={"os": "windows", "architecture": "amd64"} | ({"os.version": each} if each else {}),
        ).as_json()
        for image, each in zip(images, versions, strict=True)
    ]
    body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    layout.put_manifest(write_object(body), OCI_INDEX, "index")
    return identity(layout, "index")


def test_an_index_with_several_builds_of_windows_is_one_image(tmp_path: Path) -> None:
    layout = LayoutRepository(tmp_path / "images", name="oci:images")
    found = windows(layout, "10.0.17763.5", "10.0.20348.1")
    assert isinstance(found, ImageIdentity)
    assert [each.platform for each in found.platforms] == [
        "windows(10.0.17763.5)/amd64",
        "windows(10.0.20348.1)/amd64",
    ]
    assert found.platform("windows/amd64") == found.platforms[0]
    assert missing_parts(layout, [found], ["windows/amd64"]) == ()
    alone = windows(layout, "10.0.17763.5")
    assert isinstance(alone, ImageIdentity)
    assert [each.platform for each in alone.platforms] == ["windows/amd64"]


@pytest.mark.parametrize(
    "versions", [("10.0.1", "10.0.1"), ("10.0.1", None), (None, None), ("10.0.1", "x/../y")]
)
def test_builds_that_cannot_be_told_apart_are_two_manifests_for_one_platform(
    tmp_path: Path, versions: tuple[str | None, ...]
) -> None:
    found = windows(LayoutRepository(tmp_path / "images", name="oci:images"), *versions)
    assert found == ImageProblem("duplicate-platform", "windows/amd64")
