"""A server of JSON on loopback, for forges of the tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class JsonHandler(BaseHTTPRequestHandler):
    """Answers every method by `handle_any`, which ends with `reply`."""

    def handle_any(self) -> None:
        """Read what was sent, and answer."""
        raise AssertionError

    def do_GET(self) -> None:
        """A request of any method."""
        self.handle_any()

    do_POST = do_PATCH = do_PUT = do_GET

    def sent(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status: int, content: bytes, **headers: str) -> None:
        """Answer; an underscore in a header's name is a hyphen."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def served(handler: type[JsonHandler]) -> Iterator[int]:
    """Its port, as long as it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
