"""What moved between two revisions of a catalogue."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ldmrelease.milestones.catalogue import Catalogue, Feature, Milestone


class MilestoneChangeKind(StrEnum):
    """What became of a milestone, a feature, or one of their fields."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class MilestoneChange(Struct, frozen=True):
    """One difference. `feature` is None where it is about the milestone itself; `field` is None for the whole."""

    kind: MilestoneChangeKind
    milestone: str
    feature: str | None = None
    field: str | None = None
    before: Any = None
    after: Any = None


_OF_MILESTONE = ("section", "title", "due", "completed", "incomplete", "no_new_functionality")
_OF_FEATURE = ("text", "due", "completed", "incomplete")


def compare_catalogues(before: Catalogue, after: Catalogue) -> tuple[MilestoneChange, ...]:
    """Every difference, in the order of the later one; what is gone comes last."""
    return tuple(_compared(before, after))


def _compared(before: Catalogue, after: Catalogue) -> Iterator[MilestoneChange]:
    old = {each.code: each for each in before.milestones}
    for each in after.milestones:
        if each.code not in old:
            yield MilestoneChange(MilestoneChangeKind.ADDED, each.code, after=each.title)
            continue
        yield from _fields(old[each.code], each, _OF_MILESTONE, each.code, None)
        yield from _features(old[each.code], each)
    kept = {each.code for each in after.milestones}
    for each in before.milestones:
        if each.code not in kept:
            yield MilestoneChange(MilestoneChangeKind.REMOVED, each.code, before=each.title)


def _features(old: Milestone, new: Milestone) -> Iterator[MilestoneChange]:
    # A code may stand twice in one milestone: the first is the first, the second the second.
    before, after = _numbered(old), _numbered(new)
    for key, each in after.items():
        if key not in before:
            yield MilestoneChange(MilestoneChangeKind.ADDED, new.code, each.code, after=each.text)
        else:
            yield from _fields(before[key], each, _OF_FEATURE, new.code, each.code)
    for key, each in before.items():
        if key not in after:
            yield MilestoneChange(MilestoneChangeKind.REMOVED, new.code, each.code, before=each.text)


def _numbered(milestone: Milestone) -> dict[tuple[str, int], Feature]:
    found: dict[tuple[str, int], Feature] = {}
    for each in milestone.features:
        count = sum(code == each.code for code, _ in found)
        found[each.code, count] = each
    return found


def _fields(
    old: Milestone | Feature,
    new: Milestone | Feature,
    names: tuple[str, ...],
    milestone: str,
    feature: str | None,
) -> Iterator[MilestoneChange]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield MilestoneChange(MilestoneChangeKind.CHANGED, milestone, feature, name, before, after)
