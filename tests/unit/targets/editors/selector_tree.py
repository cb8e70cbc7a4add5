"""A tree in the shape of Phalanx's: a cycle for a whole environment, and a revision for each component's build."""

from collections.abc import Mapping
from functools import partial

from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Selector, SelectorPart
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets.editors import image_settings
from ldmrelease.targets.results import Refusal, RefusedError, Snapshot
from ldmrelease.targets.stores.expected import written_settings
from ldmrelease.targets.stores.reading import PathsToRead, Texts

ENVIRONMENT = "environments/values-summit.yaml"
AUXTEL, SIMONYITEL = "applications/auxtel/values-summit.yaml", "applications/simonyitel/values-summit.yaml"
CHART = "applications/auxtel/values.yaml"
CYCLE = f"{ENVIRONMENT}#controlSystem.imageTag"
TEMPLATE = "{cycle}[.{revision:03d}]"

TREE = {
    ENVIRONMENT: "applications:\n  auxtel: true\ncontrolSystem:\n  imageTag: c0043  # since Thursday\n",
    AUXTEL: "ataos:\n  image:\n    repository: ts/ataos\n    revision: 3\n"
    "atdome:\n  image:\n    repository: ts/atdome\n    revision: 12\n    pullPolicy: Always\n",
    SIMONYITEL: "mtdome:\n  image:\n    repository: ts/mtdome\n    revision: 0\n",
    CHART: "ataos:\n  image:\n    revision: 1\n",
}


def selector(component: str, file: str | None = None, *defaults: str) -> Selector:
    """How a component's tag is put together; `file` is that of its revision, None the target's own."""
    path = f"{component}.image.revision"
    parts = (
        SelectorPart("cycle", CYCLE),
        SelectorPart("revision", path if file is None else f"{file}#{path}", defaults),
    )
    return Selector(component, TEMPLATE, parts, "cycle", "{image}")


TARGET = ImageSettingsTarget(
    MemoryFile(AUXTEL), (selector("ataos"), selector("atdome"), selector("mtdome", SIMONYITEL))
)


def release(cycle: str, **builds: int | None) -> Release:
    """A cycle with these builds; None is the moving tag."""
    components = tuple(
        Component(
            name,
            ComponentKind.IMAGE,
            f"ts/{name}",
            cycle if build is None else f"{cycle}.{build:03d}",
            f"sha256:{number:064x}",
        )
        for number, (name, build) in enumerate(builds.items())
    )
    return Release("telescope", cycle, "release", components, (), None)


def texts(tree: Mapping[str, str], own: str = AUXTEL) -> Texts:
    """A tree as a store reads it."""
    return Texts(own, partial(_read, tree))


def read(target: ImageSettingsTarget, tree: Mapping[str, str]) -> Snapshot:
    """What a target says in a tree."""
    asked = PathsToRead(
        image_settings.paths(target),
        image_settings.optional(target),
        image_settings.beside(target),
        image_settings.shared(target),
    )
    return texts(tree, str(target.location)).snapshot(asked, "r1")


def said(target: ImageSettingsTarget, tree: Mapping[str, str]) -> dict[str, str | None]:
    """The tag of each component, or what stands there where that is no image."""
    return {
        each.component: each.tag or each.invalid for each in image_settings.stated(target, read(target, tree))
    }


def promoted(target: ImageSettingsTarget, tree: Mapping[str, str], wanted: Release) -> dict[str, str]:
    """The tree after a promotion."""
    before = read(target, tree)
    edits = image_settings.desired(target, wanted, before)
    assert not isinstance(edits, Refusal), edits
    changed = texts(tree, str(target.location)).edited(edits, written_settings(edits, before.values))
    return {**tree, **{file: content.decode() for file, content in changed.items()}}


def refusal(target: ImageSettingsTarget, tree: Mapping[str, str], wanted: Release) -> Refusal:
    """Why a promotion is not possible."""
    found = image_settings.desired(target, wanted, read(target, tree))
    assert isinstance(found, Refusal), found
    return found


def changed_lines(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The lines that differ, of trees whose files have as many as before."""
    return [
        (file, old, new)
        for file in before
        for old, new in zip(before[file].splitlines(), after[file].splitlines(), strict=True)
        if old != new
    ]


def _read(tree: Mapping[str, str], file: str) -> bytes:
    if file not in tree:
        raise RefusedError("no-file", file=file)
    return tree[file].encode()
