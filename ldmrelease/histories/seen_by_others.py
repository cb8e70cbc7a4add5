"""What others saw, as JSON: `{"time": ..., "environment": ..., "application": ..., "component": ..., "image": ...}`.

`place: ENVIRONMENT/APPLICATION` may stand for the two, `container` for `component`, and `digest` beside or in place of
`image`. `by` says who saw it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ldmrelease.domain.events.imported import Sighting
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.domain.times import instant
from ldmrelease.histories.bounded import JsonItem, Placed, at, text_of

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_KEYS = frozenset(
    {"time", "environment", "application", "place", "component", "container", "image", "digest", "by"}
)

SightingRow = Placed[Sighting] | UnreadableChange


def read_sightings(
    items: Iterable[JsonItem | UnreadableChange], source: str, by: str | None
) -> Iterator[SightingRow]:
    """What each item says; `by` is who saw what does not say it."""
    for number, item in enumerate(items, 1):
        if isinstance(item, UnreadableChange):
            yield item
            continue
        found = _read(item.value, by)
        if isinstance(found, str):
            reason = found if item.line is not None else f"observation {number}: {found}"
            yield UnreadableChange(source, item.line, reason)
        else:
            yield found


def _read(value: Any, by: str | None) -> Placed[Sighting] | str:
    if not isinstance(value, dict):
        return "not an object"
    unknown = sorted(value.keys() - _KEYS)
    if unknown:
        return f"unknown key {unknown[0][:100]!r}"
    try:
        time = instant(text_of(value, "time") or "")
    except (ValueError, OverflowError):
        return f"no time like 2023-04-20T09:55:23Z: {str(at(value, 'time'))[:100]!r}"
    environment, application = text_of(value, "environment"), text_of(value, "application")
    if place := text_of(value, "place"):
        environment, _, application = place.partition("/")
    who = text_of(value, "by") or by
    image, digest = text_of(value, "image"), text_of(value, "digest")
    if not environment or not application:
        return "no environment and application"
    if who is None:
        return "it does not say who saw it; name them: --by"
    if digest is not None and _DIGEST.fullmatch(digest) is None:
        return f"{digest[:100]!r} is not a digest"
    if image is None and digest is None:
        return "no image and no digest"
    component = text_of(value, "component") or text_of(value, "container")
    return Placed(environment, application, Sighting(time, who, component, image, digest))
