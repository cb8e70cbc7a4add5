"""The notebook menu: which images users may start, and the names that stand for them (LDM-564 2.2.1).

The notebook service lists what its registry has; a menu is gated by telling it to list nothing by itself
(`numReleases`, `numWeeklies`, `numDailies` 0) and each release by name (`pin`). Pure.
"""

from msgspec import Struct

from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import Kind, Tag, order_key, parse
from ldmrelease.domain.targets import MenuTarget
from ldmrelease.targets.image_setting import ImageSetting, named_by_tag
from ldmrelease.targets.results import Refusal, Snapshot, Unquoted, Value

COUNTS = ("numReleases", "numWeeklies", "numDailies")
_NONE = Unquoted("0")
_NULLS = {"", "~", "null", "Null", "NULL"}
_GRAMMAR = "rsp"
"""How a notebook service reads the tags of its images."""
_PLACE = {kind: place for place, kind in enumerate(Kind)}


class MenuSettings(Struct, frozen=True):
    """A menu as committed.

    pins: the live image tags, in the order of the file.
    aliases: the image tag that each alias stands for; None where it stands for nothing.
    gated: the service lists nothing but the pins.
    cycle: the only cycle whose images the service lists, if it is told one.
    """

    pins: tuple[str, ...]
    aliases: dict[str, str | None]
    gated: bool
    cycle: int | None

    def names_of(self, tag: str) -> tuple[str, ...]:
        """The aliases that stand for a tag."""
        return tuple(sorted(alias for alias, named in self.aliases.items() if named == tag))


def paths(target: MenuTarget) -> tuple[str, ...]:
    """The settings that are read and written."""
    keys = (*COUNTS, "pin", *target.aliases.values(), "cycle")
    return tuple(dict.fromkeys(_path(target, each) for each in keys))


def optional(target: MenuTarget) -> tuple[str, ...]:
    """The settings that may be absent."""
    return (_path(target, "cycle"),)


def beside(_target: MenuTarget) -> tuple[str, ...]:
    """Nothing is read along."""
    return ()


def menu_of(target: MenuTarget, snapshot: Snapshot) -> MenuSettings | Refusal:
    """The menu that the settings tell. Refused: `not-a-list`, `not-text`, `not-a-cycle`."""
    pins = snapshot.values[_path(target, "pin")]
    if not isinstance(pins, tuple):
        return _refusal(target, snapshot, "pin", "not-a-list", pins)
    tags = tuple(each for each in pins if isinstance(each, str))
    if len(tags) < len(pins):
        return _refusal(target, snapshot, "pin", "not-text", pins)
    cycle = _text(snapshot.values.get(_path(target, "cycle")))
    if cycle is not None and not cycle.isdecimal():
        return _refusal(target, snapshot, "cycle", "not-a-cycle", cycle)
    return MenuSettings(
        tags,
        {alias: _text(snapshot.values[_path(target, key)]) for alias, key in target.aliases.items()},
        all(snapshot.values[_path(target, each)] == _NONE for each in COUNTS),
        int(cycle) if cycle is not None else None,
    )


def desired(target: MenuTarget, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the menu says when the release is live: newest first of its kind; the oldest of that kind beyond
    `keep` go, but none that an alias stands for. Refused: `no-component`, `other-cycle`."""
    menu = menu_of(target, snapshot)
    tag = _image_tag(target, release)
    if isinstance(menu, Refusal):
        return menu
    if isinstance(tag, Refusal):
        return tag
    new = parse(tag, _GRAMMAR)
    if menu.cycle is not None and new.cycle != menu.cycle:
        return _refusal(target, snapshot, "cycle", "other-cycle", menu.cycle, expected=new.cycle, tag=tag)
    pins = _without_oldest(target, menu, _inserted(menu.pins, new), new)
    counts: dict[str, Value] = {_path(target, each): _NONE for each in COUNTS}
    return counts | {_path(target, "pin"): pins}


def retired(target: MenuTarget, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the menu says when a release is retired. Refused: `not-live`, `aliased`."""
    component = release.component(target.component)
    tag = component.spelling if component is not None else release.tag
    menu = menu_of(target, snapshot)
    if isinstance(menu, Refusal):
        return menu
    if tag not in menu.pins:
        return _refusal(target, snapshot, "pin", "not-live", list(menu.pins), tag=tag)
    if names := menu.names_of(tag):
        return _refusal(target, snapshot, target.aliases[names[0]], "aliased", list(names), tag=tag)
    return {_path(target, "pin"): tuple(each for each in menu.pins if each != tag)}


def aliased(
    target: MenuTarget, alias: str, release: Release, snapshot: Snapshot
) -> dict[str, Value] | Refusal:
    """What the menu says when the alias stands for the release. Refused: `no-alias`, `not-live`."""
    menu = menu_of(target, snapshot)
    tag = _image_tag(target, release)
    if isinstance(menu, Refusal):
        return menu
    if isinstance(tag, Refusal):
        return tag
    if alias not in target.aliases:
        return Refusal(
            "no-alias", {"file": str(target.location), "alias": alias, "found": sorted(target.aliases)}
        )
    if tag not in menu.pins:
        return _refusal(target, snapshot, "pin", "not-live", list(menu.pins), tag=tag)
    # The list of pins is written as it is, so that nobody retires the release at the same time.
    return {_path(target, target.aliases[alias]): tag, _path(target, "pin"): menu.pins}


def restricted_cycle(target: MenuTarget, snapshot: Snapshot) -> int | None:
    """The menu's `cycle`."""
    menu = menu_of(target, snapshot)
    return None if isinstance(menu, Refusal) else menu.cycle


def aliases(target: MenuTarget) -> dict[str, str]:
    """The names of the menu, each for an image of its component."""
    return dict.fromkeys(target.aliases, target.component)


def stated(target: MenuTarget, snapshot: Snapshot) -> tuple[ImageSetting, ...] | Refusal:
    """Every live image, and every alias that stands for something. Refused like `menu_of`."""
    menu = menu_of(target, snapshot)
    if isinstance(menu, Refusal):
        return menu
    pin = _path(target, "pin")
    live = [
        _live(target, f"{pin}[{index}]", snapshot.lines[pin], tag)
        for index, tag in enumerate(menu.pins)
        if menu.cycle is None or parse(tag, _GRAMMAR).cycle == menu.cycle
    ]
    keys = {alias: _path(target, key) for alias, key in target.aliases.items()}
    named = [
        ImageSetting(target.component, keys[alias], snapshot.lines[keys[alias]], tag, alias=alias)
        for alias, tag in menu.aliases.items()
        if tag is not None
    ]
    return (*live, *named)


def _live(target: MenuTarget, path: str, line: int, tag: str) -> ImageSetting:
    named = named_by_tag(tag)
    return ImageSetting(target.component, path, line, named.tag, invalid=named.invalid)


def _inserted(pins: tuple[str, ...], new: Tag) -> tuple[str, ...]:
    if new.input in pins:
        return pins
    older = (at for at, each in enumerate(pins) if _comes_first(new, parse(each, _GRAMMAR)))
    at = next(older, len(pins))
    return (*pins[:at], new.input, *pins[at:])


def _comes_first(new: Tag, other: Tag) -> bool:
    if new.kind is not other.kind:
        return _PLACE[new.kind] < _PLACE[other.kind]
    return (order_key(new) or ()) > (order_key(other) or ())


def _without_oldest(
    target: MenuTarget, menu: MenuSettings, pins: tuple[str, ...], new: Tag
) -> tuple[str, ...]:
    keep = target.keep.get(new.kind.value)
    if keep is None:
        return pins
    alike = [tag for each in pins if (tag := parse(each, _GRAMMAR)).kind is new.kind]
    spare = sorted(
        (each for each in alike if each.input != new.input and not menu.names_of(each.input)),
        key=lambda each: order_key(each) or (),
    )
    gone = {each.input for each in spare[: max(len(alike) - keep, 0)]}
    return tuple(each for each in pins if each not in gone)


def _image_tag(target: MenuTarget, release: Release) -> str | Refusal:
    component = release.component(target.component)
    if component is None:
        found = [each.name for each in release.components]
        return Refusal(
            "no-component",
            {
                "file": str(target.location),
                "expected": target.component,
                "found": found,
                "release": release.name,
            },
        )
    return component.spelling


def _text(value: Value | None) -> str | None:
    if isinstance(value, Unquoted):
        return None if value.unquoted in _NULLS else value.unquoted
    return value if isinstance(value, str) and value else None


def _path(target: MenuTarget, key: str) -> str:
    return f"{target.path}.{key}" if target.path else key


def _refusal(
    target: MenuTarget, snapshot: Snapshot, key: str, code: str, found: object, **more: object
) -> Refusal:
    path = _path(target, key)
    where = {"file": str(target.location), "line": snapshot.lines[path], "path": path, "found": found}
    return Refusal(code, where | more)
