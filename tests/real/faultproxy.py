"""A reverse proxy before a server that counts requests and, where told to, goes wrong.

    with FaultProxy("127.0.0.1:5000") as proxy:
        proxy.fail("GET", "/blobs/", cut_answer, times=1)

A fault is a function of the request (as a `Passage`) that answers it in its own way.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Answer:
    """`pieces` are of an answer that goes on: sent as they come, in place of the body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    pieces: Generator[bytes, None, None] | None = None


@dataclass
class Request:
    """`status` is what it was answered, once it is."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 0


@dataclass
class _Rule:
    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int


class Cut(Exception):
    """End the connection without (the rest of) an answer."""


@dataclass
class Passage:
    """A request on its way: `forward` sends it on and gives the server's answer."""

    request: Request
    forward: Callable[[], Answer]
    send_part: Callable[[Answer, int], None]


Fault = Callable[[Passage], Answer]


@dataclass
class FaultProxy:
    """Listens on a port of its own (`address`), with `tls` if given; `requests` are all that came, in order."""

    upstream: str
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, method: str, path: str, fault: Fault, times: int = 10**9) -> None:
        """Let requests whose method and path match these patterns go wrong, so many times."""
        self._rules.append(_Rule(method, re.compile(path), fault, times))

    def heal(self) -> None:
        """From now on all goes well; the count begins anew."""
        with self._lock:
            self._rules.clear()
            self.requests.clear()

    def count(self, method: str = "", path: str = "") -> int:
        """How many requests came whose method and path match."""
        with self._lock:
            return sum(bool(re.match(method, r.method) and re.search(path, r.path)) for r in self.requests)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def connect(self) -> http.client.HTTPConnection:
        """A new connection to the server."""
        return http.client.HTTPConnection(self.upstream, timeout=30)

    def forward(self, request: Request) -> Answer:
        """The server's own answer."""
        with closing(self.connect()) as connection:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())

    def __enter__(self) -> Self:
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _fault(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            for rule in self._rules:
                if rule.times and re.match(rule.method, request.method) and rule.path.search(request.path):
                    rule.times -= 1
                    return rule.fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One small packet each for headers and body would wait for each other (Nagle and delayed ACK).
    wbufsize = -1
    disable_nagle_algorithm = True
    owner: FaultProxy

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, Cut):
            self.close_connection = True

    def finish(self) -> None:
        # What is still to be sent is for somebody who may have gone.
        with suppress(OSError):
            super().finish()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        fault = self.owner._fault(request)
        passage = Passage(request, lambda: self.owner.forward(request), self._send)
        answer = passage.forward() if fault is None else fault(passage)
        request.status = answer.status
        self._send(answer, len(answer.body))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _pass

    def _send(self, answer: Answer, length: int) -> None:
        """Send the answer with only `length` bytes of its body."""
        self.send_response_only(answer.status)
        known = {name.lower(): value for name, value in answer.headers}
        for name, value in answer.headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if answer.pieces is not None:
            self._go_on(answer.pieces)
            return
        stated = known.get("content-length", "0") if self.command == "HEAD" else str(len(answer.body))
        self.send_header("Content-Length", stated)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[:length])
        self.wfile.flush()

    def _go_on(self, pieces: Generator[bytes, None, None]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        with closing(pieces):
            for each in pieces:
                self._chunk(each)
        self._chunk(b"")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


def cut_request(passage: Passage) -> Answer:
    """The server never hears of it."""
    raise Cut


def cut_answer(passage: Passage) -> Answer:
    """The server does it, and its answer is lost."""
    passage.forward()
    raise Cut


def truncate(passage: Passage) -> Answer:
    """Half of the body comes, then the connection ends."""
    answer = passage.forward()
    passage.send_part(answer, len(answer.body) // 2)
    raise Cut


def repeat(passage: Passage) -> Answer:
    """The server gets it twice."""
    passage.forward()
    return passage.forward()


def flip(passage: Passage) -> Answer:
    """One bit of the body is another one."""
    answer = passage.forward()
    body = bytearray(answer.body)
    body[len(body) // 2] ^= 1
    return Answer(answer.status, answer.headers, bytes(body))


def delay(seconds: float) -> Fault:
    """The answer comes late."""

    def late(passage: Passage) -> Answer:
        time.sleep(seconds)
        return passage.forward()

    return late


def status(code: int, body: bytes = b"", **headers: str) -> Fault:
    """The server is not asked; underscores in header names stand for hyphens."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda passage: Answer(code, named, body)


def replace_header(name: str, value: str) -> Fault:
    """The server's answer with another value for this header."""

    def replaced(passage: Passage) -> Answer:
        answer = passage.forward()
        kept = [(key, said) for key, said in answer.headers if key.lower() != name.lower()]
        return Answer(answer.status, [*kept, (name, value)], answer.body)

    return replaced


def endless_pages(body: bytes) -> Fault:
    """Every page has a next one."""
    numbers = iter(range(10**9))

    def page(passage: Passage) -> Answer:
        path = passage.request.path.partition("?")[0]
        link = f'<{path}?last={next(numbers)}>; rel="next"'
        return Answer(200, [("Link", link), ("Content-Type", "application/json")], body)

    return page
