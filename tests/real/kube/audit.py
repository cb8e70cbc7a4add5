"""An API server's audit log: who asked what, and what was answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.real.kube.api import Object

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_WAIT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A request that was answered. `body` is what was sent, where the policy keeps it (writes of workloads, their
    pods and Jobs, and of ConfigMaps); `received` is RFC 3339 with microseconds, so it sorts as text.
    """

    user: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    agent: str
    received: str
    uri: str
    body: Object | None

    @property
    def wrote(self) -> bool:
        """Whether it asked for a change and got it; a dry run changes nothing."""
        return self.verb in _WRITES and self.code < 300 and "dryRun=" not in self.uri


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The log file of a cluster's API server."""

    path: Path

    def mark(self) -> int:
        """Where the log ends now, for `since`."""
        return sum(part.stat().st_size for part in self._parts())

    def entries(self, since: int = 0) -> list[AuditEntry]:
        """Every answered request after the mark, in the order of their answers."""
        # The last line may be in the writing.
        lines = self._text(since).split(b"\n")[:-1]
        said = map(json.loads, lines)
        return [_entry(each) for each in said if each["stage"] == "ResponseComplete"]

    def _parts(self) -> list[Path]:
        """The log, and what was put aside of it before: the API server begins a new file after 100 MB."""
        earlier = self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}")
        return [*sorted(earlier), *([self.path] if self.path.exists() else [])]

    def _text(self, since: int) -> bytes:
        found = b""
        for part in self._parts():
            size = part.stat().st_size
            if since < size:
                found += _from(part, since)
            since = max(0, since - size)
        return found

    def wait(self, true: Callable[[AuditEntry], bool], since: int = 0) -> list[AuditEntry]:
        """The entries once one of them is so: an answer reaches its client before the log has it."""
        until = time.monotonic() + _WAIT_SECONDS
        while not any(map(true, found := self.entries(since))):
            if time.monotonic() > until:
                raise TimeoutError(f"no such request in {self.path}; the last were {found[-5:]}")
            time.sleep(0.05)
        return found


def _from(part: Path, since: int) -> bytes:
    """A file from there on, without the line that was being written when its size was seen."""
    with part.open("rb") as file:
        file.seek(max(0, since - 1))
        text = file.read()
    return text.partition(b"\n")[2] if since else text


def _entry(said: Object) -> AuditEntry:
    about = said.get("objectRef", {})
    return AuditEntry(
        user=said["user"].get("username", ""),
        verb=said["verb"],
        resource=about.get("resource", ""),
        subresource=about.get("subresource", ""),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=said.get("responseStatus", {}).get("code", 0),
        agent=said.get("userAgent", ""),
        received=said["requestReceivedTimestamp"],
        uri=said["requestURI"],
        body=said.get("requestObject"),
    )
