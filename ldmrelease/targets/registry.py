"""One surface for every kind of target: what is there, what is wanted, write it, put it back.

refusal = preflight(target, access)                        # when planning: may it be written at all
snapshot = read(target, access)                            # what is committed
edits = desired(target, release, snapshot)                 # pure
before = {path: snapshot.values[path] for path in edits}   # journal both before the write
write(target, edits, access, expect=before, warrant=...)   # again after a kill: found, done, or changed-by
restore(target, before, edits, access, warrant=...)
"""

from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.targets import GitOpsTarget, KubernetesTarget, MenuTarget, Target
from ldmrelease.domain.topology import Place
from ldmrelease.targets import cluster_preflight
from ldmrelease.targets.editors import image_fields, image_settings, menu
from ldmrelease.targets.fence import Fence, WriteGrant
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Change, Refusal, Scalar, Snapshot, Unquoted, Value, Values, Written
from ldmrelease.targets.stores import config_map, git_file, kubernetes_objects
from ldmrelease.targets.stores.git_file import Access, ValuesFile


def preflight(target: Target, access: Access) -> Refusal | Unavailable | None:
    """Why a cluster does not let us write there, all of it at once, before anything is touched; None where
    nothing is known against it. What is in git tells when it is read."""
    if isinstance(target, KubernetesTarget):
        return cluster_preflight.workloads_refused(target, access)
    if isinstance(target, MenuTarget) and target.config_map is not None:
        return cluster_preflight.text_refused(target.config_map, access)
    return None


def read(target: Target, access: Access) -> Snapshot | Refusal | Unavailable:
    """The target's settings as committed now."""
    match target:
        case KubernetesTarget():
            return kubernetes_objects.read(target, access)
        case GitOpsTarget():
            return git_file.read_file(_file(target), image_settings.paths(target), access)
    if target.config_map is not None:
        return config_map.read_text(target.config_map, menu.paths(target), access, menu.optional(target))
    return git_file.read_file(_file(target), menu.paths(target), access, menu.optional(target))


def desired(
    target: Target, release: Release, snapshot: Snapshot, alias: str | None = None
) -> dict[str, Value] | Refusal:
    """What the settings say when the release is there, or when the menu's `alias` stands for it."""
    if isinstance(target, MenuTarget):
        if alias is not None:
            return menu.with_alias(target, alias, release, snapshot)
        return menu.with_release(target, release, snapshot)
    if alias is not None:
        return Refusal("no-alias", {"file": _named(target), "alias": alias, "found": []})
    if isinstance(target, KubernetesTarget):
        return image_fields.desired(target, release, snapshot)
    return image_settings.desired(target, release, snapshot)


def retired(target: Target, tag: str, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the settings say when an image tag is taken off a menu; only menus can do without."""
    if isinstance(target, MenuTarget):
        return menu.without_tag(target, tag, snapshot)
    return Refusal("not-a-menu", {"file": _named(target), "tag": tag})


def stated(target: Target, snapshot: Snapshot) -> tuple[ImageSetting, ...] | Refusal:
    """Which images the committed settings name."""
    match target:
        case KubernetesTarget():
            return image_fields.stated(snapshot)
        case GitOpsTarget():
            return image_settings.stated(target, snapshot)
        case MenuTarget():
            return menu.stated(target, snapshot)


def write(
    target: Target, edits: Values, access: Access, *, expect: Values, warrant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Commit the edits where each setting is as expected or already as wanted; the fence moves with them."""
    if isinstance(target, KubernetesTarget):
        return kubernetes_objects.write(target, edits, access, expect=expect, warrant=warrant)
    if isinstance(target, MenuTarget) and target.config_map is not None:
        return config_map.write_text(target.config_map, edits, access, expect=expect, warrant=warrant)
    return git_file.write_file(_file(target), edits, access, expect=expect, warrant=warrant)


def restore(
    target: Target, before: Values, ours: Values, access: Access, warrant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back what was there before, where the settings are still ours; else `changed-by` says whose."""
    if isinstance(target, KubernetesTarget):
        return kubernetes_objects.restore(target, before, ours, access, warrant)
    return write(target, before, access, expect=ours, warrant=warrant)


def claim(target: Target, access: Access, warrant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the place's fence to ours: from then on an earlier holder cannot write."""
    if isinstance(target, KubernetesTarget):
        return kubernetes_objects.claim(target, access, warrant)
    if isinstance(target, MenuTarget) and target.config_map is not None:
        return config_map.claim_place(target.config_map, access, warrant)
    return git_file.claim_place(_file(target), access, warrant)


def fence_of(target: Target, place: Place, access: Access) -> Fence | Refusal | Unavailable | None:
    """The place's fence; None where nobody has claimed it yet."""
    if isinstance(target, KubernetesTarget):
        return kubernetes_objects.fence_of(target, place, access)
    if isinstance(target, MenuTarget) and target.config_map is not None:
        return config_map.read_fence(target.config_map, place, access)
    return git_file.read_fence(_file(target), place, access)


def changed_by(target: Target, path: str, access: Access) -> Change | Refusal | Unavailable:
    """Who last changed a setting."""
    if isinstance(target, KubernetesTarget):
        return kubernetes_objects.changed_by(target, path, access)
    if isinstance(target, MenuTarget) and target.config_map is not None:
        return config_map.who_changed(target.config_map, access)
    return git_file.who_changed(_file(target), path, access)


def values_to_plain(values: Values) -> dict[str, Any]:
    """The values as JSON for a journal: text, lists of text, `{"unquoted": ...}`."""
    plain: dict[str, Any] = canonical.to_plain(dict(values))
    return plain


def values_from_plain(plain: object) -> dict[str, Value]:
    """What `values_to_plain` spelled. Raises `NotCanonical`."""
    return canonical.from_plain(plain, dict[str, str | Unquoted | tuple[Scalar, ...]])


def _named(target: GitOpsTarget | KubernetesTarget) -> str:
    return image_fields.where(target) if isinstance(target, KubernetesTarget) else target.file


def _file(target: GitOpsTarget | MenuTarget) -> ValuesFile:
    return ValuesFile(target.repository, target.branch, target.file)
