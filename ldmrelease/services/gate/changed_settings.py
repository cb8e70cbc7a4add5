"""The images that a change asks for, by the settings of the workspace's places: in one scalar or in several parts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Selector, SelectorPart, Setting, Target
from ldmrelease.domain.topology import Application
from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.services.gate.merge_trees import TreePair
from ldmrelease.targets import registry
from ldmrelease.targets.git.git_repository import Git, read_blob
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Absent, Refusal, RefusedError, Snapshot
from ldmrelease.targets.stores.reading import PathsToRead, Texts


class ScalarAt(Struct, frozen=True):
    """Where a scalar stands; `line` starts at 1, and is 0 where nobody knows."""

    file: str
    line: int
    path: str


class ChangedSetting(Struct, frozen=True):
    """A setting that names another image after a change; None where it names none, or is not there.

    parts: the scalars that decide it, after the change; before it, where it is taken away.
    moved: where its file was, where the change has moved that and the workspace still looks there. beside: all that the
    settings of the place say then, where it is for one release.
    """

    application: Application
    component: str
    before: ImageSetting | None
    after: ImageSetting | None
    parts: tuple[ScalarAt, ...]
    moved: str | None = None
    beside: tuple[ImageSetting, ...] = ()


class UnreadSetting(Struct, frozen=True):
    """A setting that nobody can read after the change: what it asks for is not known."""

    application: Application
    component: str
    why: Refusal


class _Said(Struct, frozen=True):
    """What one setting says, with the scalars that it is made of."""

    setting: ImageSetting
    parts: tuple[ScalarAt, ...]


_Sayings = dict[tuple[Any, ...], "_Said | Refusal"]
"""By the setting: its component, and its addresses, or what a menu has."""


def changed_settings(
    places: Iterable[tuple[Application, TreePair]],
) -> Iterator[ChangedSetting | UnreadSetting]:
    """Every setting of these places that a change of their tree makes name another image. Raises `GitError`.

    A place none of whose files differs is not read.
    """
    for application, trees in places:
        if files_of_target(application).isdisjoint(trees.differing):
            continue
        was = _sayings(application, trees.git, trees.before.revision, {})
        now = _sayings(application, trees.git, trees.after.revision, trees.moved)
        for key in {**was, **now}:
            found = _compared(application, key, was.get(key), now.get(key), trees.moved)
            if isinstance(found, ChangedSetting):
                yield replace(found, beside=_beside(application, now))
            elif found is not None:
                yield found


def files_of_target(application: Application) -> frozenset[str]:
    """The files of the tree that a place's settings are in, and those of what stands beside them."""
    target = application.target
    editor, own = registry.editor(target), str(target.location)
    return frozenset(file_of(each, own) for each in (*editor.paths(target), *editor.beside(target)))


def _beside(application: Application, now: _Sayings) -> tuple[ImageSetting, ...]:
    if application.target.capabilities.keeps_many:
        return ()
    return tuple(each.setting for each in now.values() if isinstance(each, _Said))


def _compared(
    application: Application,
    key: tuple[Any, ...],
    was: "_Said | Refusal | None",
    now: "_Said | Refusal | None",
    moved: Mapping[str, str],
) -> ChangedSetting | UnreadSetting | None:
    component: str = key[0]
    old = was if isinstance(was, _Said) else None
    # With its file goes what it asked for.
    if now is None or (isinstance(now, Refusal) and now.code == "no-file"):
        return ChangedSetting(application, component, old.setting, None, old.parts) if old else None
    if isinstance(now, Refusal):
        return UnreadSetting(application, component, now) if was != now else None
    if old is not None and _same(old.setting, now.setting):
        return None
    files = {each.file for each in now.parts}
    came = next((source for source, target in moved.items() if target in files), None)
    return ChangedSetting(application, component, old.setting if old else None, now.setting, now.parts, came)


def _same(was: ImageSetting, now: ImageSetting) -> bool:
    return (was.image, was.tag, was.digest, was.invalid, was.alias) == (
        now.image,
        now.tag,
        now.digest,
        now.invalid,
        now.alias,
    )


def _sayings(application: Application, git: Git, revision: str, moved: Mapping[str, str]) -> _Sayings:
    """What each setting says; where some cannot be read, the others are read without them."""
    target = application.target
    there = _snapshot(target, git, revision)
    if isinstance(there, Snapshot):
        return _said(application, there)
    if not isinstance(target, ImageSettingsTarget):
        return {("",): there}
    bad = [each for each in target.settings if _is_about(each, there, str(target.location))]
    good = [each for each in target.settings if each not in bad]
    found: _Sayings = {}
    if good and bad:
        rest = replace(application, target=replace(target, settings=tuple(good)))
        found |= _sayings(rest, git, revision, moved)
    for each in bad or target.settings:
        found[_key(each)] = _alone(application, target, each, git, revision, moved)
    return found


def _alone(
    application: Application,
    target: ImageSettingsTarget,
    setting: Setting | Selector,
    git: Git,
    revision: str,
    moved: Mapping[str, str],
) -> "_Said | Refusal":
    """What one setting says, by itself: in the file where a change has moved it, too."""
    own = replace(target, settings=(setting,))
    there = _snapshot(own, git, revision)
    if isinstance(there, Refusal) and there.code == "no-file" and moved:
        own = _moved(own, moved)
        there = _snapshot(own, git, revision)
    if isinstance(there, Refusal):
        return there
    (said,) = _said(replace(application, target=own), there).values()
    return said


def _is_about(setting: Setting | Selector, refusal: Refusal, own: str) -> bool:
    """Whether one of the reasons is about a scalar of the setting, or about all of a file that it reads."""
    where = {(file_of(each, own), ValueAddress.of(each).path) for each in setting.read}
    files = {file for file, _ in where}
    for each in refusal.each:
        file, path = each.values.get("file"), each.values.get("path")
        if (file in files) if path is None else ((file, path) in where):
            return True
    return False


def _snapshot(target: Target, git: Git, revision: str) -> Snapshot | Refusal:
    """The settings of a place at a revision. Who else reads what has an anchor is not asked: nothing is written."""
    editor, own = registry.editor(target), str(target.location)
    asked = PathsToRead(
        editor.paths(target), editor.optional(target), editor.beside(target), editor.shared(target)
    )
    try:
        found = Texts(own, lambda file: read_blob(git, revision, file).content).settings(asked)
    except RefusedError as refused:
        return refused.refusal
    settings = set(asked.settings)
    return Snapshot(
        revision,
        "",
        {path: each.value for path, each in found.items() if path in settings},
        {path: each.line for path, each in found.items()},
        beside={path: each.value for path, each in found.items() if path not in settings},
    )


def _said(application: Application, there: Snapshot) -> _Sayings:
    target = application.target
    stated = registry.stated(target, there)
    if isinstance(stated, Refusal):
        return {("",): stated}
    own = str(target.location)
    if isinstance(target, ImageSettingsTarget):
        return {
            _key(each): _Said(said, tuple(_parts(each, there, own)))
            for each, said in zip(target.settings, stated, strict=True)
        }
    # Of a menu the order of the images says nothing.
    return {
        (each.component, each.alias, None if each.alias else each.tag or each.invalid): _Said(
            each, (ScalarAt(own, each.line, each.path),)
        )
        for each in stated
    }


def _key(setting: Setting | Selector) -> tuple[Any, ...]:
    return (setting.component, setting.read)


def _parts(setting: Setting | Selector, there: Snapshot, own: str) -> Iterator[ScalarAt]:
    """Where what is said stands: of each part the first address that says something."""
    groups = [setting.read] if isinstance(setting, Setting) else [each.read for each in setting.parts]
    for addresses in groups:
        for address in addresses:
            value = there.values.get(address, there.beside.get(address))
            if value is not None and not isinstance(value, Absent) and str(value) not in ("", "~", "null"):
                path = ValueAddress.of(address).path
                yield ScalarAt(file_of(address, own), there.lines.get(address, 0), path)
                break


def _moved(target: Any, moved: Mapping[str, str]) -> Any:
    """A target whose files are where a change has moved them."""

    def at(address: str) -> str:
        found = ValueAddress.of(address)
        return address if found.file is None else str(replace(found, file=moved.get(found.file, found.file)))

    def part(each: SelectorPart) -> SelectorPart:
        return replace(each, path=at(each.path), defaults=tuple(map(at, each.defaults)))

    def setting(each: Setting | Selector) -> Setting | Selector:
        beside = at(each.repository) if each.repository is not None else None
        if isinstance(each, Selector):
            return replace(each, parts=tuple(map(part, each.parts)), repository=beside)
        return replace(each, path=at(each.path), defaults=tuple(map(at, each.defaults)), repository=beside)

    where: GitFile = target.location
    return replace(
        target,
        location=replace(where, file=moved.get(where.file, where.file)),
        settings=tuple(map(setting, target.settings)),
    )
