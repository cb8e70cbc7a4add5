"""Trees of kustomizations: the environments are those that no other one brings in.

APPLICATION/overlays/ENVIRONMENT/   or  overlays/ENVIRONMENT/, environments/..., envs/..., clusters/...
APPLICATION/ENVIRONMENT/            where the folder brings in the base that stands beside it
APPLICATION/                        elsewhere: of the environment `default`
"""

from collections.abc import Collection, Iterator

from msgspec import Struct

from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import NotUnderstood, Programs, TreeFinding, TreeImage
from ldmrelease.trees.kustomizations import Kustomizations
from ldmrelease.trees.rendering.kustomize_build import Kustomize
from ldmrelease.trees.rendering.rendered_containers import rendered_containers
from ldmrelease.trees.rendering.rendering_program import NotRendered
from ldmrelease.trees.rendering.sentinels import NoSentinels, Sentinels
from ldmrelease.trees.values import UnreadableFile, text_at

_OF_ENVIRONMENTS = ("overlays", "environments", "envs", "clusters")
_BASES = ("base", "bases", "common", "shared")
_ALONE = "default"


class Overlay(Struct, frozen=True):
    """A kustomization that is deployed."""

    environment: str
    application: str
    folder: str


def fits(tree: Tree) -> bool:
    """Whether a tree has this shape."""
    return bool(Kustomizations(tree).folders())


def environments(tree: Tree) -> list[str]:
    """Its environments, by name."""
    return sorted({each.environment for each in overlays(Kustomizations(tree))})


def read(tree: Tree, environments: Collection[str]) -> Iterator[TreeFinding]:
    """The images of these environments, as manifests and kustomizations say."""
    known = Kustomizations(tree)
    for each in overlays(known):
        if each.environment in environments:
            yield from _read(known, each)


def render(tree: Tree, environments: Collection[str], programs: Programs) -> Iterator[TreeFinding] | None:
    """The same, container by container, as Kustomize builds them."""
    if programs.kustomize is None:
        return None
    sentinels = NoSentinels() if programs.exact else Sentinels()
    program = Kustomize(
        programs.kustomize, tree, programs.work, programs.environment, sentinels, programs.limits
    )
    return _render(program, Kustomizations(tree), sentinels, environments)


def overlays(known: Kustomizations) -> list[Overlay]:
    """What is deployed; a kustomization that cannot be read is deployed by itself."""
    folders = known.folders()
    brought_in: set[str] = set()
    beside: dict[str, bool] = {}
    for folder in folders:
        try:
            there = set(known.referenced(folder))
        except UnreadableFile:
            there = set()
        brought_in |= there
        above = folder.rpartition("/")[0]
        beside[folder] = any(_is_base(each, above) for each in there)
    deployed = [each for each in folders if each not in brought_in and not _is_component(known, each)]
    return [_overlay(each, beside=beside[each]) for each in deployed]


def _render(
    program: Kustomize, known: Kustomizations, sentinels: Sentinels, environments: Collection[str]
) -> Iterator[TreeFinding]:
    for each in overlays(known):
        if each.environment not in environments:
            continue
        try:
            for image in rendered_containers(program.build(each.folder), sentinels):
                yield TreeImage(
                    each.environment,
                    each.application,
                    image.image,
                    image.parts,
                    image.kind,
                    image.name,
                    image.container,
                )
        except NotRendered as error:
            yield NotUnderstood(
                error.folder, error.reason, None, each.environment, each.application, error.late
            )
            yield from _read(known, each)
        except UnreadableFile as error:
            yield NotUnderstood(error.file, error.reason, error.line, each.environment, each.application)


def _read(known: Kustomizations, overlay: Overlay) -> Iterator[TreeFinding]:
    try:
        for each in known.containers(overlay.folder):
            yield TreeImage(overlay.environment, overlay.application, each.image, each.parts)
    except UnreadableFile as error:
        yield NotUnderstood(error.file, error.reason, error.line, overlay.environment, overlay.application)


def _overlay(folder: str, *, beside: bool) -> Overlay:
    parts = folder.split("/") if folder else ["."]
    for name in _OF_ENVIRONMENTS:
        if name in parts[:-1]:
            at = parts.index(name)
            application = "/".join([*parts[:at], *parts[at + 2 :]])
            return Overlay(parts[at + 1], application or "all", folder)
    if beside:
        return Overlay(parts[-1], "/".join(parts[:-1]) or "all", folder)
    return Overlay(_ALONE, "/".join(parts), folder)


def _is_base(folder: str, above: str) -> bool:
    """Whether it is the base beside a folder: `../base`, `../base/api`."""
    start = f"{above}/" if above else ""
    return folder.startswith(start) and folder.removeprefix(start).partition("/")[0] in _BASES


def _is_component(known: Kustomizations, folder: str) -> bool:
    try:
        return text_at(known.kustomization(folder), "kind") == "Component"
    except UnreadableFile:
        return False
