"""A registry that fails, cuts, lies or never ends is "could not decide", and never "none"."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ldmrelease.domain.images import digest_of, parse_reference
from ldmrelease.registry.errors import (
    BadAnswer,
    Denied,
    DigestMismatch,
    LimitExceeded,
    RegistryError,
    RegistryUnreachable,
)
from ldmrelease.registry.manifests import OCI_INDEX, OCI_MANIFEST, Descriptor
from ldmrelease.registry.opening import open_repository
from ldmrelease.registry.referrers import list_referrers
from ldmrelease.registry.repository import Observer, RegistryOptions, Repository
from tests.images import attach, put_sample_image
from tests.real.faultproxy import (
    Answer,
    Fault,
    FaultProxy,
    Passage,
    cut_answer,
    cut_request,
    delay,
    endless_pages,
    flip,
    repeat,
    replace_header,
    status,
    truncate,
)
from tests.real.registries import free_port

pytestmark = pytest.mark.real

JSON = "application/json"
NOTHING = json.dumps({"schemaVersion": 2, "manifests": []}).encode()


def through(
    address: str, path: str, *, retries: int = 1, timeout: float = 10, observer: Observer | None = None
) -> Repository:
    """A repository behind the proxy, with few retries."""
    options = RegistryOptions(retries=retries, timeout=timeout, observer=observer)
    return open_repository(parse_reference(f"{address}/{path}"), base_dir=Path(), options=options)


READS: dict[str, Callable[[Repository, str], object]] = {
    "resolve": lambda lab, digest: lab.resolve(digest),
    "manifest": lambda lab, digest: lab.manifest(digest),
    "tags": lambda lab, digest: lab.tags(),
    "referrers": list_referrers,
    "has_blob": lambda lab, digest: lab.has_blob(digest),
}


@pytest.fixture(params=READS)
def read(request: pytest.FixtureRequest) -> Callable[[Repository, str], object]:
    return READS[request.param]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(500), RegistryError),
        (status(503, Retry_After="0"), RegistryError),
        (status(429, Retry_After="0"), RegistryError),
        (status(401), Denied),
        (status(403), Denied),
        (status(418), BadAnswer),
        (cut_request, RegistryUnreachable),
        (cut_answer, RegistryUnreachable),
    ],
    ids=["500", "503", "429", "401", "403", "418", "cut before", "cut after"],
)
def test_no_answer_is_an_error_that_says_where(
    proxied: FaultProxy, read: Callable[[Repository, str], object], fault: Fault, error: type[RegistryError]
) -> None:
    image = put_sample_image(through(proxied.address, "faults/lab"), "t", seed="a")
    proxied.fail(".*", "/v2/faults/", fault)
    with pytest.raises(error) as caught:
        read(through(proxied.address, "faults/lab"), image.index)
    assert caught.value.repository == f"{proxied.address}/faults/lab"
    assert caught.value.method in ("GET", "HEAD")
    assert caught.value.hint in str(caught.value)


@pytest.mark.parametrize(
    "fault", [cut_request, cut_answer, truncate, status(500), status(429, Retry_After="0")]
)
def test_what_fails_once_is_tried_again(proxied: FaultProxy, fault: Fault) -> None:
    lab = through(proxied.address, "again/lab")
    image = put_sample_image(lab, "t", seed="a")
    attach(lab, "t")
    proxied.fail("GET|HEAD", "manifests/sha256:", fault, times=1)
    assert lab.manifest(image.index).digest == image.index
    proxied.fail("GET", "tags/list", fault, times=1)
    assert "t" in lab.tags()
    proxied.fail("GET", "manifests/sha256-", fault, times=1)
    assert len(list_referrers(lab, image.index)) == 1


@pytest.mark.parametrize(
    "fault", [cut_request, cut_answer, repeat, status(500), status(429, Retry_After="0")]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
def test_a_push_survives_one_fault_of_each_kind(proxied: FaultProxy, method: str, fault: Fault) -> None:
    seed = f"{method}{fault.__qualname__}{fault}"
    lab = through(proxied.address, "push/lab")
    proxied.fail(method, "blobs" if method != "PUT" else "manifests", fault, times=1)
    image = put_sample_image(lab, "t", seed=seed)
    attach(lab, "t")
    assert lab.manifest("t").digest == image.index


@pytest.mark.parametrize("fault", [cut_request, cut_answer])
def test_an_upload_that_was_cut_is_begun_anew(proxied: FaultProxy, fault: Fault) -> None:
    lab = through(proxied.address, "upload/lab")
    proxied.fail("PUT", "blobs/uploads", fault, times=1)
    content = f"content {fault.__name__}".encode()
    assert lab.blob(lab.put_blob(content)) == content


def test_a_registry_that_is_not_there_is_unreachable() -> None:
    lab = through(f"127.0.0.1:{free_port()}", "lab", retries=0)
    with pytest.raises(RegistryUnreachable, match="check the network"):
        lab.resolve("t")


def test_a_late_answer_is_given_up(proxied: FaultProxy) -> None:
    proxied.fail("GET", "tags", delay(2))
    with pytest.raises(RegistryUnreachable):
        through(proxied.address, "lab", timeout=0.2, retries=0).tags()


@pytest.mark.parametrize(
    "fault", [flip, status(200, b"{}", Content_Type=OCI_MANIFEST)], ids=["flip", "other"]
)
def test_other_bytes_than_asked_for_are_refused(proxied: FaultProxy, fault: Fault) -> None:
    lab = through(proxied.address, "flip/lab")
    image = put_sample_image(lab, "t", seed="flip")
    proxied.fail("GET", "/(manifests|blobs)/", fault)
    for ask in (lab.manifest, lab.blob, lambda digest: list(lab.stream_blob(digest))):
        with pytest.raises(DigestMismatch, match="flip/lab"):
            ask(image.platforms[0].config if ask != lab.manifest else image.index)


def test_a_tags_bytes_must_be_those_of_its_digest(proxied: FaultProxy) -> None:
    lab = through(proxied.address, "flip/lab")
    put_sample_image(lab, "t", seed="flip")
    proxied.fail("GET", "/manifests/", flip)
    with pytest.raises(DigestMismatch):
        lab.manifest("t")


def test_a_truncated_stream_is_an_error(proxied: FaultProxy) -> None:
    lab = through(proxied.address, "stream/lab")
    digest = lab.put_blob(b"0123456789" * 1000)
    proxied.fail("GET", "/blobs/", truncate)
    with pytest.raises(RegistryUnreachable):
        list(lab.stream_blob(digest))


def test_a_head_that_names_another_digest_is_refused(proxied: FaultProxy) -> None:
    lab = through(proxied.address, "head/lab")
    image = put_sample_image(lab, "t", seed="head")
    other = digest_of(b"other")
    proxied.fail("HEAD", "/manifests/", replace_header("Docker-Content-Digest", other))
    with pytest.raises(DigestMismatch):
        lab.resolve(image.index)


def test_a_head_without_a_digest_is_answered_from_the_bytes(proxied: FaultProxy) -> None:
    lab = through(proxied.address, "head/lab")
    image = put_sample_image(lab, "t", seed="head")
    proxied.fail("HEAD", "/manifests/", replace_header("Docker-Content-Digest", ""))
    found = lab.resolve("t")
    assert found is not None
    assert found.digest == image.index


@pytest.mark.parametrize(
    ("path", "body"),
    [("tags/list", b'{"name": "lab", "tags": ["a"]}'), ("referrers", NOTHING)],
)
def test_pages_without_end_are_an_error(proxied: FaultProxy, path: str, body: bytes) -> None:
    proxied.fail("GET", path, endless_pages(body))
    lab = through(proxied.address, "pages/lab")
    with pytest.raises(BadAnswer, match="do not end"):
        READS["tags" if "tags" in path else "referrers"](lab, digest_of(b"x"))


def test_pages_that_go_in_a_circle_are_an_error(proxied: FaultProxy) -> None:
    circle = status(200, b'{"tags": []}', Link='</v2/lab/tags/list?n=1000>; rel="next"')
    proxied.fail("GET", "tags", circle)
    with pytest.raises(BadAnswer, match="do not end"):
        through(proxied.address, "lab").tags()
    assert proxied.count("GET", "tags") == 1


def test_all_pages_are_read(proxied: FaultProxy) -> None:
    def page(passage: Passage) -> Answer:
        number = int(passage.request.path.partition("last=")[2] or 0)
        body = json.dumps({"tags": [f"t{number}"]}).encode()
        link = [("Link", f'<{passage.request.path.partition("?")[0]}?last={number + 1}>; rel="next"')]
        return Answer(200, link if number < 4 else [], body)

    proxied.fail("GET", "tags", page)
    assert through(proxied.address, "lab").tags() == ["t0", "t1", "t2", "t3", "t4"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"manifests": {}}',
        b'{"manifests": [{"digest": "sha256:0"}]}',
        b'{"manifests": 1',
    ],
)
def test_a_list_that_cannot_be_read_is_not_an_empty_one(proxied: FaultProxy, body: bytes) -> None:
    proxied.fail("GET", "/referrers/", status(200, body, Content_Type=OCI_INDEX))
    with pytest.raises(BadAnswer):
        list_referrers(through(proxied.address, "lab"), digest_of(b"x"))


@pytest.mark.parametrize("path", ["/referrers/", "manifests/sha256-[0-9a-f]*$"])
def test_junk_in_masses_is_an_error(proxied: FaultProxy, path: str) -> None:
    entries = [Descriptor(OCI_MANIFEST, digest_of(str(n).encode()), 1).as_json() for n in range(10_000)]
    body = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    proxied.fail("GET", path, status(200, body, Content_Type=OCI_INDEX))
    with pytest.raises(LimitExceeded, match="referrers"):
        list_referrers(through(proxied.address, "lab"), digest_of(b"x"))


def test_an_answer_too_large_is_not_read_to_its_end(proxied: FaultProxy) -> None:
    proxied.fail("GET", ".*", status(200, b" " * (5 * 1024 * 1024), Content_Type=OCI_MANIFEST))
    lab = through(proxied.address, "lab")
    for ask in (READS["manifest"], READS["tags"], READS["referrers"]):
        with pytest.raises(LimitExceeded):
            ask(lab, digest_of(b"x"))


def test_a_list_of_the_wrong_kind_at_the_fallback_tag_is_an_error(proxied: FaultProxy) -> None:
    lab = through(proxied.address, "wrong/lab")
    image = put_sample_image(lab, "t", seed="wrong")
    manifest = lab.manifest("t")
    lab.put_manifest(manifest.content, manifest.media_type, image.index.replace(":", "-"))
    with pytest.raises(BadAnswer, match="where an index belongs"):
        list_referrers(lab, image.index)


def test_a_manifest_under_another_type_is_an_error(proxied: FaultProxy) -> None:
    lab = through(proxied.address, "typed/lab")
    put_sample_image(lab, "t", seed="typed")
    proxied.fail("GET", "/manifests/", replace_header("Content-Type", OCI_INDEX))
    with pytest.raises(BadAnswer, match="came as"):
        lab.manifest("t")


def test_a_registry_that_makes_us_wait_is_obeyed_within_reason(
    proxied: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    proxied.fail("GET", "tags", status(429, Retry_After="7"), times=1)
    through(proxied.address, "lab").tags()
    proxied.fail("GET", "tags", status(429, Retry_After="7200"), times=1)
    with pytest.raises(RegistryError, match="ask again in 7200 s"):
        through(proxied.address, "lab").tags()
    assert slept == [7]


def test_every_request_is_told_before_and_after(proxied: FaultProxy) -> None:
    seen: list[tuple[str, str, str]] = []
    lab = through(proxied.address, "told/lab", observer=lambda *what: seen.append(what))
    put_sample_image(lab, "t", seed="told", layers=[32])
    assert [phase for phase, _, _ in seen] == ["before", "after"] * (len(seen) // 2)
    assert len(seen) == 2 * proxied.count() == 2 * lab.meter.requests
    assert seen[-1][1:] == ("PUT", f"http://{proxied.address}/v2/told/lab/manifests/t")


def test_an_observer_can_end_it(proxied: FaultProxy) -> None:
    class Kill(BaseException):
        pass

    def kill(phase: str, method: str, url: str) -> None:
        if (phase, method) == ("before", "PUT"):
            raise Kill

    with pytest.raises(Kill):
        put_sample_image(through(proxied.address, "kill/lab", observer=kill), "t", seed="kill")
    assert proxied.count("PUT") == 0


def test_a_prepared_connection_is_the_next_requests() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        lab = through(f"127.0.0.1:{server.getsockname()[1]}", "lab/sciplat")
        lab.prepare()
        lab.prepare()
        with server.accept()[0] as connection, server.accept()[0] as spare, ThreadPoolExecutor() as pool:
            answer = pool.submit(lab.resolve, "t")
            # The one that was put back last is taken first; nobody asks on the other.
            ready, _, _ = select.select([connection, spare], [], [], 10)
            assert len(ready) == 1
            asked: socket.socket = ready[0]
            assert asked.recv(65536).startswith(b"HEAD /v2/lab/sciplat/manifests/t ")
            asked.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            assert answer.result() is None
            server.settimeout(0)
            with pytest.raises(BlockingIOError):
                server.accept()


def test_what_cannot_be_prepared_says_so_when_it_is_used() -> None:
    lab = through(f"127.0.0.1:{free_port()}", "lab/sciplat", retries=0)
    lab.prepare()
    with pytest.raises(RegistryUnreachable):
        lab.resolve("t")


def test_a_prepared_connection_that_was_closed_meanwhile_is_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        server.settimeout(10)
        lab = through(f"127.0.0.1:{server.getsockname()[1]}", "lab/sciplat", retries=0)
        lab.prepare()
        server.accept()[0].close()
        answer = pool.submit(lab.resolve, "t")
        with server.accept()[0] as connection:
            assert connection.recv(65536).startswith(b"HEAD /v2/lab/sciplat/manifests/t ")
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            assert answer.result() is None
