"""The settings that tests of GitOps write, and short ways to write them."""

from pathlib import Path

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import ImageSettingsTarget, Setting, Writes
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Snapshot, Value, Written
from tests.real.gitops.site import (
    VALUES,
    Promoter,
    git,
    release,
)

ALL = (
    Setting("lab", "image.tag"),
    Setting("lab", "image.digest", Writes.DIGEST),
    Setting("lab", "worker.image", Writes.IMAGE),
)
BEFORE: dict[str, Value] = {"image.tag": "w_2023_15"}
OURS: dict[str, Value] = {"image.tag": "w_2023_16"}
AFTER = VALUES.replace("tag: w_2023_15", "tag: w_2023_16")


def snapshot_of(target: ImageSettingsTarget, access: Access) -> Snapshot:
    snapshot = registry.read(target, access)
    assert isinstance(snapshot, Snapshot), snapshot
    return snapshot


def wanted(target: ImageSettingsTarget, access: Access, tag: str = "w_2023_16") -> tuple[dict, dict]:
    """What was there, and what the release makes of it."""
    snapshot = snapshot_of(target, access)
    edits = registry.desired(target, release(tag), snapshot)
    assert isinstance(edits, dict), edits
    return {path: snapshot.values[path] for path in edits}, edits


def write(
    target: ImageSettingsTarget,
    access: Access,
    promoter: Promoter | None = None,
    edits: dict = OURS,
    expect: dict = BEFORE,
) -> Written | Refusal | Unavailable:
    return registry.write(target, edits, access, expect=expect, grant=(promoter or Promoter()).grant())


def push(tree: Path, directory: Path) -> None:
    if tree != directory:
        git(tree, "push", "-q", str(directory), "main")
