"""Who is not reached is told in words, without the program's objects and numbers."""

import socket
import threading

import pytest

from ldmrelease.registry.errors import RegistryUnreachable
from ldmrelease.registry.http import HttpCall, Transport
from ldmrelease.registry.repository import RegistryOptions


def told(registry: str) -> str:
    transport = Transport(registry, RegistryOptions(retries=0, timeout=2))
    with pytest.raises(RegistryUnreachable) as raised:
        transport.fetch(HttpCall("GET", "/v2/", "shop/api"), limit=1000)
    return raised.value.what


def test_a_name_that_nobody_has() -> None:
    words = told("registry.invalid")
    assert "registry.invalid" in words
    assert not any(each in words for each in ("Connection(", "object at", "Errno", "<"))


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = told(f"127.0.0.1:{port}")
    assert "refused" in words
    assert not any(each in words for each in ("Connection(", "object at", "Errno", "<"))


def test_a_server_that_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        words = told(f"127.0.0.1:{server.getsockname()[1]}")
    assert not any(each in words for each in ("(", "Error", "'"))
