"""Which nodes may run the pods of a workload, as far as it says so itself (Kubernetes: "Assigning Pods to Nodes").

Pure. Node selector, required node affinity and taints are judged; what depends on other pods is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

Object = Mapping[str, Any]

_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_KEEPS_OUT = ("NoSchedule", "NoExecute")
# What the node controller says itself of nodes that are in trouble; their state is judged, not this.
_TROUBLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class NodeChoice(Struct, frozen=True):
    """Nodes by name; `left` would be among them, and cannot be used now, each for its reason."""

    nodes: tuple[str, ...]
    left: Mapping[str, str]


def chosen(nodes: Iterable[Object], pod: Object, *, is_daemon: bool = False) -> NodeChoice:
    """The nodes that may run pods of this specification.

    is_daemon: pods of a DaemonSet go to nodes that take no others (cordoned ones), too.
    """
    fit = [each for each in nodes if _may_run(each, pod, is_daemon=is_daemon)]
    left = {_name(each): "it is not ready" for each in fit if not _is_ready(each)}
    return NodeChoice(tuple(sorted(_name(each) for each in fit if _name(each) not in left)), left)


def _name(node: Object) -> str:
    return str(node["metadata"]["name"])


def _is_ready(node: Object) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _may_run(node: Object, pod: Object, *, is_daemon: bool) -> bool:
    spec = node.get("spec") or {}
    if pod.get("nodeName"):
        # It is bound there already, whatever the node takes now.
        return bool(pod["nodeName"] == _name(node))
    if spec.get("unschedulable") and not is_daemon:
        return False
    labels = node["metadata"].get("labels") or {}
    selector = pod.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    ignored = {*_TROUBLE, _UNSCHEDULABLE}
    taints = [each for each in spec.get("taints") or () if each["key"] not in ignored]
    return _attracted(node, pod) and _tolerated(taints, pod.get("tolerations") or ())


def _tolerated(taints: Sequence[Object], tolerations: Sequence[Object]) -> bool:
    repelling = [each for each in taints if each.get("effect") in _KEEPS_OUT]
    return all(any(_tolerates(one, taint) for one in tolerations) for taint in repelling)


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    key = toleration.get("key") or ""
    if toleration.get("operator") == "Exists":
        return key in ("", taint["key"])
    return bool(key == taint["key"] and (toleration.get("value") or "") == (taint.get("value") or ""))


def _attracted(node: Object, pod: Object) -> bool:
    """Required node affinity: one of its terms has to hold whole."""
    affinity = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not required:
        return True
    return any(_term_holds(node, term) for term in required.get("nodeSelectorTerms") or ())


def _term_holds(node: Object, term: Object) -> bool:
    labels = node["metadata"].get("labels") or {}
    by_label, by_field = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not by_label and not by_field:
        return False
    return all(_holds(labels, each) for each in by_label) and all(
        _holds({"metadata.name": _name(node)}, each) for each in by_field
    )


def _holds(labels: Object, expression: Object) -> bool:
    found, values = labels.get(expression["key"]), expression.get("values") or ()
    match expression.get("operator"):
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt" as operator:
            return _compares(found, values, larger=operator == "Gt")
    return False


def _compares(found: Any, values: Sequence[str], *, larger: bool) -> bool:
    try:
        one, other = int(found), int(values[0])
    except (TypeError, ValueError, IndexError):
        return False
    return one > other if larger else one < other
