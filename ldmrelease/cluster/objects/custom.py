"""Custom resources that name images: where an image stands in an object, and which pods are its.

Nothing is known of their revisions: a pod is new if its containers name what the object names now.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ldmrelease.domain.value_paths import Named, parse_path

PointerStep = str | int


class Located(Struct, frozen=True):
    """A text of an object: the steps that lead to it, and what it says."""

    steps: tuple[PointerStep, ...]
    text: str


def pointer(steps: Iterable[PointerStep]) -> str:
    """The JSON Pointer to where steps lead (RFC 6901)."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in steps)


def locate(manifest: dict[str, Any], path: str) -> Located | None:
    """What stands at a path (`domain.value_paths`); None where nothing does, or no text."""
    found: Any = manifest
    steps: list[PointerStep] = []
    for part in parse_path(path):
        step = _index_of(found, part) if isinstance(part, Named) else part
        if not _has(found, step):
            return None
        assert step is not None
        steps.append(step)
        found = found[step]
    return Located(tuple(steps), found) if isinstance(found, str) else None


def _index_of(found: Any, item: Named) -> int | None:
    """The index of the one item of a list that is named so."""
    items = found if isinstance(found, list) else []
    named = [
        index
        for index, each in enumerate(items)
        if isinstance(each, dict) and each.get(item.key) == item.name
    ]
    return named[0] if len(named) == 1 else None


def _has(found: Any, step: PointerStep | None) -> bool:
    if isinstance(step, int):
        return isinstance(found, list) and step < len(found)
    return isinstance(found, dict) and step in found


def observed(status: dict[str, Any], generation: int) -> int:
    """The generation that a controller says it has seen; that of the object where it says none.

    Argo Rollouts says it as text, and once said a hash.
    """
    told = str(status.get("observedGeneration"))
    return int(told) if told.isdecimal() else generation


def replicas(spec: dict[str, Any]) -> int:
    """How many pods an object asks for; one where it does not say."""
    told = spec.get("replicas")
    return told if isinstance(told, int) else 1


def is_labelled(pod: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a pod carries all of these labels."""
    there = pod["metadata"].get("labels") or {}
    return all(there.get(key) == value for key, value in labels.items())
