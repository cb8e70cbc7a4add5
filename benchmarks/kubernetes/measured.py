"""What a command costs: its seconds and peak memory; and, in runs of their own, its requests and bytes."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.real.kube.audit import AuditLog
from tests.real.kube.cluster import Own

_PIECE = 256 * 1024
# An installed program finds its modules compiled.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_GOODBYE = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and processor seconds of a command, and its largest resident set in MB."""

    seconds: float
    processor: float
    peak: float


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end. Raises RuntimeError where it fails, with what it said last."""
    begun = time.perf_counter()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=pipe) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said[-1000:].decode()}")
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@dataclass
class Wire:
    """A forwarder before an API server that counts the bytes in both directions."""

    upstream: tuple[str, int]
    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def listening(self) -> Iterator[int]:
        """The port to speak to."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()
            yield server.getsockname()[1]

    def _serve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection(self.upstream)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(_PIECE):
                with self._lock:
                    self.count += len(piece)
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)


@contextmanager
def counted_kubeconfig(cluster: Own, folder: Path) -> Iterator[tuple[Path, Wire]]:
    """A kubeconfig of the cluster's administrator whose bytes are counted."""
    host, _, port = cluster.server.removeprefix("https://").partition(":")
    wire = Wire((host, int(port)))
    with wire.listening() as own:
        file = folder / "counted.kubeconfig"
        file.write_text(cluster.kubeconfig.read_text().replace(cluster.server, f"https://{host}:{own}"))
        yield file, wire


def requests(cluster: Own, since: int) -> Counter[str]:
    """What the administrator asked since the mark of the audit log, by verb and resource."""
    # An answer reaches its client before the log has it.
    time.sleep(_GOODBYE)
    entries = AuditLog(cluster.audit_log).entries(since)
    return Counter(f"{each.verb} {each.resource}" for each in entries if each.user == "admin")


def ratio(ours: float, theirs: float, most: float) -> str:
    """The ratio, and whether it is within what was aimed at."""
    found = ours / theirs
    return f"{found:.2f} ({'good' if found <= most else 'ABOVE'} {most})"
