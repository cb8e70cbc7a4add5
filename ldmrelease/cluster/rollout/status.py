"""What is said of a workload: a code, and the values it is about."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field


class StatusBase(Struct, frozen=True):
    """What is to be said of a workload: a code, and the values it is about."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


class Healthy(StatusBase, frozen=True):
    """All live pods are new, enough, ready, and run it. `values`: `ready`, `wanted` counts."""


class Progressing(StatusBase, frozen=True):
    """It is on its way. Codes: `not-observed`, `creating`, `other-image`, `not-ready`, `node-lost`, `min-ready`
    (ready, but not for `minReadySeconds` yet), `old-pods`, `job-running`, `nodes-not-ready` (`nodes`: a DaemonSet's
    pods there are not replaced, and it waits for them). `values`: `ready` and `wanted` counts, `waiting_for` (names
    of pods), `message`."""


class Degraded(StatusBase, frozen=True):
    """It does not get on, as it is now. Codes: those of `reasons.Trouble`, `stuck` (an old pod that a StatefulSet
    waits for; `trouble` is its code), `job-failed`."""


class ScaledToZero(StatusBase, frozen=True):
    """Nothing is to run there (zero replicas, no node that it is for, a pod that has ended)."""


class Scheduled(StatusBase, frozen=True):
    """A CronJob names the image, and no Job has run it yet. `values`: `suspended`."""


class Suspended(StatusBase, frozen=True):
    """A paused Deployment whose pods are still old."""


class ActionRequired(StatusBase, frozen=True):
    """Old pods that their controller does not replace: somebody must restart `pods` (code `on-delete`), or move
    the `partition`."""


class NodesNotReady(StatusBase, frozen=True):
    """A DaemonSet runs it on every node that is ready; `nodes` are those that are not."""


class ImageMismatch(StatusBase, frozen=True):
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
