"""Drift of GitOps controllers: where what they bring, and whether they have, differs from the tree. Pure.

Codes: `overridden` (something is passed above the tree for a setting of ours), `other-revision` (they bring another
branch), `not-read` (the file that is written is not among their value files), `sync-paused`, `sync-failed`,
`sync-stale` (they have not seen what is committed) and `out-of-sync` (resources are not as they want them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ldmrelease.cluster.gitops.sync_status import VALUES_TEXT, FieldWriter, Override, SyncSource, SyncStatus
from ldmrelease.domain.addresses import public
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Selector
from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.services.inventory.drift import Drift
from ldmrelease.trees.values import (
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    read_mapping,
)

if TYPE_CHECKING:
    from ldmrelease.domain.topology import Application
    from ldmrelease.services.inventory.trees import DeclaredImage

HasSeen = Callable[[str], bool]
"""Whether a revision that a controller names has the settings as they are committed now."""
_SHOWN = 5
_TIP = ("", "HEAD")


def sync_drifts(
    application: Application, said: Sequence[DeclaredImage], status: SyncStatus, has_seen: HasSeen
) -> Iterator[Drift]:
    """How an object of a controller differs from what is committed for a place. `said`: its settings, as committed."""
    target, where = application.target, application.target.location
    if not isinstance(where, GitFile):
        return
    source = source_of(status, where)
    if source is not None:
        yield from _other_revision(status, source, where)
        if isinstance(target, ImageSettingsTarget):
            yield from _not_read(status, source, target, where)
            yield from overridden(status, source, target, where, said)
    if status.paused:
        yield Drift(
            "sync-paused", {"object": status.object, "paused": status.paused} | _who(status.paused_by)
        )
    if status.has_failed:
        ended = {"time": status.ended} if status.ended else {}
        by = {"by": status.by} if status.by else {}
        yield Drift("sync-failed", {"object": status.object, "reason": public(status.reason)} | by | ended)
        return
    if source is not None and (seen := _seen(status, source)) and not has_seen(seen):
        yield Drift("sync-stale", {"object": status.object, "found": seen})
    if status.synced == "OutOfSync":
        names = [each.name for each in status.unsynced[:_SHOWN]]
        more = {"more": len(status.unsynced) - _SHOWN} if len(status.unsynced) > _SHOWN else {}
        automated = {"automated": status.automated}
        yield Drift("out-of-sync", {"object": status.object, "resources": names} | more | automated)


def source_of(status: SyncStatus, where: GitFile) -> SyncSource | None:
    """The source of an object that is the repository of a place; of several the one that has its file."""
    same = [each for each in status.sources if is_same_repository(each.repository, where.repository)]
    with_file = [each for each in same if _has(each, where.file)]
    return next(iter(with_file or same), None)


def is_same_repository(one: str, other: str) -> bool:
    """Whether two addresses lead to one repository, by ssh, https or as a folder: by the last two names of their paths,
    or the last one where a folder beside the workspace has no other."""
    ours, theirs = _ends(one), _ends(other)
    names = min(len(ours), len(theirs))
    return names > 0 and ours[-names:] == theirs[-names:]


def _ends(address: str) -> tuple[str, ...]:
    path = address.rstrip("/").removesuffix(".git").rstrip("/").replace(":", "/")
    return tuple(each.lower() for each in path.split("/") if each)[-2:]


def _has(source: SyncSource, file: str) -> bool:
    folder = "" if source.folder in ("", ".") else f"{source.folder}/"
    return file.startswith(folder) or file in (source.value_files or ())


def _other_revision(status: SyncStatus, source: SyncSource, where: GitFile) -> Iterator[Drift]:
    found = source.revision.removeprefix("refs/heads/")
    if found not in (*_TIP, where.branch):
        told = {"object": status.object, "found": found, "expected": where.branch}
        yield Drift("other-revision", told | _who(source.revision_written))


def _not_read(
    status: SyncStatus, source: SyncSource, target: ImageSettingsTarget, where: GitFile
) -> Iterator[Drift]:
    """A chart's own values.yaml is read anyway; what is no values file is no matter of Helm's."""
    if source.value_files is None:
        return
    files = {
        file_of(address, where.file)
        for each in target.settings
        for address in each.written
        if ":" not in ValueAddress.of(address).path
    }
    own = f"{source.folder}/values.yaml"
    for file in sorted(files - {own, *source.value_files}):
        if file.startswith(f"{source.folder}/"):
            told = {"object": status.object, "file": file, "found": list(source.value_files)}
            yield Drift("not-read", told | _who(source.files_written))


def overridden(
    status: SyncStatus,
    source: SyncSource,
    target: ImageSettingsTarget,
    where: GitFile,
    said: Sequence[DeclaredImage],
) -> Iterator[Drift]:
    """What is passed above the tree for settings of ours, and says something else than they do."""
    by_component = {each.component: each for each in said}
    given = list(_taken_apart(source.overrides))
    for setting in target.settings:
        there = by_component.get(setting.component)
        paths = {
            ValueAddress.of(each).path
            for each in setting.read
            if _has(source, file_of(each, where.file)) and ":" not in ValueAddress.of(each).path
        }
        for each in given:
            if _is_about(each, paths, there) and not _agrees(each, there, isinstance(setting, Selector)):
                told = {"object": status.object, "kind": each.kind, "path": each.path, "value": each.value}
                tree = {"tree": there.spelling} if there is not None else {}
                component = {"component": setting.component}
                yield Drift("overridden", told | tree | component | _who(each.written))


def _is_about(override: Override, paths: set[str], there: DeclaredImage | None) -> bool:
    if override.kind != "image":
        return override.path in paths
    named = f"images[name={override.path}]"
    return any(each.startswith(named) for each in paths) or (
        there is not None and bool(there.image) and _repository(there.image) == override.path
    )


def _agrees(override: Override, there: DeclaredImage | None, is_part: bool) -> bool:
    if there is None:
        return False
    if override.kind == "image":
        _, _, tag = override.value.rpartition("/")[2].partition(":")
        digest = override.value.partition("@")[2]
        return there.digest == digest if digest else tag == there.tag
    if is_part:
        return bool(override.value) and override.value in (there.tag or "")
    return override.value in (there.tag, there.digest, there.image, there.spelling)


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def _taken_apart(overrides: Sequence[Override]) -> Iterator[Override]:
    for each in overrides:
        if each.kind != VALUES_TEXT:
            yield each
            continue
        try:
            values = read_mapping(each.value.encode(), "values")
        except UnreadableFile:
            continue
        for path, value in _scalars(values, ""):
            yield Override("values", path, value, each.written)


def _scalars(value: YamlValue, above: str) -> Iterator[tuple[str, str]]:
    match value:
        case YamlMapping():
            for key, each in value.entries.items():
                yield from _scalars(each, f"{above}.{key}" if above else key)
        case YamlSequence():
            for index, each in enumerate(value.items):
                yield from _scalars(each, f"{above}[{index}]")
        case YamlScalar():
            yield above, value.printed() or ""


def _seen(status: SyncStatus, source: SyncSource) -> str:
    """The revision of a source that was compared last; empty where the controller says none for it."""
    if len(status.revisions) != len(status.sources):
        return ""
    return status.revisions[status.sources.index(source)]


def _who(written: FieldWriter) -> dict[str, Any]:
    if not written.by:
        return {}
    return {"by": written.by, "time": written.time, "by_hand": written.by_hand}
