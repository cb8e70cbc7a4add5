"""The notebook menu: which images users may start, and the names that stand for them (LDM-564 2.2.1).

The notebook service lists what its registry has; a menu is gated by telling it to list nothing by itself
(`numReleases`, `numWeeklies`, `numDailies` 0) and each release by name (`pin`). A key that is absent says what it says
in the chart's own values, and is added where something else is wanted. Pure.

Where the service has a drop-down menu of its own (`dropdownMenu`, beside the images), these keys say what is pulled to
the nodes in advance, and the drop-down's what users may start: that is read along, told with a plan and never written.
"""

from msgspec import Struct

from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import Kind, Tag, order_key, parse
from ldmrelease.domain.targets import MenuTarget
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.targets.image_setting import ImageSetting, named_by_tag
from ldmrelease.targets.results import ABSENT, Refusal, Snapshot, Unquoted, Value, Values

COUNTS = ("numReleases", "numWeeklies", "numDailies")
_NONE = Unquoted("0")
_DROPDOWN_KINDS = ("release", "weekly", "daily", "releaseCandidate", "experimental", "unknown")
_DROPDOWN_KEYS = ("number", "age", "cutoffDate", "cutoffVersion")
"""The filters of the notebook service's drop-down menu (Nublado's documentation, "Configure the spawner menu")."""
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


class MenuChange(Struct, frozen=True):
    """What a promotion does to a menu besides its pins.

    sets: the keys that say something else afterwards (`numWeeklies 2 -> 0`). dropdown: what the drop-down menu's own
    keys say (`weekly.number 26`): where there are any, the keys that are set are about pre-pulling alone.
    """

    sets: tuple[str, ...] = ()
    dropdown: tuple[str, ...] = ()


def paths(target: MenuTarget) -> tuple[str, ...]:
    """The settings that are read and written."""
    keys = (*COUNTS, "pin", *target.aliases.values(), "cycle")
    return tuple(dict.fromkeys(_path(target, each) for each in keys))


def optional(target: MenuTarget) -> tuple[str, ...]:
    """The settings that may be absent: all that have a default somewhere."""
    return paths(target) if target.defaults is not None else (_path(target, "cycle"),)


def shared(_target: MenuTarget) -> tuple[str, ...]:
    """None."""
    return ()


def beside(target: MenuTarget) -> tuple[str, ...]:
    """The chart's defaults, and the drop-down menu."""
    keys = (*COUNTS, "pin", *target.aliases.values(), "cycle") if target.defaults is not None else ()
    defaults = (f"{target.defaults}.{each}" for each in keys)
    return tuple(dict.fromkeys((*defaults, *_dropdown(target))))


def change(target: MenuTarget, snapshot: Snapshot, edits: Values) -> MenuChange:
    """What these edits do besides the pins."""
    sets = []
    for key in (*COUNTS, *target.aliases.values()):
        before, after = _told(target, snapshot, key)[1], edits.get(_path(target, key))
        if after is not None and after not in (before, ABSENT):
            sets.append(f"{key} {before} -> {after}")
    dropdown: dict[str, Value] = {}
    for parent in _dropdown_paths(target):
        # The environment's come last, and hide the chart's key by key.
        for path, value in snapshot.beside.items():
            if path.startswith(f"{parent}."):
                dropdown[path.removeprefix(f"{parent}.")] = value
    return MenuChange(tuple(sets), tuple(f"{key} {value}" for key, value in dropdown.items()))


def menu_of(target: MenuTarget, snapshot: Snapshot) -> MenuSettings | Refusal:
    """The menu that the settings tell. Refused: `not-a-list`, `not-text`, `not-a-cycle`."""
    pins = _pins(target, snapshot)
    if not isinstance(pins, tuple):
        return _refusal(target, snapshot, "pin", "not-a-list", pins)
    tags = tuple(each for each in pins if isinstance(each, str))
    if len(tags) < len(pins):
        return _refusal(target, snapshot, "pin", "not-text", pins)
    cycle = _text(_told(target, snapshot, "cycle")[1])
    if cycle is not None and not cycle.isdecimal():
        return _refusal(target, snapshot, "cycle", "not-a-cycle", cycle)
    return MenuSettings(
        tags,
        {alias: _text(_told(target, snapshot, key)[1]) for alias, key in target.aliases.items()},
        all(_told(target, snapshot, each)[1] == _NONE for each in COUNTS),
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
    counts: dict[str, Value] = {}
    for key in COUNTS:
        counts |= _written(target, snapshot, key, _NONE)
    return counts | _written(target, snapshot, "pin", pins)


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
    key = target.aliases[alias]
    pin = _path(target, "pin")
    return _written(target, snapshot, key, tag) | {pin: snapshot.values.get(pin, menu.pins)}


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
    pin = _told(target, snapshot, "pin")[0]
    live = [
        _live(target, f"{pin}[{index}]", snapshot.lines.get(pin, 0), tag)
        for index, tag in enumerate(menu.pins)
        if menu.cycle is None or parse(tag, _GRAMMAR).cycle == menu.cycle
    ]
    keys = {alias: _told(target, snapshot, key)[0] for alias, key in target.aliases.items()}
    named = [
        ImageSetting(target.component, keys[alias], snapshot.lines.get(keys[alias], 0), tag, alias=alias)
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


def _pins(target: MenuTarget, snapshot: Snapshot) -> Value:
    found = _told(target, snapshot, "pin")[1]
    return () if found == ABSENT or (isinstance(found, Unquoted) and found.unquoted in _NULLS) else found


def _told(target: MenuTarget, snapshot: Snapshot, key: str) -> tuple[str, Value]:
    """The address where a key says something, and what: the menu's own, else the chart's."""
    own, default = _path(target, key), _default(target, key)
    found = snapshot.values.get(own, ABSENT)
    if found == ABSENT and default is not None and default in snapshot.beside:
        return default, snapshot.beside[default]
    return own, found


def _written(target: MenuTarget, snapshot: Snapshot, key: str, value: Value) -> dict[str, Value]:
    """The key with a value; as it is, where the chart's says that already."""
    own = _path(target, key)
    said_at, said = _told(target, snapshot, key)
    return {own: ABSENT if said == value and said_at != own else value}


def _default(target: MenuTarget, key: str) -> str | None:
    return f"{target.defaults}.{key}" if target.defaults is not None else None


def _dropdown_paths(target: MenuTarget) -> tuple[str, ...]:
    """Where the drop-down menu of the chart and of the environment are, the stronger last."""
    menus = [each for each in (target.defaults, target.path) if each]
    return tuple(
        str(found) for each in menus if (found := ValueAddress.of(each).beside("dropdownMenu")) is not None
    )


def _dropdown(target: MenuTarget) -> tuple[str, ...]:
    parents = _dropdown_paths(target)
    return tuple(
        f"{parent}.{kind}.{key}" for parent in parents for kind in _DROPDOWN_KINDS for key in _DROPDOWN_KEYS
    )


def _path(target: MenuTarget, key: str) -> str:
    return f"{target.path}.{key}" if target.path else key


def _refusal(
    target: MenuTarget, snapshot: Snapshot, key: str, code: str, found: object, **more: object
) -> Refusal:
    path = _path(target, key)
    line = snapshot.lines.get(path, 0)
    where = {"file": str(target.location), "line": line, "path": path, "found": found}
    return Refusal(code, where | more)
