"""What brings a workload back to what it was before a whole manifest was applied to it. Pure.

Server-side apply keeps, for each manager, the fields that it has applied (`fieldsV1`). What they said before, said
again by the same manager, puts them back; a field that was not there is left out, and goes with its owner. Nothing
else of the workload is touched.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from ldmrelease.cluster.objects.workloads import KubernetesObject

BEFORE = "ldmrelease.dev/before"
"""The annotation that keeps it, beside what it is about: written together with the manifest, gone with it."""

MOST = 240 * 1024
"""Bytes of all annotations of an object: 256 KiB are taken, and its controller adds some of its own."""


def undo_of(before: KubernetesObject, after: KubernetesObject, manager: str, owner: str) -> str | None:
    """The apply that leads from `after` back to `before`, as text; None where it is too long to be kept there.

    after: the object as the manager's apply leaves it; a dry run tells. owner: the promotion whose apply that is, by
    its name among those of all ledgers.
    """
    fields = _merged(_applied(before, manager), _applied(after, manager))
    said = projected(before, fields)
    # What led further back is over.
    said.get("metadata", {}).get("annotations", {}).pop(BEFORE, None)
    text = json.dumps({"of": owner, "apply": said}, sort_keys=True)
    annotations = (after["metadata"].get("annotations") or {}) | {BEFORE: text}
    return text if sum(len(f"{key}{value}".encode()) for key, value in annotations.items()) <= MOST else None


def read_undo(text: str | None, owner: str) -> KubernetesObject | None:
    """The apply that was kept for this owner; None where none was, or somebody has written something else there."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    kept = found.get("apply") if isinstance(found, dict) and found.get("of") == owner else None
    return kept if isinstance(kept, dict) else None


def projected(value: Any, fields: KubernetesObject) -> Any:
    """The part of a value that these fields are (`fieldsV1`, structured-merge-diff)."""
    if not fields:
        return copy.deepcopy(value)
    if isinstance(value, dict):
        return {name: projected(value[name], inner) for name, inner in _named(fields, "f:") if name in value}
    if isinstance(value, list):
        return [part for item in value for part in _item(item, fields)]
    return value


def _item(item: Any, fields: KubernetesObject) -> Iterator[Any]:
    """An item of a list, as far as it is among the fields: by its keys, or as a value of a set."""
    for text, inner in _named(fields, "k:"):
        keys = json.loads(text)
        if isinstance(item, dict) and all(item.get(key) == wanted for key, wanted in keys.items()):
            yield keys | projected(item, inner)
    if any(json.loads(text) == item for text, _ in _named(fields, "v:")):
        yield item


def _named(fields: KubernetesObject, prefix: str) -> Iterator[tuple[str, KubernetesObject]]:
    for key, inner in fields.items():
        if key.startswith(prefix):
            yield key.removeprefix(prefix), inner


def _applied(manifest: KubernetesObject, manager: str) -> KubernetesObject:
    """The fields that a manager has applied."""
    for entry in manifest["metadata"].get("managedFields") or ():
        if (
            entry.get("manager") == manager
            and entry.get("operation") == "Apply"
            and not entry.get("subresource")
        ):
            fields: KubernetesObject = entry.get("fieldsV1") or {}
            return fields
    return {}


def _merged(one: KubernetesObject, other: KubernetesObject) -> KubernetesObject:
    """All fields of both. A field that one of them has as a whole stays whole."""
    found = dict(one)
    for key, inner in other.items():
        if key in found:
            found[key] = _merged(found[key], inner) if found[key] and inner else {}
        else:
            found[key] = inner
    return found
