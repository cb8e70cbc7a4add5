"""What was sent to a cluster against what is there: a difference that the API server does not make is a mutation.

The rule is strict: a key that was not sent has to be one that Kubernetes fills in. An unknown one makes the run
say nothing, which is the safe side.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

# Keys that the API server and its built-in admission add, and the values that they may add.
_ANY = None
_ADDED: dict[str, tuple[Any, ...] | None] = {
    # of a Job
    "parallelism": (1,),
    "completions": (1,),
    "completionMode": ("NonIndexed",),
    "suspend": (False,),
    "manualSelector": (False,),
    "podReplacementPolicy": ("TerminatingOrFailed", "Failed"),
    "selector": _ANY,
    # of a pod: where and how soon it runs, not what
    "dnsPolicy": ("ClusterFirst",),
    "schedulerName": _ANY,
    "terminationGracePeriodSeconds": _ANY,
    "nodeName": _ANY,
    "nodeSelector": _ANY,
    "affinity": _ANY,
    "tolerations": _ANY,
    "priority": _ANY,
    "priorityClassName": _ANY,
    "preemptionPolicy": _ANY,
    "runtimeClassName": _ANY,
    "overhead": _ANY,
    "serviceAccount": _ANY,
    "imagePullSecrets": _ANY,
    # of a container and its parts
    "imagePullPolicy": _ANY,
    "terminationMessagePath": ("/dev/termination-log",),
    "defaultMode": (420,),
    "apiVersion": ("v1",),
}
# Amounts are spelled anew (1024Mi is read back as 1Gi), and say nothing about what is run.
_NOT_COMPARED = frozenset({"resources", "sizeLimit"})
_EMPTY: tuple[Any, ...] = (None, "", [], {})
# The API leaves these out when they are false.
_LEFT_OUT = frozenset({"hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "readOnly"})
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def difference(sent: Any, found: Any, path: str = "") -> str | None:
    """The path of the first value that is not as it was sent, or None. Labels and annotations may be added."""
    if isinstance(sent, Mapping) and isinstance(found, Mapping):
        return _of_mappings(sent, found, path)
    if isinstance(sent, list) and isinstance(found, list):
        if len(sent) != len(found):
            return path
        pairs = enumerate(zip(sent, found, strict=True))
        return _first(difference(one, other, f"{path}[{index}]") for index, (one, other) in pairs)
    return None if type(sent) is type(found) and sent == found else path


def _of_mappings(sent: Mapping[str, Any], found: Mapping[str, Any], path: str) -> str | None:
    return _first(
        _of_key(sent, found, key, f"{path}.{key}" if path else key)
        for key in sorted({*sent, *found} - _NOT_COMPARED)
    )


def _of_key(sent: Mapping[str, Any], found: Mapping[str, Any], key: str, path: str) -> str | None:
    if key == "metadata":
        return _of_metadata(sent.get(key, {}), found.get(key, {}), path)
    if key not in found:
        return None if sent[key] in _EMPTY or (sent[key] is False and key in _LEFT_OUT) else path
    if key in sent:
        return difference(sent[key], found[key], path)
    return None if _may_be_added(key, found[key]) else path


def _may_be_added(key: str, value: Any) -> bool:
    if value in _EMPTY:
        return True
    if key not in _ADDED:
        return False
    allowed = _ADDED[key]
    return allowed is _ANY or value in allowed


def _of_metadata(sent: Mapping[str, Any], found: Mapping[str, Any], path: str) -> str | None:
    for field in ("labels", "annotations"):
        have = found.get(field) or {}
        for key, value in (sent.get(field) or {}).items():
            if have.get(key) != value:
                return f"{path}.{field}[{key}]"
    return None


def _first(paths: Any) -> str | None:
    return next((each for each in paths if each is not None), None)


def is_of(image_id: str, identity: Collection[str]) -> bool:
    """Whether an image ID that a node reports (`repository@digest`, or a digest) is one of the identity's."""
    digests = _DIGEST.findall(image_id)
    return len(digests) == 1 and image_id.endswith(digests[0]) and digests[0] in identity
