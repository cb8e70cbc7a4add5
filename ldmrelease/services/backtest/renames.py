"""Which rows of a commit are one setting under another name: a removal and an addition that say the same."""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.services.backtest.settings import SettingId, id_of


class Renamed(Struct, frozen=True):
    """What becomes of a row. moved: it changes nothing. source: the removal whose setting goes on under this name.
    previous: what the setting said, where the row does not say it.
    """

    moved: bool = False
    source: SettingChange | None = None
    previous: str | None = None


def renamed(changes: list[SettingChange]) -> Iterator[tuple[SettingChange, Renamed]]:
    """The rows of a commit, each with what becomes of it, in their order."""
    removals = [each for each in changes if each.tag is None]
    fates: dict[int, Renamed] = {}
    same: dict[SettingId, list[SettingChange]] = defaultdict(list)
    said: dict[tuple[str, str | None], list[SettingChange]] = defaultdict(list)
    for each in removals:
        same[id_of(each)].append(each)
        said[each.environment, each.previous].append(each)
    gone: set[int] = set()
    added = [each for each in changes if each.tag is not None and each.previous is None]
    for each in added:
        for removal in same.get(id_of(each), [])[:1]:
            gone.add(id(removal))
            fates[id(removal)] = Renamed(moved=True)
            fates[id(each)] = Renamed(moved=removal.previous == each.tag, previous=removal.previous)
            same[id_of(each)].remove(removal)
    for each in added:
        if id(each) in fates:
            continue
        others = said.get((each.environment, each.tag), [])
        while others and id(others[-1]) in gone:
            others.pop()
        if others:
            removal = others.pop()
            gone.add(id(removal))
            fates[id(removal)] = Renamed(moved=True)
            fates[id(each)] = Renamed(moved=True, source=removal, previous=removal.previous)
    for each in changes:
        yield each, fates.get(id(each), Renamed())
