"""The settings of a text, such as a values file, that say which images an application runs. Pure."""

from ldmrelease.domain.images import is_digest, parse_reference
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import ImageSettingsTarget, Setting, Writes
from ldmrelease.targets.editors.chart_values import printed
from ldmrelease.targets.image_setting import (
    ImageSetting,
    SettingImage,
    named_by_reference,
    named_by_tag,
    not_an_image,
)
from ldmrelease.targets.results import Refusal, Snapshot, Value


def paths(target: ImageSettingsTarget) -> tuple[str, ...]:
    """The settings that are read and written."""
    return tuple(each.path for each in target.settings)


def optional(_target: ImageSettingsTarget) -> tuple[str, ...]:
    """None may be absent."""
    return ()


def desired(target: ImageSettingsTarget, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the settings say when the release is there; those of components it does not have are left out.

    A whole image keeps its repository and its form (tag, digest or both); an empty one gets all three.
    Refused: `no-component` (none of the settings is about this release), `other-repository`.
    """
    wanted: dict[str, Value] = {}
    for setting in target.settings:
        component = release.component(setting.component)
        if component is None:
            continue
        value = _wanted(setting, component, snapshot.values[setting.path])
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


def aliases(_target: ImageSettingsTarget) -> dict[str, str]:
    """None."""
    return {}


def stated(target: ImageSettingsTarget, snapshot: Snapshot) -> tuple[ImageSetting, ...]:
    """What each setting says as committed."""
    return tuple(_stated(each, snapshot) for each in target.settings)


def _wanted(setting: Setting, component: Component, found: Value) -> str | Refusal:
    if setting.writes is Writes.TAG:
        return component.spelling
    if setting.writes is Writes.DIGEST:
        return component.digest
    return _image(component, found)


def _image(component: Component, found: Value) -> str | Refusal:
    if not isinstance(found, str) or not found:
        return f"{component.source}:{component.spelling}@{component.digest}"
    try:
        reference = parse_reference(found)
    except ValueError as error:
        return Refusal("not-an-image", {"found": found, "reason": str(error)})
    name = found.partition("@")[0].removesuffix(f":{reference.tag}" if reference.tag else "")
    # A site may keep the images in a registry of its own, but under their name.
    if name.rpartition("/")[2] != component.source.rpartition("/")[2]:
        return Refusal("other-repository", {"found": name, "expected": component.source})
    neither = reference.target is None
    tag = f":{component.spelling}" if reference.tag or neither else ""
    digest = f"@{component.digest}" if reference.digest or neither else ""
    return f"{name}{tag}{digest}"


def _stated(setting: Setting, snapshot: Snapshot) -> ImageSetting:
    named = _named(setting, snapshot.values[setting.path])
    line = snapshot.lines[setting.path]
    return ImageSetting(setting.component, setting.path, line, named.tag, named.digest, invalid=named.invalid)


def _named(setting: Setting, value: Value) -> SettingImage:
    if isinstance(value, tuple):
        return not_an_image(f"a list of {len(value)}")
    text = printed(value)
    if text is None:
        return not_an_image("null")
    if setting.writes is Writes.TAG:
        return named_by_tag(text)
    if setting.writes is Writes.DIGEST:
        return SettingImage(digest=text) if is_digest(text) else not_an_image(text)
    return named_by_reference(text)
