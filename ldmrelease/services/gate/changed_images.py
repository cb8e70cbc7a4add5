"""The images that a change asks for, by the layout of the whole tree: read, or rendered where the programs are there.

So they are found where no setting of the workspace is: the version of a chart, its defaults, an application that is
switched on. Of what is rendered, only the applications are whose inputs the change touches.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.images import parse_reference
from ldmrelease.services.gate.merge_trees import TreePair
from ldmrelease.services.inventory.rendered import exact_images
from ldmrelease.services.inventory.tree_images import DesiredTree, desired, installed
from ldmrelease.trees.committed import CommittedTree, links
from ldmrelease.trees.interface import NotUnderstood, TreeImage, Wanted
from ldmrelease.trees.registry import layout, layout_of
from ldmrelease.trees.rendering.cache import cache_folder

_OF_ONE_ENVIRONMENT = {"phalanx"}
"""The layouts in which a file that is named after an environment is for that one alone."""
_NAME = re.compile(r"^values-|\.ya?ml$")


class ChangedImage(Struct, frozen=True):
    """An image of an application of a tree before and after a change; None where it is asked for no more, or was not
    before."""

    environment: str
    application: str
    before: TreeImage | None
    after: TreeImage | None


class TreeDifference(Struct, frozen=True):
    """What a change does to a tree. unread: what cannot be read or rendered any more, and could be before. rendered:
    whether by the programs that will apply it."""

    changes: tuple[ChangedImage, ...] = ()
    unread: tuple[NotUnderstood, ...] = ()
    rendered: bool = False


def changed_images(
    trees: TreePair,
    environ: Mapping[str, str],
    *,
    render: bool,
    environments: Collection[str] | None = None,
    without: Collection[str] = (),
) -> TreeDifference:
    """What a change does to the images of a tree; nothing where it has no layout that is known.

    environ: the variables of this process. environments: those that are looked at; all, where nobody says them.
    without: those that are not.
    """
    shape, was_of = layout_of(trees.after), layout_of(trees.before)
    if shape is None and was_of is None:
        return TreeDifference()
    other = () if was_of in (None, shape) else (_of_another_shape(was_of, shape),)
    led = (*_newly_led_elsewhere(trees), *other)
    if shape is None or not trees.differing:
        return TreeDifference(unread=led)
    known = [*_environments(shape, trees.before), *_environments(shape, trees.after)]
    chosen = _touched(trees.differing, known) if shape in _OF_ONE_ENVIRONMENT else known
    chosen = [each for each in chosen if each not in without and each in (environments or known)]
    render = render and any(installed(environ))
    if not render:
        was, now = (_read(shape, tree, chosen, environ) for tree in (trees.before, trees.after))
    else:
        with TemporaryDirectory(prefix="ldmrelease-gate-") as work:
            was, now = _rendered(shape, trees, chosen, _with_cache(environ, work))
    before = was.images if was is not None else ()
    after = now.images if now is not None else ()
    return TreeDifference(
        tuple(_changes(before, after)),
        (*led, *_newly_unread(was, now, trees.differing)),
        now is not None and now.rendered,
    )


def _environments(shape: str, tree: CommittedTree) -> list[str]:
    return layout(shape).environments(tree) if layout(shape).fits(tree) else []


def _touched(files: Iterable[str], known: Collection[str]) -> list[str]:
    """The environments that files are about by their names; all of them, where a file names none."""
    names = dict.fromkeys(known)
    found: set[str] = set()
    for each in files:
        own = {_NAME.sub("", part) for part in each.split("/")} & names.keys()
        if not own:
            return list(names)
        found |= own
    return [each for each in names if each in found]


def _read(
    shape: str, tree: CommittedTree, chosen: Collection[str], environ: Mapping[str, str]
) -> DesiredTree | None:
    return _desired(shape, tree, chosen, environ, render=False)


def _desired(
    shape: str,
    tree: CommittedTree,
    chosen: Collection[str],
    environ: Mapping[str, str],
    *,
    render: bool,
    exact: bool = False,
    wanted: Wanted | None = None,
) -> DesiredTree | None:
    own = [each for each in _environments(shape, tree) if each in chosen]
    if not own:
        return None
    found = desired(tree, own, environ, render=render, exact=exact, shape=shape, asked=wanted)
    return found if isinstance(found, DesiredTree) else None


def _rendered(
    shape: str, trees: TreePair, chosen: Collection[str], environ: Mapping[str, str]
) -> tuple[DesiredTree | None, DesiredTree | None]:
    """Both trees, rendered as far as they differ."""
    inputs: tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]] = ({}, {})
    for tree, told in zip((trees.before, trees.after), inputs, strict=True):
        _desired(shape, tree, chosen, environ, render=True, exact=True, wanted=_telling(told))
    first, then = inputs
    touched = {each for each in first.keys() | then.keys() if first.get(each) != then.get(each)}

    def wanted(environment: str, application: str, _inputs: str) -> bool:
        return (environment, application) in touched

    was, now = (
        _desired(shape, tree, chosen, environ, render=True, exact=True, wanted=wanted)
        for tree in (trees.before, trees.after)
    )
    marked = _desired(shape, trees.after, chosen, environ, render=True, wanted=wanted)
    if now is not None and marked is not None and marked.rendered:
        now = replace(now, images=exact_images(marked, now))
    return was, now


def _telling(told: dict[tuple[str, str], str]) -> Wanted:
    """Renders nothing, and remembers what would go into it."""

    def wanted(environment: str, application: str, inputs: str) -> bool:
        told[environment, application] = inputs
        return False

    return wanted


def _with_cache(environ: Mapping[str, str], work: str) -> Mapping[str, str]:
    """Where nothing is kept from run to run, it is kept for this one: the same is asked several times."""
    if cache_folder(environ) is not None:
        return environ
    others = {name: each for name, each in environ.items() if name not in ("CI", "LDMRELEASE_NO_CACHE")}
    return {**others, "XDG_CACHE_HOME": work}


def _changes(before: Iterable[TreeImage], after: Iterable[TreeImage]) -> Iterator[ChangedImage]:
    was, now = _by_repository(before), _by_repository(after)
    for key in {**was, **now}:
        environment, application, _ = key
        old, new = was.get(key, []), now.get(key, [])
        gone, came = _without(old, new), _without(new, old)
        for index in range(max(len(gone), len(came))):
            yield ChangedImage(
                environment,
                application,
                gone[index] if index < len(gone) else None,
                came[index] if index < len(came) else None,
            )


def _by_repository(images: Iterable[TreeImage]) -> dict[tuple[str, str, str], list[TreeImage]]:
    """By environment, application and repository; an image that is decided elsewhere is nothing that changes here."""
    found: dict[tuple[str, str, str], list[TreeImage]] = defaultdict(list)
    for each in images:
        if each.image is not None:
            found[each.environment, each.application, _repository(each.image)].append(each)
    return found


def _repository(image: str) -> str:
    try:
        return parse_reference(image).name
    except ValueError:
        return image.partition("@")[0]


def _without(images: list[TreeImage], others: list[TreeImage]) -> list[TreeImage]:
    """Those that are not among the others, as often as they are there."""
    left = [_key(each) for each in others]
    found = []
    for each in sorted(images, key=lambda one: (one.kind or "", one.name or "", one.container or "")):
        if _key(each) in left:
            left.remove(_key(each))
        else:
            found.append(each)
    return found


def _key(image: TreeImage) -> tuple[str | None, ...]:
    return image.image, image.kind, image.name, image.container


def _of_another_shape(was: str | None, now: str | None) -> NotUnderstood:
    """That a change makes the tree one of another layout: what was deployed from it would be looked for elsewhere."""
    return NotUnderstood(
        ".", f"the tree has the layout {was}, and with the change {now or 'none that is known'}"
    )


def _newly_led_elsewhere(trees: TreePair) -> Iterator[NotUnderstood]:
    """Links and submodules that the change makes or turns elsewhere: whoever deploys a checkout follows them."""
    before = links(trees.git, trees.before.revision)
    for path, oid in links(trees.git, trees.after.revision).items():
        if before.get(path) != oid:
            yield NotUnderstood(
                path, "a link or a submodule: what is deployed from there is not in this tree"
            )


def _newly_unread(
    was: DesiredTree | None, now: DesiredTree | None, differing: Collection[str]
) -> Iterator[NotUnderstood]:
    """What could be read before, is in a file that differs, or was not looked at for lack of time."""
    known = set(was.not_understood) if was is not None else set()
    for each in now.not_understood if now is not None else ():
        if each not in known or each.where in differing or each.late:
            yield each
