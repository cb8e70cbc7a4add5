"""The settings of a text, such as a values file, that say which images an application runs. Pure."""

from ldmrelease.domain.images import is_digest, parse_reference
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import ImageSettingsTarget, Setting, Writes
from ldmrelease.targets.image_setting import ImageSetting
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
    return tuple(
        ImageSetting(
            each.component, each.path, snapshot.lines[each.path], *_said(each, snapshot.values[each.path])
        )
        for each in target.settings
    )


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


def _said(setting: Setting, value: Value) -> tuple[str | None, str | None]:
    if not isinstance(value, str) or not value:
        return None, None
    if setting.writes is Writes.TAG:
        return value, None
    if setting.writes is Writes.DIGEST:
        return None, value if is_digest(value) else None
    try:
        reference = parse_reference(value)
    except ValueError:
        return None, None
    return reference.tag, reference.digest
