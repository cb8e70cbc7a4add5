"""Jobs that take one another's place: a Job's template never changes, so whoever syncs it makes another one.

It has the same name, or another name and the same labels and controller. A Job that is still at work counts beside its
successor, and one that has ended, or is being deleted, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

KubernetesObject = dict[str, Any]

_OWN_LABELS = frozenset(
    {
        "job-name",
        "controller-uid",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
        "app.kubernetes.io/version",
        "helm.sh/chart",
        "pod-template-hash",
    }
)
"""Labels that differ between a Job and the one that takes its place."""

Family = tuple[str, frozenset[tuple[str, str]]]


def is_at_work(job: KubernetesObject) -> bool:
    """Whether a Job has neither ended nor is being deleted."""
    return not job["metadata"].get("deletionTimestamp") and not has_ended(job)


def has_ended(job: KubernetesObject) -> bool:
    """Whether its controller says that it has failed or is complete."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(
        each.get("type") in ("Failed", "Complete") and each.get("status") == "True" for each in conditions
    )


def created(manifest: KubernetesObject) -> str:
    """When an object was made (RFC 3339)."""
    return str(manifest["metadata"].get("creationTimestamp", ""))


def without_replaced(jobs: Iterable[KubernetesObject]) -> list[KubernetesObject]:
    """The Jobs of a selection, without those that have ended or go, where a newer one is in their place."""
    newest: dict[Family, KubernetesObject] = {}
    found = list(jobs)
    for each in sorted(found, key=_order):
        newest[family(each)] = each
    return [each for each in found if is_at_work(each) or newest[family(each)] is each]


def successor(job: KubernetesObject, others: Iterable[KubernetesObject]) -> KubernetesObject | None:
    """The newest Job that took the place of one that is gone; None where nobody knows which that would be."""
    own = family(job)
    if own[0].startswith("name/"):
        return None
    newer: Sequence[KubernetesObject] = [
        each for each in others if family(each) == own and _order(each) > _order(job)
    ]
    return max(newer, key=_order, default=None)


def family(job: KubernetesObject) -> Family:
    """What a Job and the one in its place have in common: controller and labels, and the name where it has none."""
    meta = job["metadata"]
    owner: KubernetesObject = next(
        (each for each in meta.get("ownerReferences") or () if each.get("controller")), {}
    )
    labels = frozenset(
        (key, str(value)) for key, value in (meta.get("labels") or {}).items() if key not in _OWN_LABELS
    )
    if not owner and not labels:
        return f"name/{meta['name']}", labels
    return str(owner.get("uid", "")), labels


def _order(job: KubernetesObject) -> tuple[str, str]:
    return created(job), str(job["metadata"]["name"])
