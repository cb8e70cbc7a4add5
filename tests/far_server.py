"""A git server far away: git's own daemon behind a proxy that counts connections, and delays or holds each."""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def git_daemon(folder: Path) -> Iterator[int]:
    """Serves the bare repositories of a folder, to read and to write; its port."""
    port = _free_port()
    options = ("--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1")
    command = ["git", "daemon", *options, f"--port={port}", f"--base-path={folder}", str(folder)]
    daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        # It passes the signal on to what it has started.
        daemon.terminate()
        daemon.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@dataclass
class FarServer:
    """The proxy. `latency`: seconds before a connection is passed on. `hangs`: none is answered any more."""

    port: int
    latency: float = 0.0
    hangs: bool = False
    connections: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(200)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def url(self, name: str) -> str:
        """The address of a repository."""
        return f"git://127.0.0.1:{self._listener.getsockname()[1]}/{name}"

    def counted(self) -> int:
        """The connections since this was asked last."""
        found, self.connections = self.connections, 0
        return found

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self.hangs:
                while client.recv(1 << 16):
                    pass
                return
            time.sleep(self.latency)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as server:
                _pass_on(client, server)


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, server)
        ready.register(server, selectors.EVENT_READ, client)
        while ready.get_map():
            for key, _ in ready.select():
                source, other = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                try:
                    received = source.recv(1 << 16)
                except OSError:
                    received = b""
                # Whoever has closed its end is not to take from the other what is still under way.
                with contextlib.suppress(OSError):
                    other.sendall(received)
                if not received:
                    ready.unregister(source)
                    with contextlib.suppress(OSError):
                        other.shutdown(socket.SHUT_WR)
