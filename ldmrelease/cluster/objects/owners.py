"""Whose a field is: the field managers of server-side apply, read from `metadata.managedFields`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ldmrelease.cluster.objects.custom import locate
from ldmrelease.cluster.objects.workloads import POD_SPEC_AT, VOLUME, Container, KubernetesObject, Workload

FieldPath = Sequence[str]


class Owner(Struct, frozen=True):
    """A manager of a field, and when it last wrote anything (RFC 3339; empty where it is not told)."""

    manager: str
    time: str = ""


def owners(manifest: KubernetesObject, field: FieldPath) -> tuple[Owner, ...]:
    """Everybody who owns a field, who wrote last first.

    Whoever owns the list or map that the field is in owns it, where nobody owns the field itself: so are all
    lists of custom resources whose schema gives them no keys.
    """
    held = [(_depth(entry.get("fieldsV1") or {}, field), entry) for entry in _entries(manifest)]
    deepest = max((depth for depth, _ in held), default=0)
    found = {
        Owner(entry.get("manager", ""), entry.get("time", ""))
        for depth, entry in held
        if depth and depth == deepest
    }
    return tuple(sorted(found, key=lambda each: (each.time, each.manager), reverse=True))


def image_field(workload: Workload, container: Container) -> tuple[str, ...]:
    """The field of a container's image, as managedFields spell it."""
    if workload.custom:
        return tuple(_custom_field(workload.manifest, workload.custom.images[container.name]))
    path = [f"f:{each}" for each in (*POD_SPEC_AT[workload.kind], container.field)]
    last = ("f:image", "f:reference") if container.field == "volumes" else ("f:image",)
    return (*path, _keyed(container.name.removeprefix(VOLUME)), *last)


def _keyed(name: str) -> str:
    """The item of a list with this name."""
    return "k:" + json.dumps({"name": name}, separators=(",", ":"))


def _custom_field(manifest: KubernetesObject, path: str) -> Iterator[str]:
    """Items of a list are found if its schema keys it by their names; else it is owned as one (`owners`)."""
    located = locate(manifest, path)
    found: Any = manifest
    for step in located.steps if located else ():
        found = found[step]
        if isinstance(step, str):
            yield f"f:{step}"
        else:
            yield _keyed(str(found.get("name") if isinstance(found, dict) else step))


def image_owner(workload: Workload, name: str) -> Owner | None:
    """Who last wrote the image of a container (or `volume/NAME`): who a drift is by.

    Its time is that of its last write to the object: an upper bound.
    """
    container = next((each for each in workload.containers if each.name == name), None)
    found = owners(workload.manifest, image_field(workload, container)) if container else ()
    return found[0] if found else None


def data_field(key: str) -> tuple[str, ...]:
    """The field of a ConfigMap's key."""
    return ("f:data", f"f:{key}")


def _entries(manifest: KubernetesObject) -> Iterator[KubernetesObject]:
    """Who wrote the object itself: its status and its scale are written apart."""
    entries = manifest["metadata"].get("managedFields") or ()
    return (each for each in entries if not each.get("subresource"))


def _depth(fields: KubernetesObject, path: FieldPath) -> int:
    """How far a path leads to something that is owned as one; 0 where it leads past everything."""
    for done, step in enumerate(path):
        if not fields:
            return done
        if step not in fields:
            return 0
        fields = fields[step]
    return len(path)
