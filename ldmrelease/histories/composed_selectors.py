"""Selectors of two parts, put together: the cycle that an environment says, and the revision that an application does.

charts/csc of Phalanx makes the tag of an image out of `controlSystem.imageTag` of the environment and
`image.revision` of the application's own file, `c0044` and `7` being `c0044.007`; without a revision it is the cycle
alone, a tag that moves. So a change of the cycle changes every image that has such a selector.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange

CYCLE = "controlSystem.imageTag"
REVISION = "image.revision"
_MOST_KEYS = 4096
"""Keys that are known again: a history has few of them."""
_FILTER = re.compile(r"num[_A-Z].*|cycle")
"""Last steps of keys that say which images of a menu are shown, and name none."""

Entry = SettingChange | UnreadableChange
_Where = tuple[str, str, str]


@lru_cache(_MOST_KEYS)
def is_filter(key: str) -> bool:
    """Whether a key limits what a notebook menu shows, such as `num_weeklies` or `cycle`, and is not an image."""
    return _FILTER.fullmatch(key.rpartition(".")[2]) is not None


@lru_cache(_MOST_KEYS)
def is_revision(key: str) -> bool:
    """Whether a key is the second part of a selector."""
    return key == REVISION or key.endswith(f".{REVISION}")


def composed_tag(cycle: str, revision: str | None) -> str:
    """The tag that both parts make: `c0044` and `7` are `c0044.007`; without a revision it is the cycle's own."""
    if revision is None:
        return cycle
    return (
        f"{cycle}.{int(revision):03d}" if revision.isascii() and revision.isdigit() else f"{cycle}.{revision}"
    )


class _Selected(Struct):
    """What is known of an image with a selector of two parts."""

    revision: str | None
    tag: str | None


class CompositeSelectors:
    """What every environment says at one point of a history, as far as selectors of two parts need it.

    `left_out` counts changes that name no image.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._cycles: dict[str, str] = {}
        self._selected: dict[str, dict[_Where, _Selected]] = {}

    def apply(
        self, changes: Iterable[SettingChange], *, gone: frozenset[str] = frozenset()
    ) -> Iterator[SettingChange]:
        """The changes of one commit, with selectors put together; removals come first, since a rename has both.

        gone: files that the commit removed, whose images go with them.
        """
        given = list(changes)
        kept = [each for each in given if not is_filter(each.key)]
        self.left_out += len(given) - len(kept)
        kept.sort(key=lambda each: each.tag is not None)
        moved: dict[str, SettingChange] = {}
        revised: dict[_Where, SettingChange] = {}
        for each in kept:
            if each.key == CYCLE:
                moved[each.environment] = each
                yield each
            elif is_revision(each.key):
                revised[each.environment, each.application, each.key] = each
            else:
                yield each
        for environment, each in moved.items():
            if each.tag is None:
                self._cycles.pop(environment, None)
            else:
                self._cycles[environment] = each.tag
        yield from self._revised(revised, gone)
        for each in moved.values():
            yield from self._moved(each, revised)

    def _revised(self, revised: dict[_Where, SettingChange], gone: frozenset[str]) -> Iterator[SettingChange]:
        for where, each in revised.items():
            known = self._selected.setdefault(each.environment, {})
            before = known.pop(where, None)
            cycle = self._cycles.get(each.environment)
            if each.tag is None and (each.path in gone or cycle is None):
                tag = None
            else:
                tag = each.tag if cycle is None else composed_tag(cycle, each.tag)
            part = None if cycle is None else each.tag
            made = replace(each, tag=tag, previous=before.tag if before else each.previous, part=part)
            if tag is not None:
                known[where] = _Selected(each.tag, tag)
            yield made

    def _moved(self, cycle: SettingChange, revised: dict[_Where, SettingChange]) -> Iterator[SettingChange]:
        """The images that say the cycle's tag from now on, and were not changed themselves."""
        for where, each in list(self._selected.get(cycle.environment, {}).items()):
            if where in revised:
                continue
            tag = each.revision if cycle.tag is None else composed_tag(cycle.tag, each.revision)
            made = replace(
                cycle,
                application=where[1],
                key=where[2],
                tag=tag,
                previous=each.tag,
                part=cycle.tag,
            )
            if tag is None:
                del self._selected[cycle.environment][where]
            else:
                self._selected[cycle.environment][where] = _Selected(each.revision, tag)
            yield made


def put_together(entries: Iterable[Entry], selectors: CompositeSelectors | None = None) -> Iterator[Entry]:
    """A history whose selectors stand as they are written, with each put together; `part` keeps what the file says.

    The rows of one commit follow each other. Filters of menus are left out: they name no image.
    """
    selectors = CompositeSelectors() if selectors is None else selectors
    for _, rows in groupby(entries, key=attrgetter("commit")):
        found = list(rows)
        yield from (each for each in found if isinstance(each, UnreadableChange))
        yield from selectors.apply(each for each in found if isinstance(each, SettingChange))
