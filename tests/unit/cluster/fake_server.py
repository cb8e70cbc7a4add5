"""An API server at the wire, that answers what a test tells it to: for faults that no real one shows on demand."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import yaml

from ldmrelease.domain.workload_selection import ClusterAccess

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    query: Mapping[str, str]
    token: str
    body: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """`missing` bytes of the announced body never come: the connection is cut before."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Watch:
    """The events of a watch; then it ends, is cut, or goes on in silence."""

    events: Sequence[object]
    then: str = "ends"


def status(code: int, message: str = "", **more: Any) -> Answer:
    """An error as API servers say it."""
    headers = more.pop("headers", {})
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "message": message,
    } | more
    return Answer(code, body, headers)


def listing(*items: Object, version: str = "1", token: str = "") -> Answer:
    """A page of a list of ConfigMaps; with a token more pages follow."""
    metadata = {"resourceVersion": version} | ({"continue": token} if token else {})
    return Answer(
        body={"kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": list(items)}
    )


def config_map(name: str, version: str = "1", **data: str) -> Object:
    return {"metadata": {"name": name, "namespace": "ns", "resourceVersion": version}, "data": data}


def event(kind: str, found: Object) -> Object:
    return {"type": kind, "object": found}


class FakeServer:
    """Answers each request with the next answer of its key (`GET /path`, `WATCH /path`); the last one repeats.

    Requests without an accepted token get 401, if `tokens` are set.
    """

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.tokens: set[str] | None = None
        self._answers: dict[str, list[Answer | Watch]] = {}
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def on(self, key: str, *answers: Answer | Watch) -> None:
        self._answers[key] = list(answers)

    def queries(self, key: str) -> list[Mapping[str, str]]:
        """The queries of all requests of this key."""
        return [each.query for each in self.asked if _key(each) == key]

    def answer(self, asked: Asked) -> Answer | Watch:
        with self._lock:
            self.asked.append(asked)
            if self.tokens is not None and asked.token not in self.tokens:
                return status(401, "Unauthorized")
            answers = self._answers.get(_key(asked), [status(404, f"nothing at {_key(asked)}")])
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                answer = server.answer(self._asked())
                if isinstance(answer, Watch):
                    self._stream(answer)
                else:
                    self._whole(answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def _asked(self) -> Asked:
                url = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                token = self.headers.get("Authorization", "").partition(" ")[2]
                return Asked(self.command, url.path, dict(parse_qsl(url.query)), token, body)

            def _whole(self, answer: Answer) -> None:
                body = answer.body
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) + answer.missing))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = bool(answer.missing)

            def _stream(self, watch: Watch) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for each in watch.events:
                    line = each if isinstance(each, bytes) else json.dumps(each).encode()
                    self._chunk(line + b"\n")
                if watch.then == "ends":
                    self._chunk(b"")
                    return
                if watch.then == "goes on":
                    server.closing.wait()
                self.close_connection = True

            def _chunk(self, content: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
                self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None: ...

        return Handler


def _key(asked: Asked) -> str:
    return f"{'WATCH' if asked.query.get('watch') == 'true' else asked.method} {asked.path}"


def access(file: Path, url: str, user: Object | None = None, context: str = "base") -> ClusterAccess:
    """A way to a server through a kubeconfig that is written to `file`."""
    file.write_text(yaml.safe_dump(kubeconfig(url, user, context)))
    return ClusterAccess(context, str(file))


def kubeconfig(url: str, user: Object | None = None, context: str = "base") -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "a-cluster", "cluster": {"server": url}}],
        "users": [{"name": "alice", "user": user or {"token": "t0"}}],
        "contexts": [{"name": context, "context": {"cluster": "a-cluster", "user": "alice"}}],
    }
