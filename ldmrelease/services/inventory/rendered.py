"""Whether what Helm or Kustomize make of a tree is what the settings of a place say: rendering tells the truth, and a
template may do something else with a setting than its name promises.

Asked where those programs are installed and the tree has a layout that they render; else nobody can say.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import Application, Topology
from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.domain.value_paths import Named, Path, parse_path
from ldmrelease.services.inventory.rendered_image import RenderedOtherwise
from ldmrelease.services.inventory.tree_images import DesiredTree, desired, installed
from ldmrelease.services.releases.components import components_of, own_repositories
from ldmrelease.targets.connections import Access
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import RefusedError, Value, Values
from ldmrelease.targets.stores.reading import PathsToRead, Texts
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.files import ChangedTree, Tree
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.registry import layout, layout_of
from ldmrelease.trees.values import UnreadableFile, YamlScalar

_Asked = tuple[str, str, str, tuple[str, ...], frozenset[tuple[str, Value]]]
"""Repository, revision, the file of the place, environments, edits."""
_KEPT = 64
"""Renderings that are kept for the run; the oldest goes first."""


class RenderedSettings(Struct, frozen=True):
    """What rendering says of a place's settings: the containers that get something else, and what of its tree was not
    rendered, so that only the settings say it."""

    otherwise: tuple[RenderedOtherwise, ...] = ()
    unrendered: tuple[NotUnderstood, ...] = ()


class Rendering:
    """Trees as Helm and Kustomize render them: the same revision with the same edits once in a run.

    access: how repositories are reached. environ: the variables of this process; `PATH` says where the programs are.
    last: when everything has to be rendered, by the monotonic clock, whatever else is said; None where nobody waits.
    """

    last: float | None = None

    def __init__(self, topology: Topology, access: Access, environ: Mapping[str, str]) -> None:
        self._topology, self._access, self._environ = topology, access, environ
        self._known: dict[_Asked, DesiredTree] = {}
        self._trees: dict[tuple[str, str], tuple[Tree, str | None]] = {}

    def of(
        self,
        application: Application,
        said: Iterable[ImageSetting],
        revision: str,
        edits: Values | None = None,
        until: float | None = None,
    ) -> RenderedSettings | Unavailable:
        """What the containers of a place get, beside what its settings say.

        said: the settings, as they are after `edits`, which are not committed yet. revision: the commit that they are
        read from. until: as in `tree_images.desired`. Nothing where nobody can render the tree, and where no container
        is made of a setting.
        """
        where = application.target.location
        if not isinstance(where, GitFile) or not isinstance(application.target, ImageSettingsTarget):
            return RenderedSettings()
        if not any(installed(self._environ)):
            return RenderedSettings()
        try:
            found = self._tree(application, where, revision, edits or {}, until)
        except (RefusedError, UnreadableFile):
            return RenderedSettings()  # whoever writes it will say so
        except (GitError, OSError) as error:
            return Unavailable(where.repository, reason_of(error))
        if found is None:
            return RenderedSettings()
        components = components_of(self._topology, application)
        own = {name: own_repositories(each.source.source, application) for name, each in components.items()}
        readers = Counter(address for each in application.target.settings for address in each.read)
        shared = {address for address, count in readers.items() if count > 1}
        return RenderedSettings(
            tuple(differing(said, found.images, own, where.file, shared)),
            tuple(_concerning(application.target, where.file, found.not_understood)),
        )

    def _tree(
        self,
        application: Application,
        where: GitFile,
        revision: str,
        edits: Values,
        until: float | None,
    ) -> DesiredTree | None:
        tree, name = self._opened(where.repository, revision)
        if name is None:
            return None
        known = layout(name).environments(tree)
        wanted = possible_environments(known, application.place.environment, where.file)
        key = (where.repository, revision, where.file, tuple(wanted), frozenset(edits.items()))
        if key in self._known:
            return self._known[key]
        until = min(filter(None, (until, self.last)), default=None)
        after: Tree = tree
        if edits:
            asked = PathsToRead(list(edits), list(edits), shared=list(edits))
            after = ChangedTree(tree, Texts(where.file, tree.read).edited(edits, asked))
        found = self._rendered(after, wanted, until)
        # With more time there may be more.
        if found is not None and not any(each.late for each in found.not_understood):
            self._known[key] = found
            if len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        return found

    def _opened(self, repository: str, revision: str) -> tuple[Tree, str | None]:
        """A tree and the name of its layout."""
        key = (repository, revision)
        if key not in self._trees:
            tree = CommittedTree(self._access.repository(repository).git, revision)
            self._trees = {key: (tree, layout_of(tree))}
        return self._trees[key]

    def _rendered(self, tree: Tree, environments: list[str], until: float | None) -> DesiredTree | None:
        marked = desired(tree, environments, self._environ, render=True, until=until)
        if not isinstance(marked, DesiredTree) or not marked.rendered:
            return None
        # A template may look at a value before it prints it: sentinels tell what decides, and not what comes of it.
        exact = desired(tree, environments, self._environ, render=True, exact=True, until=until)
        if not isinstance(exact, DesiredTree):
            return None
        notes = dict.fromkeys((*marked.not_understood, *exact.not_understood))
        return replace(marked, images=exact_images(marked, exact), not_understood=tuple(notes))


def _concerning(
    target: ImageSettingsTarget, own: str, notes: Iterable[NotUnderstood]
) -> Iterator[NotUnderstood]:
    """Those that a setting of the place may be read by: of its whole environment, of its folder, or of the application
    that its file is named for."""
    files = {file_of(address, own) for each in target.settings for address in each.read}
    for note in notes:
        above = f"{note.where}/"
        if note.application is None or any(
            each == note.where or each.startswith(above) or note.application in each.split("/")
            for each in files
        ):
            yield note


def differing(
    said: Iterable[ImageSetting],
    images: Iterable[TreeImage],
    own: Mapping[str, OwnRepositories],
    file: str,
    shared: Collection[str] = (),
) -> Iterator[RenderedOtherwise]:
    """The rendered images that a setting is a part of, and that are not what it says.

    own: by component, where its images may be. file: the one that settings without a file are in. shared: addresses
    that several settings read. What a rendering leaves out, such as a digest where the setting has one, differs; what a
    setting leaves out does not.
    """
    images = list(images)
    for setting in said:
        if setting.invalid is not None or setting.component not in own:
            continue
        address = ValueAddress.of(setting.path)
        at = address.file or file
        path = parse_path(address.path)
        made_of_it = [each for each in images if any(is_at(part, at, path) for part in each.parts)]
        for image in _about(made_of_it, own[setting.component], shared=setting.path in shared):
            if image.image is not None and not _same(image.image, setting, own[setting.component]):
                yield RenderedOtherwise(
                    setting.path,
                    setting.component,
                    at,
                    setting.line,
                    address.path,
                    _container(image),
                    image.image,
                    setting.image,
                )


def exact_images(marked: DesiredTree, exact: DesiredTree) -> tuple[TreeImage, ...]:
    """The containers with the images that they get, and what decides these; one that is rendered only without
    sentinels has nothing that decides it, and one that is rendered only with them is none."""
    parts: dict[tuple[str | None, ...], list[TreeImage]] = defaultdict(list)
    for each in marked.images:
        parts[_key(each)].append(each)
    found = []
    for each in exact.images:
        known = parts[_key(each)]
        found.append(replace(each, parts=known.pop(0).parts) if known else each)
    return tuple(found)


def _key(image: TreeImage) -> tuple[str | None, ...]:
    return image.environment, image.application, image.kind, image.name, image.container


def _about(images: list[TreeImage], own: OwnRepositories, *, shared: bool) -> list[TreeImage]:
    """Those of a component. Where there are none, all that are made of a part of it alone: another repository stands
    where the component's should."""
    found = [each for each in images if own.has(_repository(each))]
    return found if found or shared else images


def _repository(image: TreeImage) -> str:
    try:
        return parse_reference(image.image or "").name
    except ValueError:
        return ""


def possible_environments(known: list[str], own: str, file: str) -> list[str]:
    """Those of the tree that a place may be in: the one of its name, those that its file is named for, or all."""
    if own in known:
        return [own]
    parts = {re.sub(r"^values-|\.ya?ml$", "", each) for each in file.split("/")}
    return [each for each in known if each in parts] or known


def is_at(part: YamlScalar, file: str, path: Path) -> bool:
    """Whether a scalar stands at a path of a file, as far as the names of items can be told."""
    return part.file == file and len(part.path) == len(path) and all(map(_is_step, path, part.path))


def _is_step(asked: str | int | Named, found: str | int) -> bool:
    # Which item has a name is not told by the way to it: any may be meant.
    return isinstance(found, int) if isinstance(asked, Named) else asked == found


def _same(image: str, setting: ImageSetting, own: OwnRepositories) -> bool:
    try:
        reference = parse_reference(image)
    except ValueError:
        return False
    if setting.tag is not None and reference.tag != setting.tag:
        return False
    if setting.digest is not None and reference.digest != setting.digest:
        return False
    return own.has(reference.name)


def _container(image: TreeImage) -> str:
    named = f"{image.environment}/{image.application}"
    return named if image.kind is None else f"{named} {image.kind}/{image.name} {image.container}"
