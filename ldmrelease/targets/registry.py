"""Targets of every kind by one surface: what is there, what is wanted, write it, put it back.

refusal = preflight(target, access)                        # when planning: may it be written at all
snapshot = read(target, access)                            # what is committed
edits = desired(target, release, snapshot)                 # pure
before = {path: snapshot.values[path] for path in edits}   # journal both before the write
write(target, edits, access, expect=before, grant=...)     # again after a kill: found, done, or changed-by
restore(target, before, edits, access, grant)

A kind of target is an editor and a store (`interface`): a module each, named in one line below. They are loaded when
a target asks for them: a cluster's client takes a while.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.targets import (
    ConfigMapKey,
    GitFile,
    ImageSettingsTarget,
    KubernetesTarget,
    MemoryFile,
    MenuTarget,
    Target,
)
from ldmrelease.domain.topology import Place
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.interface import Editor, Store
from ldmrelease.targets.results import (
    Absent,
    Change,
    Refusal,
    Scalar,
    SettingItem,
    Snapshot,
    Unquoted,
    Value,
    Values,
    Written,
)

EDITORS: Mapping[type, str] = {
    ImageSettingsTarget: "image_settings",
    MenuTarget: "menu",
    KubernetesTarget: "image_fields",
}
"""By the specification's type, the module of `editors`."""

STORES: Mapping[type, str] = {
    GitFile: "git_file",
    ConfigMapKey: "config_map",
    KubernetesTarget: "kubernetes_objects",
    MemoryFile: "memory",
}
"""By the location's type, the module of `stores`."""

if TYPE_CHECKING:
    from ldmrelease.targets.editors import image_fields, image_settings, menu
    from ldmrelease.targets.editors.menu import MenuChange
    from ldmrelease.targets.stores import config_map, git_file, kubernetes_objects, memory

    _EDITORS: tuple[Editor, ...] = (image_settings, menu, image_fields)
    _STORES: tuple[Store, ...] = (git_file, config_map, kubernetes_objects, memory)


def editor(target: Target) -> Editor:
    """What knows the target's settings."""
    return cast(Editor, import_module(f"ldmrelease.targets.editors.{EDITORS[type(target)]}"))


def store(target: Target) -> Store:
    """What keeps them."""
    return cast(Store, import_module(f"ldmrelease.targets.stores.{STORES[type(target.location)]}"))


def preflight(target: Target, access: Access) -> Refusal | Unavailable | None:
    """Why the target cannot be written, all of it at once, before anything is touched; None where nothing is
    known against it. What is in git tells when it is read."""
    return store(target).preflight(target.location, access)


def read(target: Target, access: Access) -> Snapshot | Refusal | Unavailable:
    """The target's settings as committed now."""
    own = editor(target)
    return store(target).read(
        target.location,
        own.paths(target),
        access,
        own.optional(target),
        own.beside(target),
        own.shared(target),
    )


def desired(
    target: Target, release: Release, snapshot: Snapshot, alias: str | None = None
) -> dict[str, Value] | Refusal:
    """What the settings say when the release is there, or when the `alias` stands for it."""
    if alias is not None:
        return editor(target).aliased(target, alias, release, snapshot)
    return editor(target).desired(target, release, snapshot)


def retired(target: Target, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the settings say when a release is taken away; only what keeps many can do without one."""
    return editor(target).retired(target, release, snapshot)


def stated(target: Target, snapshot: Snapshot) -> tuple[ImageSetting, ...] | Refusal:
    """Which images the committed settings name."""
    return editor(target).stated(target, snapshot)


def menu_change(target: MenuTarget, snapshot: Snapshot, edits: Values) -> "MenuChange":
    """What edits of a menu set besides the releases on it, for who reads a plan."""
    from ldmrelease.targets.editors.menu import change  # noqa: PLC0415 - for menus alone

    return change(target, snapshot, edits)


def restricted_cycle(target: Target, snapshot: Snapshot) -> int | None:
    """The number of the only cycle whose images a menu shows; None where it shows those of any."""
    return editor(target).restricted_cycle(target, snapshot)


def aliases(target: Target) -> Mapping[str, str]:
    """The names that stand for releases there, each with the component whose image it names."""
    return editor(target).aliases(target)


def write(
    target: Target, edits: Values, access: Access, *, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Commit the edits where each setting is as expected or already as wanted; the fence moves with them."""
    return store(target).write(target.location, edits, access, expect=expect, grant=grant)


def restore(
    target: Target, before: Values, ours: Values, access: Access, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back what was there before, where the settings are still ours; else `changed-by` says whose."""
    return store(target).restore(target.location, before, ours, access, grant)


def claim(target: Target, access: Access, grant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the place's fence to ours: from then on an earlier holder cannot write."""
    return store(target).claim(target.location, access, grant)


def fence_of(target: Target, place: Place, access: Access) -> bytes | Refusal | Unavailable | None:
    """What is kept as the place's fence, by whomever; None where nobody has claimed it yet."""
    return store(target).fence_of(target.location, place, access)


def fence_removal(target: Target, place: Place) -> str:
    """The command by which people take the place's fence away."""
    return store(target).fence_removal(target.location, place)


def changed_by(
    target: Target, paths: Sequence[str], access: Access
) -> dict[str, Change | Refusal] | Refusal | Unavailable:
    """Who last changed each of these settings, or put in the item at such a path."""
    asked = {path: _setting_item(target, path) for path in paths}
    found = store(target).changed_by(target.location, tuple(asked.values()), access)
    return {path: found[each] for path, each in asked.items()} if isinstance(found, dict) else found


def _setting_item(target: Target, path: str) -> SettingItem:
    # What keeps many names each as an item of one setting.
    if target.capabilities.keeps_many and path.endswith("]"):
        setting, _, index = path[:-1].rpartition("[")
        return SettingItem(setting, int(index))
    return SettingItem(path)


def where(target: Target) -> str:
    """Where its settings are, for people; without a password."""
    return store(target).name_of(target.location)


def values_to_plain(values: Values) -> dict[str, Any]:
    """The values as JSON for a journal: text, lists of text, `{"unquoted": ...}`, `{"absent": true}`."""
    plain: dict[str, Any] = canonical.to_plain(dict(values))
    return plain


def values_from_plain(plain: object) -> dict[str, Value]:
    """What `values_to_plain` spelled. Raises `NotCanonical`."""
    return {
        path: _value_from_plain(each) for path, each in canonical.from_plain(plain, dict[str, Any]).items()
    }


def _value_from_plain(plain: Any) -> Value:
    if isinstance(plain, dict) and "absent" in plain:
        return canonical.from_plain(plain, Absent)
    value: Value = canonical.from_plain(plain, str | Unquoted | tuple[Scalar, ...])  # type: ignore[arg-type]
    return value
