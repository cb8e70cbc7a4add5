"""The settings of a text, such as a values file, that say which images an application runs. Pure.

What stands beside a tag is read along and never written: the repository of the image, and a digest that charts pull
by, whatever the tag says.
"""

from ldmrelease.domain.images import is_digest, parse_reference
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.targets import ImageSettingsTarget, Setting, Writes
from ldmrelease.targets.editors import neighbours
from ldmrelease.targets.editors.chart_values import printed
from ldmrelease.targets.image_setting import (
    ImageSetting,
    NamedRepository,
    SettingImage,
    foreign_image,
    foreign_refusal,
    named_by_reference,
    named_by_tag_and_digest,
    not_an_image,
    repository_in,
)
from ldmrelease.targets.results import Refusal, Snapshot, Value


def paths(target: ImageSettingsTarget) -> tuple[str, ...]:
    """The settings that are read and written."""
    return tuple(each.path for each in target.settings)


def optional(_target: ImageSettingsTarget) -> tuple[str, ...]:
    """None may be absent."""
    return ()


def beside(target: ImageSettingsTarget) -> tuple[str, ...]:
    """Where repositories and digests may stand that go with the settings."""
    written = set(paths(target))
    found = (path for each in target.settings for path in neighbours.of(each).paths)
    return tuple(dict.fromkeys(path for path in found if path not in written))


def desired(target: ImageSettingsTarget, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the settings say when the release is there; those of components it does not have are left out.

    A whole image keeps its repository and its form (tag, digest or both); an empty one gets all three.
    Refused: `no-component` (none of the settings is about this release), `not-an-image`, `foreign-image` (another
    repository is named there than the component's), `pinned-by-digest` (a tag is written, and a digest is there).
    """
    wanted: dict[str, Value] = {}
    for setting in target.settings:
        component = release.component(setting.component)
        if component is None:
            continue
        value = _wanted(target, setting, component, snapshot)
        if isinstance(value, Refusal):
            where = {"file": str(target.location), "line": snapshot.lines[setting.path], "path": setting.path}
            return Refusal(value.code, where | value.values)
        wanted[setting.path] = value
    if not wanted:
        names = [each.component for each in target.settings]
        return Refusal(
            "no-component", {"file": str(target.location), "found": names, "release": release.name}
        )
    return wanted


def aliased(
    target: ImageSettingsTarget, alias: str, _release: Release, _snapshot: Snapshot
) -> dict[str, Value] | Refusal:
    """Refused: `no-alias`. No name stands for anything there."""
    return Refusal("no-alias", {"file": str(target.location), "alias": alias, "found": []})


def retired(target: ImageSettingsTarget, release: Release, _snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """Refused: `not-a-menu`. Something has to run there."""
    return Refusal("not-a-menu", {"file": str(target.location), "tag": release.tag})


def restricted_cycle(_target: ImageSettingsTarget, _snapshot: Snapshot) -> None:
    """Everything that is set is there."""


def aliases(_target: ImageSettingsTarget) -> dict[str, str]:
    """None."""
    return {}


def stated(target: ImageSettingsTarget, snapshot: Snapshot) -> tuple[ImageSetting, ...]:
    """What each setting says as committed."""
    return tuple(_stated(target, each, snapshot) for each in target.settings)


def _wanted(
    target: ImageSettingsTarget, setting: Setting, component: Component, snapshot: Snapshot
) -> str | Refusal:
    found = snapshot.values[setting.path]
    own = OwnRepositories(component.source, target.registry, target.mirrors)
    if setting.writes is Writes.IMAGE and isinstance(found, str) and found:
        try:
            parse_reference(found)
        except ValueError as error:
            return Refusal("not-an-image", {"found": found, "reason": str(error)})
    foreign = foreign_image(_stated(target, setting, snapshot), own)
    if foreign is not None:
        return foreign_refusal(foreign)
    match setting.writes:
        case Writes.TAG:
            return _loosened(target, setting, snapshot) or component.spelling
        case Writes.TAG_AND_DIGEST:
            pinned = f"{component.spelling}@{component.digest}"
            return _overruled(target, setting, snapshot) or pinned
        case Writes.DIGEST:
            return component.digest
        case Writes.IMAGE:
            return _image(own.names[0], component, found)


def _loosened(target: ImageSettingsTarget, setting: Setting, snapshot: Snapshot) -> Refusal | None:
    """That a tag would be written where a digest is."""
    found = snapshot.values[setting.path]
    if isinstance(found, str) and named_by_tag_and_digest(found).digest is not None:
        return Refusal("pinned-by-digest", {"found": found})
    return _overruled(target, setting, snapshot)


def _overruled(target: ImageSettingsTarget, setting: Setting, snapshot: Snapshot) -> Refusal | None:
    """That charts would go on to pull by the digest that stands beside the setting."""
    path = neighbours.of(setting).digest
    found = _text(snapshot, path) if path not in paths(target) else ""
    if path is None or not found:
        return None
    return Refusal("digest-beside", {"line": snapshot.lines[path], "path": path, "found": found})


def _image(repository: str, component: Component, found: Value) -> str:
    if not isinstance(found, str) or not found:
        return f"{repository}:{component.spelling}@{component.digest}"
    reference = parse_reference(found)
    neither = reference.target is None
    tag = f":{component.spelling}" if reference.tag or neither else ""
    digest = f"@{component.digest}" if reference.digest or neither else ""
    return f"{repository_in(found, reference.tag)}{tag}{digest}"


def _stated(target: ImageSettingsTarget, setting: Setting, snapshot: Snapshot) -> ImageSetting:
    named = _named(setting, snapshot.values[setting.path])
    line, file = snapshot.lines[setting.path], str(target.location)
    if setting.writes is Writes.IMAGE:
        text = named.repository
        repository = NamedRepository(text, file, setting.path, line) if text is not None else None
    else:
        repository = neighbours.repository(setting, snapshot, file)
    digest = named.digest
    if named.tag is not None:
        digest = _digest_beside(target, setting, snapshot) or digest
    return ImageSetting(
        setting.component,
        setting.path,
        line,
        named.tag,
        digest,
        invalid=named.invalid,
        repository=repository,
    )


def _digest_beside(target: ImageSettingsTarget, setting: Setting, snapshot: Snapshot) -> str | None:
    path = neighbours.of(setting).digest
    text = _text(snapshot, path) if path not in paths(target) else ""
    return text if is_digest(text) else None


def _text(snapshot: Snapshot, path: str | None) -> str:
    return neighbours.text_of(snapshot, path) if path is not None else ""


def _named(setting: Setting, value: Value) -> SettingImage:
    if isinstance(value, tuple):
        return not_an_image(f"a list of {len(value)}")
    text = printed(value)
    if text is None:
        return not_an_image("null")
    match setting.writes:
        case Writes.TAG | Writes.TAG_AND_DIGEST:
            return named_by_tag_and_digest(text)
        case Writes.DIGEST:
            return SettingImage(digest=text) if is_digest(text) else not_an_image(text)
        case Writes.IMAGE:
            return named_by_reference(text)
