"""A registry that is away is asked patiently once, and shortly from then on, until it answers."""

import socket
import threading
from collections.abc import Iterator

import pytest

from ldmrelease.registry.errors import RegistryUnreachable
from ldmrelease.registry.http import HttpCall, Transport
from ldmrelease.registry.repository import RegistryOptions

# Without `close` the client may try the connection again before it has seen that it was hung up.
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Server:
    """Hangs up on everybody until `answers`; counts who came."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.came, self.answers = 0, False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.came += 1
            with connection:
                if self.answers:
                    connection.recv(65536)
                    connection.sendall(ANSWER)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.listening.close()


def test_after_all_tries_one_is_made_for_each_request_until_one_is_answered(server: Server) -> None:
    options = RegistryOptions(retries=2)
    transport = Transport(f"127.0.0.1:{server.listening.getsockname()[1]}", options)
    call = HttpCall("GET", "/v2/a/tags/list", "a")

    def tries() -> int:
        before = server.came
        with pytest.raises(RegistryUnreachable):
            transport.fetch(call, limit=100)
        return server.came - before

    assert tries() == 3
    assert tries() == 1
    server.answers = True
    assert transport.fetch(call, limit=100).content == b"{}"
    server.answers = False
    assert tries() == 3
