"""The settings of a text, such as a values file, that say which images an application runs. Pure.

What stands beside a tag is read along and never written: the repository of the image, and a digest that charts pull
by, whatever the tag says.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ldmrelease.domain.images import is_digest, parse_reference
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.targets import DIGEST, ImageSettingsTarget, Selector, Setting, Writes
from ldmrelease.domain.value_addresses import ValueAddress, file_of
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
from ldmrelease.targets.results import ABSENT, Refusal, Snapshot, Unquoted, Value


def paths(target: ImageSettingsTarget) -> tuple[str, ...]:
    """The addresses that are read and written."""
    return tuple(dict.fromkeys(address for each in target.settings for address in _written(each)))


def optional(target: ImageSettingsTarget) -> tuple[str, ...]:
    """Those where nothing need stand: others are read in their place, or the part may be missing."""
    return tuple(address for each in target.settings for address in _optional(each))


def beside(target: ImageSettingsTarget) -> tuple[str, ...]:
    """Where defaults, repositories and digests may stand that go with the settings."""
    written = set(paths(target))
    found = (
        address
        for each in target.settings
        for address in (*each.read, *neighbours.of(each).paths)
        if address not in written
    )
    return tuple(dict.fromkeys(found))


def shared(target: ImageSettingsTarget) -> tuple[str, ...]:
    """All of them: a part may have an anchor."""
    return paths(target)


def desired(target: ImageSettingsTarget, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the settings say when the release is there; those of components it does not have are left out.

    A whole image keeps its repository and its form (tag, digest or both); an empty one gets all three.
    Refused: `no-component` (none of the settings is about this release), `not-an-image`, `foreign-image` (another
    repository is named there than the component's), `pinned-by-digest` (a tag is written, and a digest is there),
    `parts-contradict` (two settings want different things of one address), and those of `selector_parts.wanted`.
    """
    wanted: dict[str, Value] = {}
    by: dict[str, Component] = {}
    for setting in target.settings:
        component = release.component(setting.component)
        if component is None:
            continue
        values = _wanted(target, setting, component, snapshot)
        if isinstance(values, Refusal):
            where = _where(target, snapshot, setting.written[-1])
            return Refusal(values.code, where | values.values)
        for address, value in values.items():
            if wanted.setdefault(address, value) != value:
                return _contradiction(target, snapshot, address, (by[address], component))
            by.setdefault(address, component)
    for address, other in _one_scalar(wanted, snapshot):
        return _contradiction(target, snapshot, address, (by[address], by[other]))
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


def _optional(setting: Setting | Selector) -> Iterator[str]:
    if isinstance(setting, Setting):
        # An image that a kustomization says nothing about is the one of its manifest, and gets an entry.
        is_entry = neighbours.kustomize_entry(ValueAddress.of(setting.path)) is not None
        yield from _written(setting) if setting.defaults or is_entry else ()
        return
    from ldmrelease.targets.editors import selector_parts  # noqa: PLC0415 - few workspaces have such

    yield from selector_parts.optional(setting)


def _written(setting: Setting | Selector) -> Iterator[str]:
    yield from setting.written
    excluded = neighbours.excluded(setting)
    if excluded is not None:
        yield excluded


def _one_scalar(wanted: Mapping[str, Value], snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Addresses of one scalar, by an anchor, that are wanted to say different things."""
    for address, value in wanted.items():
        anchored = snapshot.anchored.get(address)
        for other in anchored.readers if anchored is not None else ():
            if wanted.get(other, value) != value:
                yield address, other


def _contradiction(
    target: ImageSettingsTarget,
    snapshot: Snapshot,
    address: str,
    components: tuple[Component, Component],
) -> Refusal:
    about = {
        "components": [each.name for each in components],
        "spelled": [each.spelling for each in components],
    }
    return Refusal("parts-contradict", _where(target, snapshot, address) | about)


def _where(target: ImageSettingsTarget, snapshot: Snapshot, address: str) -> dict[str, Any]:
    file = file_of(address, str(target.location))
    return {"file": file, "line": snapshot.lines.get(address, 0), "path": ValueAddress.of(address).path}


def _wanted(
    target: ImageSettingsTarget, setting: Setting | Selector, component: Component, snapshot: Snapshot
) -> dict[str, Value] | Refusal:
    """What is written at each address of a setting."""
    own = OwnRepositories(component.source, target.registry, target.mirrors)
    if isinstance(setting, Setting) and setting.writes is Writes.IMAGE:
        found = neighbours.value_at(snapshot, setting.path)
        if isinstance(found, str) and found:
            try:
                parse_reference(found)
            except ValueError as error:
                return Refusal("not-an-image", {"found": found, "reason": str(error)})
    foreign = foreign_image(_stated(target, setting, snapshot), own)
    if foreign is not None:
        return foreign_refusal(foreign)
    if isinstance(setting, Selector):
        from ldmrelease.targets.editors import selector_parts  # noqa: PLC0415 - as above

        tag_alone = all(each.name != DIGEST for each in setting.parts)
        overruled = _overruled(target, setting, snapshot) if tag_alone else None
        return overruled or selector_parts.wanted(setting, component, snapshot)
    value = _scalar(target, setting, component, snapshot, own)
    if isinstance(value, Refusal):
        return value
    # What a default says already needs no line of its own.
    address, said = _said(setting, snapshot)
    said_by_default = address != setting.path and said == value
    edits = {setting.path: snapshot.values[setting.path] if said_by_default else value}
    excluded = neighbours.excluded(setting)
    return edits | ({excluded: ABSENT} if excluded is not None else {})


def _scalar(
    target: ImageSettingsTarget,
    setting: Setting,
    component: Component,
    snapshot: Snapshot,
    own: OwnRepositories,
) -> Value | Refusal:
    match setting.writes:
        case Writes.TAG:
            return _loosened(target, setting, snapshot) or component.spelling
        case Writes.TAG_AND_DIGEST:
            pinned = f"{component.spelling}@{component.digest}"
            return _overruled(target, setting, snapshot) or pinned
        case Writes.DIGEST:
            return component.digest
        case Writes.IMAGE:
            return _image(own.names[0], component, _said(setting, snapshot)[1])


def _loosened(target: ImageSettingsTarget, setting: Setting, snapshot: Snapshot) -> Refusal | None:
    """That a tag would be written where a digest is."""
    _, found = _said(setting, snapshot)
    if isinstance(found, str) and named_by_tag_and_digest(found).digest is not None:
        return Refusal("pinned-by-digest", {"found": found})
    return _overruled(target, setting, snapshot)


def _overruled(
    target: ImageSettingsTarget, setting: Setting | Selector, snapshot: Snapshot
) -> Refusal | None:
    """That charts would go on to pull by the digest that stands beside the setting."""
    address, found = _digest_beside(setting, snapshot)
    return Refusal("digest-beside", {**_where(target, snapshot, address), "found": found}) if found else None


def _image(repository: str, component: Component, found: Value) -> str:
    if not isinstance(found, str) or not found:
        return f"{repository}:{component.spelling}@{component.digest}"
    reference = parse_reference(found)
    neither = reference.target is None
    tag = f":{component.spelling}" if reference.tag or neither else ""
    digest = f"@{component.digest}" if reference.digest or neither else ""
    return f"{repository_in(found, reference.tag)}{tag}{digest}"


def _stated(target: ImageSettingsTarget, setting: Setting | Selector, snapshot: Snapshot) -> ImageSetting:
    file = str(target.location)
    if isinstance(setting, Selector):
        from ldmrelease.targets.editors import selector_parts  # noqa: PLC0415 - as above

        named, address = selector_parts.stated(setting, snapshot)
    else:
        address, value = _said(setting, snapshot)
        named = _named(setting, value)
    at = _where(target, snapshot, address)
    if isinstance(setting, Setting) and setting.writes is Writes.IMAGE:
        text = named.repository
        repository = NamedRepository(text, at["file"], at["path"], at["line"]) if text is not None else None
    else:
        repository = neighbours.repository(setting, snapshot, file)
    digest = named.digest
    if named.tag is not None:
        _, beside_it = _digest_beside(setting, snapshot)
        digest = beside_it if is_digest(beside_it) else digest
    return ImageSetting(
        setting.component,
        address,
        at["line"],
        named.tag,
        digest,
        invalid=named.invalid,
        repository=repository,
    )


def _said(setting: Setting, snapshot: Snapshot) -> tuple[str, Value]:
    """Where it is said, and what: the first address where something stands, null and empty ones last."""
    found = [(each, neighbours.value_at(snapshot, each)) for each in setting.read]
    there = [(address, value) for address, value in found if value is not None]
    telling = (each for each in there if isinstance(each[1], tuple) or printed(each[1]))
    return next(telling, there[0] if there else (setting.path, Unquoted("null")))


def _digest_beside(setting: Setting | Selector, snapshot: Snapshot) -> tuple[str, str]:
    # What is written is no neighbour of another setting.
    beside_it = (each for each in neighbours.of(setting).digest if each not in snapshot.values)
    return neighbours.said(snapshot, beside_it)


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
