"""What differs between two policies, clause by clause."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.level import Additions, Level, Requirement


class ClauseChange(StrEnum):
    """What became of a clause."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class PolicyChange(Struct, frozen=True):
    """One difference. `environment` is None for what a level asks anywhere, `phase` and `requirement` for what it says
    itself; `key` is what of it changed, a parameter of the rule among others, None for the whole; `before` and `after`
    are None where there was, or is, nothing.
    """

    level: str
    change: ClauseChange
    environment: str | None = None
    phase: str | None = None
    requirement: str | None = None
    key: str | None = None
    before: Any = None
    after: Any = None


_OF_LEVEL = ("accepts", "excludes", "availability", "ask", "unmanaged", "waivers", "recalled")


def compare_policies(before: Mapping[str, Level], after: Mapping[str, Level]) -> tuple[PolicyChange, ...]:
    """Every difference between two sets of levels; what is only written otherwise, and decides the same, is none."""
    return tuple(_compared(before, after))


def _compared(before: Mapping[str, Level], after: Mapping[str, Level]) -> Iterator[PolicyChange]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            yield PolicyChange(name, ClauseChange.REMOVED if new is None else ClauseChange.ADDED)
            continue
        yield from _of_level(old, new)
        yield from _of_overlays(old, new)
        yield from _of_phases(name, None, _additions(old), _additions(new))
        for environment in sorted(old.environments.keys() | new.environments.keys()):
            first = old.environments.get(environment, Additions())
            second = new.environments.get(environment, Additions())
            if set(first.excludes) != set(second.excludes):
                yield PolicyChange(
                    name,
                    ClauseChange.CHANGED,
                    environment,
                    key="excludes",
                    before=list(first.excludes),
                    after=list(second.excludes),
                )
            yield from _of_phases(name, environment, first, second)


def _additions(level: Level) -> Additions:
    return Additions(level.enter, level.confirm)


def _of_level(old: Level, new: Level) -> Iterator[PolicyChange]:
    for key in _OF_LEVEL:
        before, after = (_plain(getattr(each, key)) for each in (old, new))
        if before != after:
            yield PolicyChange(new.name, ClauseChange.CHANGED, key=key, before=before, after=after)


def _of_overlays(old: Level, new: Level) -> Iterator[PolicyChange]:
    """What compressions and the emergency say, each key after the overlay's name: `emergency by`."""
    before, after = _overlay_keys(old), _overlay_keys(new)
    for key in dict.fromkeys((*before, *after)):
        first, second = before.get(key), after.get(key)
        if first != second:
            yield PolicyChange(new.name, ClauseChange.CHANGED, key=key, before=first, after=second)


def _overlay_keys(level: Level) -> dict[str, Any]:
    found: dict[str, Any] = {}
    overlays = {f"compression {name}": each for name, each in level.compressions.items()}
    if level.emergency is not None:
        overlays["emergency"] = level.emergency
    for title, overlay in overlays.items():
        for key in ("by", "drop", "keep", "lasts", "review_within", "environments"):
            value = getattr(overlay, key)
            if value not in (None, ()):
                found[f"{title} {key}"] = _plain(value)
        for id, own in overlay.shorten.items():
            for key, value in own.items():
                found[f"{title} {id} {key}"] = value
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return canonical.to_plain(value)
    return sorted(value) if isinstance(value, tuple) else value


def _of_phases(level: str, environment: str | None, old: Additions, new: Additions) -> Iterator[PolicyChange]:
    for phase in ("enter", "confirm"):
        before = {each.id: each for each in getattr(old, phase)}
        after = {each.id: each for each in getattr(new, phase)}
        for name in dict.fromkeys((*before, *after)):
            yield from _of_requirement(level, environment, phase, before.get(name), after.get(name))


def _of_requirement(
    level: str, environment: str | None, phase: str, old: Requirement | None, new: Requirement | None
) -> Iterator[PolicyChange]:
    if old is None or new is None or old.rule != new.rule:
        if old is not None:
            yield PolicyChange(level, ClauseChange.REMOVED, environment, phase, old.id, before=old)
        if new is not None:
            yield PolicyChange(level, ClauseChange.ADDED, environment, phase, new.id, after=new)
        return
    before, after = _said(old), _said(new)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield PolicyChange(
                level, ClauseChange.CHANGED, environment, phase, new.id, key, before.get(key), after.get(key)
            )


def _said(requirement: Requirement) -> dict[str, Any]:
    """All that a requirement says, apart from where it comes from."""
    own = {"enforce_from": requirement.enforce_from, "waivable_by": list(requirement.waivable_by)}
    return {**requirement.parameters, **own}
