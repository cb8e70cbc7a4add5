"""What is said of a workload: a code, and the values it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of a workload: a code, and the values it is about."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran(Told):
    """All live pods are new, enough, ready, and run it. `values`: `ready`, `wanted` counts."""


@dataclass(frozen=True, slots=True)
class Rolling(Told):
    """It is on its way. Codes: `not-observed`, `creating`, `other-image`, `not-ready`, `node-lost`, `min-ready`
    (ready, but not for `minReadySeconds` yet), `old-pods`, `job-running`, `nodes-not-ready` (`nodes`: a DaemonSet's
    pods there are not replaced, and it waits for them). `values`: `ready` and `wanted` counts, `waiting_for` (names
    of pods), `message`."""


@dataclass(frozen=True, slots=True)
class Troubled(Told):
    """It does not get on, as it is now. Codes: those of `reasons.Trouble`, `stuck` (an old pod that a StatefulSet
    waits for; `trouble` is its code), `job-failed`."""


@dataclass(frozen=True, slots=True)
class Idle(Told):
    """Nothing is to run there (zero replicas, no node that it is for, a pod that has ended)."""


@dataclass(frozen=True, slots=True)
class Armed(Told):
    """A CronJob names the image, and no Job has run it yet. `values`: `suspended`."""


@dataclass(frozen=True, slots=True)
class Paused(Told):
    """A paused Deployment whose pods are still old."""


@dataclass(frozen=True, slots=True)
class Held(Told):
    """Old pods that their controller does not replace: somebody must restart `pods` (code `on-delete`), or move
    the `partition`."""


@dataclass(frozen=True, slots=True)
class NodesNotReady(Told):
    """A DaemonSet runs it on every node that is ready; `nodes` are those that are not."""


@dataclass(frozen=True, slots=True)
class Unwritten(Told):
    """The workload names another image. Codes: `other-digest` (in its specification), `other-content` (its tag
    leads to something else), `no-container`."""


Verdict = Ran | Rolling | Troubled | Idle | Armed | Paused | Held | NodesNotReady | Unwritten
