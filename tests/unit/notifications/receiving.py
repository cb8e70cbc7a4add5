"""A server that takes what webhooks are sent, and can be told to fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiving:
    """`bodies` are those of all requests, `headers` what came with them; `answers` are the next statuses, then 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.pause = 0.0
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiving() -> Iterator[Receiving]:
    """The server, while it is up."""
    taken = Receiving()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(taken.pause)
            taken.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            taken.headers.append({name.lower(): value for name, value in self.headers.items()})
            status = taken.answers.pop(0) if taken.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", taken.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
