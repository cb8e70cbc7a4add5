"""A change of a GitOps tree: every image that it asks for, and whether it may enter its place. Nothing is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.facts import ChangeFact
from ldmrelease.domain.topology import Application
from ldmrelease.services.decisions.decide import Decided
from ldmrelease.services.gate.agreed_tree import not_agreed
from ldmrelease.services.gate.changed_images import ChangedImage, TreeDifference, changed_images
from ldmrelease.services.gate.changed_settings import (
    ChangedSetting,
    ScalarAt,
    UnreadSetting,
    changed_settings,
)
from ldmrelease.services.gate.image_owners import TreeOwners, is_in, scalars_of
from ldmrelease.services.gate.image_release import ImageReleases, WantedImage
from ldmrelease.services.gate.image_verdict import ImageJudge, JudgedImage, Judgement, mixed, refused
from ldmrelease.services.gate.merge_trees import MergeQuestion, MergeTrees, TreePair, open_merge
from ldmrelease.services.gate.revised_trees import RevisedTrees, revised_trees
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.needs import MergeGating
from ldmrelease.targets.git.merges import ProposedMerge
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.trees.interface import NotUnderstood, TreeImage


class MergedImage(Struct, frozen=True):
    """An image that a change asks for, and what becomes of it.

    environment, name: of the place; for an image of nobody those of the tree. before, after: what the setting says;
    None where it says nothing. container: where a rendering has it. moved: where its file was.
    """

    environment: str
    name: str
    application: Application | None
    before: ImageSetting | None
    after: ImageSetting | None
    judged: JudgedImage
    parts: tuple[ScalarAt, ...]
    container: TreeImage | None = None
    previous_release: str | None = None
    older: bool = False
    moved: str | None = None

    @property
    def component(self) -> str:
        """What runs there; empty for an image of nobody."""
        setting = self.after or self.before
        return setting.component if setting is not None else ""

    @property
    def product(self) -> str | None:
        """What the component is a part of."""
        runs = self.application.runs if self.application is not None else ()
        found = (each for each in runs if each.endswith(f"/{self.component}"))
        return next((each.partition("/")[0] for each in found), None)


class MergeGate(Struct, frozen=True):
    """What a gate says of a change. not_understood: what of the tree cannot be read or rendered with it. rendered:
    whether the programs that will apply the tree were asked."""

    merge: ProposedMerge
    images: tuple[MergedImage, ...]
    unread: tuple[UnreadSetting, ...]
    not_understood: tuple[NotUnderstood, ...]
    rendered: bool

    @property
    def decided(self) -> tuple[Decided, ...]:
        """The decisions behind it, each once."""
        found = (each.judged.decided for each in self.images)
        return tuple({each.digest: each for each in found if each is not None}.values())


class Judge(Protocol):
    """Says of images whether they may enter their places."""

    def judge(self, image: WantedImage) -> JudgedImage:
        """What becomes of an image."""


class ReleaseNames(Protocol):
    """Names the release of an image without asking anybody."""

    def named(self, application: Application, setting: ImageSetting | None) -> str | None:
        """`product/tag` of the release that an image is said to be; None for none."""

    def spelled(self, application: Application, setting: ImageSetting) -> str | None:
        """The same by its tag alone."""

    def is_older(
        self, application: Application, before: ImageSetting | None, after: ImageSetting | None
    ) -> bool:
        """Whether a change goes back."""


class TreeJudge(NamedTuple):
    """Who decides about what is deployed from a tree, and names what was there."""

    judge: Judge
    names: ReleaseNames


Judging = Callable[[TreePair], TreeJudge]


def gate_merge(
    context: MergeGating,
    requester: str,
    question: MergeQuestion,
    environ: Mapping[str, str],
    *,
    render: bool = True,
) -> MergeGate:
    """Decide about every image of a change. Raises `UnusableChange`, `GitError`.

    environ: the variables of this process; `PATH` says where Helm and Kustomize are.
    """
    trees = open_merge(context.topology, context.workspace.root, context.connections, question)
    names = ImageNames(context)

    def judging(pair: TreePair) -> TreeJudge:
        proposed = context.reached_by(trees.connections(pair.after.revision))
        releases = ImageReleases(proposed, names)
        return TreeJudge(ImageJudge(proposed, releases, requester), releases)

    return merge_decided(trees, context.workspace, judging, environ, render=render)


def merge_decided(
    trees: MergeTrees, workspace: Workspace, judging: Judging, environ: Mapping[str, str], *, render: bool
) -> MergeGate:
    """The same, where `judging` says who decides about what is deployed from a tree. Raises `GitError`."""
    revised = revised_trees(trees)
    applications = [(each, _tree_of(each, trees, revised)) for each in trees.applications(workspace.topology)]
    settings = list(changed_settings(applications))
    differences = list(_differences(trees, revised, environ, render=render))
    found = _Change(judging, lambda each: _tree_of(each, trees, revised), TreeOwners(workspace), settings)
    images = tuple(found.images([each for one in differences for each in one.changes]))
    return MergeGate(
        trees.merge,
        images,
        tuple(found.unread()),
        (*not_agreed(workspace), *revised.unread, *(each for one in differences for each in one.unread)),
        any(each.rendered for each in differences),
    )


def _tree_of(application: Application, trees: MergeTrees, revised: RevisedTrees) -> TreePair:
    """What a place is deployed from."""
    found = (pair for name, pair in revised.pairs.items() if is_in(application, name))
    return next(found, trees.whole)


def _differences(
    trees: MergeTrees, revised: RevisedTrees, environ: Mapping[str, str], *, render: bool
) -> Iterator[TreeDifference]:
    yield changed_images(trees.whole, environ, render=render, without=revised.pairs.keys())
    for name, pair in revised.pairs.items():
        yield changed_images(pair, environ, render=render, environments=[name])


class _Change:
    """The images of one change: those that settings say, and those that the tree asks for besides."""

    def __init__(
        self,
        judging: Judging,
        tree_of: Callable[[Application], TreePair],
        owners: TreeOwners,
        settings: Iterable[ChangedSetting | UnreadSetting],
    ) -> None:
        self._judging, self._tree_of, self._owners = judging, tree_of, owners
        self._judges: dict[str, TreeJudge] = {}
        self._settings = [each for each in settings if isinstance(each, ChangedSetting)]
        self._unread = [each for each in settings if isinstance(each, UnreadSetting)]
        self._said: set[tuple[str, str]] = set()
        self._taken_back: tuple[tuple[str, ...], int] | None = None

    def images(self, changes: Iterable[ChangedImage]) -> Iterator[MergedImage]:
        """All of them, each once."""
        containers: dict[int, TreeImage] = {}
        others: list[ChangedImage] = []
        for each in changes:
            covering = self._covering(each)
            if covering is None:
                others.append(each)
            elif each.after is not None and each.after.container is not None:
                containers.setdefault(covering, each.after)
        for index, setting in enumerate(self._settings):
            yield self._of_setting(setting, containers.get(index))
        told: set[tuple[str | None, ...]] = set()
        for each in others:
            image = self._of_tree(each)
            key = (image.environment, image.name, image.component, _text(each.before), _text(each.after))
            if image.container is not None or key not in told:
                yield image
            told.add(key)

    def unread(self) -> Iterator[UnreadSetting]:
        """The settings that nobody can read, but for those of which the tree itself says what they come to."""
        for each in self._unread:
            if (str(each.application.place), each.component) not in self._said:
                yield each

    def _covering(self, change: ChangedImage) -> int | None:
        """The number of the setting that says what changes there."""
        image = change.after or change.before
        owned = self._owners.of(image) if image is not None else None
        if owned is None:
            return None
        for index, each in enumerate(self._settings):
            said = each.after if change.after is not None else each.before
            if said is None or each.application.place != owned.application.place:
                continue
            same = (said.tag, said.digest) == (owned.setting.tag, owned.setting.digest)
            if each.component == owned.setting.component and same:
                return index
        return None

    def _of_setting(self, change: ChangedSetting, container: TreeImage | None) -> MergedImage:
        image = self._of_place(change.application, change.before, change.after, change.parts, container)
        return replace(image, judged=self._beside_others(change, image.judged), moved=change.moved)

    def _of_place(
        self,
        application: Application,
        before: ImageSetting | None,
        after: ImageSetting | None,
        parts: tuple[ScalarAt, ...],
        container: TreeImage | None,
    ) -> MergedImage:
        at = self._at(application)
        older = at.names.is_older(application, before, after)
        return MergedImage(
            application.place.environment,
            application.place.application,
            application,
            before,
            after,
            JudgedImage(Judgement.ALLOWED)
            if after is None
            else at.judge.judge(WantedImage(application, after, self._change(older))),
            parts,
            container,
            at.names.named(application, before),
            older,
        )

    def _of_tree(self, change: ChangedImage) -> MergedImage:
        image = change.after or change.before
        assert image is not None
        after = self._owners.of(change.after) if change.after is not None else None
        before = self._owners.of(change.before) if change.before is not None else None
        owner = after or before
        if owner is None:
            return self._of_nobody(change, image)
        said = after.setting if after is not None else None
        was = before.setting if before is not None else _nobody(change.before)
        if said is not None:
            self._said.add((str(owner.application.place), said.component))
        return self._of_place(owner.application, was, said, scalars_of(image), _contained(image))

    def _of_nobody(self, change: ChangedImage, image: TreeImage) -> MergedImage:
        judged = JudgedImage(Judgement.UNMANAGED)
        level = self._owners.refusing(change.environment)
        if change.after is not None and level is not None:
            judged = refused("unmanaged-image", {"level": level, "image": change.after.image or ""})
        return MergedImage(
            change.environment,
            change.application,
            None,
            _nobody(change.before),
            _nobody(change.after),
            judged,
            scalars_of(image),
            _contained(image),
        )

    def _beside_others(self, change: ChangedSetting, judged: JudgedImage) -> JudgedImage:
        """The same, refused where other images of its product at the place are those of another release."""
        names = self._at(change.application).names
        own = names.spelled(change.application, change.after) if change.after is not None else None
        if own is None:
            return judged
        product = own.partition("/")[0]
        found: dict[str, list[str]] = {own: [change.component]}
        for each in change.beside:
            name = names.spelled(change.application, each)
            if name is not None and name.startswith(f"{product}/") and each.component != change.component:
                found.setdefault(name, []).append(each.component)
        return mixed(judged, str(change.application.place), found)

    def _change(self, older: bool) -> ChangeFact:
        """All that the change takes back, and whether an image is among it."""
        if self._taken_back is None:
            found = [
                each.application.place.application
                for each in self._settings
                if self._at(each.application).names.is_older(each.application, each.before, each.after)
            ]
            self._taken_back = tuple(sorted(set(found))), len(found)
        return ChangeFact(older, *self._taken_back)

    def _at(self, application: Application) -> TreeJudge:
        """Who decides about a place, with the tree that it would be deployed from."""
        pair = self._tree_of(application)
        if pair.after.revision not in self._judges:
            self._judges[pair.after.revision] = self._judging(pair)
        return self._judges[pair.after.revision]


def _nobody(image: TreeImage | None) -> ImageSetting | None:
    """An image that is of no component, as it is written."""
    return ImageSetting("", "", 0, invalid=image.image) if image is not None else None


def _contained(image: TreeImage) -> TreeImage | None:
    """An image with the container that a rendering has it in; None where the tree was only read."""
    return image if image.container is not None else None


def _text(image: TreeImage | None) -> str | None:
    return image.image if image is not None else None
