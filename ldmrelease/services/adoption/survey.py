"""What a tree asks for, rendered where that can be, and with what reading alone knows: where each environment would
write a tag of its own."""

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from ldmrelease.services.inventory.tree_images import DesiredTree, desired
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import OwnSetting, TreeImage

_Key = tuple[object, ...]


def survey(
    tree: Tree,
    environ: Mapping[str, str],
    *,
    render: bool,
    shape: str | None,
    environments: Collection[str] = (),
) -> DesiredTree | Refusal:
    """What a tree asks for in all its environments. environ, shape, and what is refused: as for `desired`.

    environments: those that are rendered, all where none is named; the others are read, since what decides an image
    here may decide one there.
    """
    read = desired(tree, (), environ, render=False, shape=shape)
    if isinstance(read, Refusal):
        return read
    unknown = [each for each in environments if each not in read.environments]
    if unknown:
        return Refusal("no-environment", {"environment": unknown[0], "known": list(read.environments)})
    if environments:
        told = [each for each in read.not_understood if each.environment in (None, *environments)]
        read = replace(read, not_understood=tuple(told))
    if not render:
        return read
    rendered = desired(tree, environments, environ, render=True, shape=shape)
    if isinstance(rendered, Refusal) or not rendered.rendered:
        return read
    others = [each for each in read.images if each.environment not in rendered.environments]
    return replace(
        rendered,
        environments=read.environments,
        menus=read.menus,
        images=(*with_own(rendered.images, read.images), *others),
    )


def with_own(rendered: Iterable[TreeImage], read: Iterable[TreeImage]) -> Iterable[TreeImage]:
    """What was rendered, with the settings of their own that were read of the same image."""
    known: dict[_Key, OwnSetting] = {}
    for each in read:
        if each.own is not None:
            for key in _keys(each):
                known.setdefault(key, each.own)
    for each in rendered:
        own = next((known[key] for key in _keys(each) if key in known), None)
        yield replace(each, own=own) if each.parts else each


def _keys(image: TreeImage) -> tuple[_Key, ...]:
    """What two readings of one image have in common: the scalars that decide it, or else the image itself."""
    place = (image.environment, image.application)
    scalars = tuple((each.file, each.path) for each in image.parts)
    return (*place, scalars), (*place, image.image)
