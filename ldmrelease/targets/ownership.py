"""Who gave a field its value: the field managers of server-side apply, read from `metadata.managedFields`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ldmrelease.cluster.workloads import POD_SPEC_AT, VOLUME, Container
from ldmrelease.domain.workloads import WorkloadKind

IMAGES_MANAGER = "ldmrelease"
MANIFESTS_MANAGER = "ldmrelease-manifests"
FENCE_MANAGER = "ldmrelease-fence"
OURS = frozenset({IMAGES_MANAGER, MANIFESTS_MANAGER, FENCE_MANAGER})

Manifest = dict[str, Any]
FieldPath = Sequence[str]


@dataclass(frozen=True, slots=True)
class Owner:
    """A manager of a field, and when it last wrote anything (RFC 3339; empty where it is not told)."""

    manager: str
    time: str = ""


def owners(manifest: Manifest, field: FieldPath) -> tuple[Owner, ...]:
    """Everybody who owns a field, who wrote last first."""
    found = {
        Owner(entry.get("manager", ""), entry.get("time", ""))
        for entry in _entries(manifest)
        if _holds(entry.get("fieldsV1") or {}, field)
    }
    return tuple(sorted(found, key=lambda each: (each.time, each.manager), reverse=True))


def image_field(kind: WorkloadKind, container: Container) -> tuple[str, ...]:
    """The field of a container's image, as managedFields spell it."""
    name = container.name.removeprefix(VOLUME)
    item = "k:" + json.dumps({"name": name}, separators=(",", ":"))
    path = [f"f:{each}" for each in (*POD_SPEC_AT[kind], container.field)]
    last = ("f:image", "f:reference") if container.field == "volumes" else ("f:image",)
    return (*path, item, *last)


def data_field(key: str) -> tuple[str, ...]:
    """The field of a ConfigMap's key."""
    return ("f:data", f"f:{key}")


def _entries(manifest: Manifest) -> Iterator[Manifest]:
    yield from manifest["metadata"].get("managedFields") or ()


def _holds(fields: Manifest, path: FieldPath) -> bool:
    for step in path:
        if step not in fields:
            return False
        fields = fields[step]
    return True
