"""What is said of a workload: a code, and the values it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StatusBase:
    """What is to be said of a workload: a code, and the values it is about."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Healthy(StatusBase):
    """All live pods are new, enough, ready, and run it. `values`: `ready`, `wanted` counts."""


@dataclass(frozen=True, slots=True)
class Progressing(StatusBase):
    """It is on its way. Codes: `not-observed`, `creating`, `other-image`, `not-ready`, `node-lost`, `min-ready`
    (ready, but not for `minReadySeconds` yet), `old-pods`, `job-running`, `nodes-not-ready` (`nodes`: a DaemonSet's
    pods there are not replaced, and it waits for them). `values`: `ready` and `wanted` counts, `waiting_for` (names
    of pods), `message`."""


@dataclass(frozen=True, slots=True)
class Degraded(StatusBase):
    """It does not get on, as it is now. Codes: those of `reasons.Trouble`, `stuck` (an old pod that a StatefulSet
    waits for; `trouble` is its code), `job-failed`."""


@dataclass(frozen=True, slots=True)
class ScaledToZero(StatusBase):
    """Nothing is to run there (zero replicas, no node that it is for, a pod that has ended)."""


@dataclass(frozen=True, slots=True)
class Scheduled(StatusBase):
    """A CronJob names the image, and no Job has run it yet. `values`: `suspended`."""


@dataclass(frozen=True, slots=True)
class Suspended(StatusBase):
    """A paused Deployment whose pods are still old."""


@dataclass(frozen=True, slots=True)
class ActionRequired(StatusBase):
    """Old pods that their controller does not replace: somebody must restart `pods` (code `on-delete`), or move
    the `partition`."""


@dataclass(frozen=True, slots=True)
class NodesNotReady(StatusBase):
    """A DaemonSet runs it on every node that is ready; `nodes` are those that are not."""


@dataclass(frozen=True, slots=True)
class ImageMismatch(StatusBase):
    """The workload names another image. Codes: `other-digest` (in its specification), `other-content` (its tag
    leads to something else), `no-container`."""


Status = (
    Healthy
    | Progressing
    | Degraded
    | ScaledToZero
    | Scheduled
    | Suspended
    | ActionRequired
    | NodesNotReady
    | ImageMismatch
)


def status_name(status: Status) -> str:
    """`healthy`, `progressing`, `degraded`, `scaled-to-zero`, `scheduled`, `suspended`, `action-required`,
    `nodes-not-ready` or `image-mismatch`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(status).__name__).lower()
