"""One surface for every kind of target: what is there, what is wanted, write it, put it back.

snapshot = read(target, access)                            # what is committed
edits = desired(target, release, snapshot)                 # pure
before = {path: snapshot.values[path] for path in edits}   # journal both before the write
write(target, edits, access, expect=before, warrant=...)   # again after a kill: found, done, or changed-by
restore(target, before, edits, access, warrant=...)
"""

from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.places import GitOpsTarget, Place, Target
from ldmrelease.domain.release import Release
from ldmrelease.targets import gitops, menu, writer
from ldmrelease.targets.fence import Fence, Warrant
from ldmrelease.targets.outcome import (
    Change,
    Refusal,
    Scalar,
    Snapshot,
    Unquoted,
    Unreachable,
    Value,
    Values,
    Written,
)
from ldmrelease.targets.stated import Stated
from ldmrelease.targets.writer import Access, ValuesFile


def read(target: Target, access: Access) -> Snapshot | Refusal | Unreachable:
    """The target's settings as committed now."""
    if isinstance(target, GitOpsTarget):
        return writer.read_file(_file(target), gitops.paths(target), access)
    return writer.read_file(_file(target), menu.paths(target), access, menu.optional(target))


def desired(
    target: Target, release: Release, snapshot: Snapshot, alias: str | None = None
) -> dict[str, Value] | Refusal:
    """What the settings say when the release is there, or when the menu's `alias` stands for it."""
    if isinstance(target, GitOpsTarget):
        if alias is not None:
            return Refusal("no-alias", {"file": target.file, "alias": alias, "found": []})
        return gitops.desired(target, release, snapshot)
    if alias is not None:
        return menu.with_alias(target, alias, release, snapshot)
    return menu.with_release(target, release, snapshot)


def retired(target: Target, tag: str, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the settings say when an image tag is taken off a menu; only menus can do without."""
    if isinstance(target, GitOpsTarget):
        return Refusal("not-a-menu", {"file": target.file, "tag": tag})
    return menu.without_tag(target, tag, snapshot)


def stated(target: Target, snapshot: Snapshot) -> tuple[Stated, ...] | Refusal:
    """Which images the committed settings name."""
    if isinstance(target, GitOpsTarget):
        return gitops.stated(target, snapshot)
    return menu.stated(target, snapshot)


def write(
    target: Target, edits: Values, access: Access, *, expect: Values, warrant: Warrant
) -> Written | Refusal | Unreachable:
    """Commit the edits where each setting is as expected or already as wanted; the fence moves with them."""
    return writer.write_file(_file(target), edits, access, expect=expect, warrant=warrant)


def restore(
    target: Target, before: Values, ours: Values, access: Access, warrant: Warrant
) -> Written | Refusal | Unreachable:
    """Put back what was there before, where the settings are still ours; else `changed-by` says whose."""
    return writer.write_file(_file(target), before, access, expect=ours, warrant=warrant)


def claim(target: Target, access: Access, warrant: Warrant) -> Written | Refusal | Unreachable:
    """Move the place's fence to ours: from then on an earlier holder cannot write."""
    return writer.claim_place(_file(target), access, warrant)


def fence_of(target: Target, place: Place, access: Access) -> Fence | Refusal | Unreachable | None:
    """The place's fence; None where nobody has claimed it yet."""
    return writer.read_fence(_file(target), place, access)


def changed_by(target: Target, path: str, access: Access) -> Change | Refusal | Unreachable:
    """Who last changed a setting."""
    return writer.who_changed(_file(target), path, access)


def values_to_plain(values: Values) -> dict[str, Any]:
    """The values as JSON for a journal: text, lists of text, `{"unquoted": ...}`."""
    plain: dict[str, Any] = canonical.to_plain(dict(values))
    return plain


def values_from_plain(plain: object) -> dict[str, Value]:
    """What `values_to_plain` spelled. Raises `NotCanonical`."""
    return canonical.from_plain(plain, dict[str, str | Unquoted | tuple[Scalar, ...]])


def _file(target: Target) -> ValuesFile:
    return ValuesFile(target.repository, target.branch, target.file)
