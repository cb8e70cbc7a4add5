"""The wire to a real API server: a proxy with TLS of its own that lets tests hold requests, or answer in its place.

    with Wire(cluster, tmp_path) as wire:
        wire.fail("PATCH", "/deployments/", status(429, Retry_After="1"), times=1)
        access = wire.access({"token": token})

Who asks and what is allowed is for the API server: credentials go through as they come.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from ldmrelease.domain.workload_selection import ClusterAccess
from tests.real.faultproxy import Answer, Fault, FaultProxy, Passage, Request
from tests.real.kube.api import Object
from tests.real.kube.given import Cluster
from tests.tls import certified

WATCH = r"[?&]watch=true"
USER = "promoter"
"""Its name in the kubeconfig."""

_CONTEXT = "wired"
_JSON = ("Content-Type", "application/json")


class Wire(FaultProxy):
    """Stands before the API server of a cluster; `directory` is for its certificate and kubeconfig."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        server, authority = _server(cluster)
        self._trusts = ssl.create_default_context(cadata=authority)
        super().__init__(server, certified(directory))

    @property
    def kubeconfig(self) -> Path:
        """The file that `access` writes."""
        return self._directory / "kubeconfig"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection(self.upstream, timeout=30, context=self._trusts)

    def forward(self, request: Request) -> Answer:
        """The API server's own answer; of a watch piece by piece, and cut after half a minute of silence."""
        if not re.search(WATCH, request.path):
            return super().forward(request)
        connection = self.connect()
        connection.request(request.method, request.path, request.body, dict(request.headers))
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), b"", _lines(connection, response))

    def access(self, user: Object) -> ClusterAccess:
        """The way through the wire as this user of a kubeconfig."""
        cluster = {
            "server": f"https://{self.address}",
            "certificate-authority": str(self._directory / "ca.crt"),
        }
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "wire", "cluster": cluster}],
                    "users": [{"name": USER, "user": user}],
                    "contexts": [{"name": _CONTEXT, "context": {"cluster": "wire", "user": USER}}],
                }
            )
        )
        return ClusterAccess(_CONTEXT, str(self.kubeconfig))

    def answered(self, code: int, method: str = "", path: str = "") -> int:
        """How many requests that match were answered so."""
        return sum(
            each.status == code and bool(re.match(method, each.method) and re.search(path, each.path))
            for each in list(self.requests)
        )

    def accepts(self, authorization: str) -> bool:
        """Whether the API server still takes these credentials."""
        asked = Request("GET", "/version", {"Authorization": authorization}, b"")
        return self.forward(asked).status != 401


def credentials(request: Request) -> str:
    """What a request has for who it is from."""
    return next(value for name, value in request.headers.items() if name.lower() == "authorization")


@contextmanager
def wires(clusters: Mapping[str, Cluster], folder: Path) -> Iterator[dict[str, Wire]]:
    """A wire to the cluster of each place."""
    with ExitStack() as up:
        yield {
            place: up.enter_context(Wire(cluster, folder / place.replace("/", "-")))
            for place, cluster in clusters.items()
        }


def _server(cluster: Cluster) -> tuple[str, str]:
    """The API server's address, and its authority's certificate."""
    from kubernetes import config  # noqa: PLC0415  # a third of a second that other tests need not pay

    client = config.new_client_from_config(str(cluster.kubeconfig), cluster.context, persist_config=False)
    said = client.configuration
    return urlsplit(said.host).netloc, Path(said.ssl_ca_cert).read_text()


def _lines(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse
) -> Generator[bytes, None, None]:
    try:
        yield from response
    finally:
        connection.close()


def refused(code: int, reason: str, **headers: str) -> Fault:
    """The API server is not asked, and would have said this."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    body = json.dumps(_status(code, reason)).encode()
    return lambda passage: Answer(code, [_JSON, *named], body)


def expired(passage: Passage) -> Answer:
    """The watch goes well for a second; then the version that it goes on from is too old (an event says so)."""
    passage.request.path = re.sub(r"timeoutSeconds=\d+", "timeoutSeconds=1", passage.request.path)
    answer = passage.forward()
    if answer.pieces is not None:
        answer.pieces = _and_expired(answer.pieces)
    return answer


def _and_expired(pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    yield from pieces
    yield json.dumps({"type": "ERROR", "object": _status(410, "Expired")}).encode() + b"\n"


def _status(code: int, reason: str) -> dict[str, Any]:
    message = {410: "too old resource version: 1 (2)", 429: "too many requests, please try again later"}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message[code],
        "reason": reason,
        "code": code,
    }
