"""What places want and what they run, asked of trees, registries and clusters; safe in any thread.

Nothing here knows the ledger. Each answer is told as soon as it is there, so that a tree is heard although the
registry that knows its tags is not.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.site_registry import ForeignImage, OwnRepositories
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions
from ldmrelease.services.deployments.asking import asked
from ldmrelease.services.inventory.rendered_image import RenderedOtherwise, any_installed
from ldmrelease.services.releases.components import own_repositories
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.image_setting import ImageSetting, foreign_image
from ldmrelease.targets.results import Change, Refusal, Snapshot
from ldmrelease.trees.interface import NotUnderstood

if TYPE_CHECKING:
    from ldmrelease.services.inventory.rendered import Rendering
    from ldmrelease.services.inventory.revised import RevisedApplication
    from ldmrelease.services.inventory.switched_off import SwitchedOffApplication

TargetFailure = Refusal | Unavailable


class DeclaredImage(Struct, frozen=True):
    """What one setting of a tree says: `digest` is what it says or what its tag names now.

    `resolved` is False as long as no registry has been asked; a tag that names nothing has no digest then.
    `invalid` is what stands there where that names no image, `foreign` where another repository is named than the
    component's: there is nothing to resolve then. `image` is the whole reference, as far as the tree says it.
    `by_digest` says that a digest stands there, beside the tag if there is one. `rendered` are the containers that get
    another image although they are made of this setting, where somebody has rendered the tree.
    """

    component: str
    path: str
    tag: str | None
    digest: str | None
    resolved: bool
    invalid: str | None = None
    image: str = ""
    foreign: ForeignImage | None = None
    by_digest: bool = False
    rendered: tuple[RenderedOtherwise, ...] = ()

    @property
    def spelling(self) -> str:
        """What stands there; of another repository's image all of it."""
        if self.foreign is not None:
            return self.image
        return self.tag or self.digest or self.invalid or ""


class DesiredState(Struct, frozen=True):
    """The settings of a place as committed; `unheard` is a registry that did not say what the tags are.

    unrendered: what of the tree was not rendered, so that settings were not compared with what comes of them there.
    switched_off: the applications of the place that its environment does not deploy. revised: those that it takes from
    another revision.
    """

    revision: str
    said: tuple[DeclaredImage, ...]
    unheard: TargetFailure | None = None
    unrendered: tuple[NotUnderstood, ...] = ()
    switched_off: "tuple[SwitchedOffApplication, ...]" = ()
    revised: "tuple[RevisedApplication, ...]" = ()


class RunningContainer(Struct, frozen=True):
    """A container of a workload, or an image volume.

    image: as the workload's specification names it (`spec_digest`: by its digest, if it does); `digests` are
        what its pods report.
    verdict: what became of the rollout; it is `settled` when nothing more is to come, `reason` says why not.
    foreign: where the specification names another repository than the component's.
    pods: the names of the pods that run each digest.
    by: the field manager that wrote the image (`since`: RFC 3339, empty where it is not told); `by_hand` says
        that it is a person's tool, and not one that syncs.
    """

    workload: str
    container: str
    component: str
    image: str
    spec_digest: str | None
    digests: tuple[str, ...]
    verdict: str
    settled: bool
    reason: str = ""
    by: str = ""
    since: str = ""
    by_hand: bool = False
    foreign: ForeignImage | None = None
    pods: Mapping[str, tuple[str, ...]] = {}


TellTree = Callable[[Place, "DesiredState | TargetFailure"], None]
TellChange = Callable[[tuple[Place, str], Change | TargetFailure], None]


class Trees:
    """Reads trees for many threads.

    A repository is asked by one thread at a time, since all share its mirror; a tag is asked for once. Trees are
    rendered only where `rendered_with` is given, the variables of this process, and until the time `until`; and asked
    which applications are switched off. `opened`: the repositories that the run has looked at.
    """

    def __init__(
        self,
        root: Path,
        topology: Topology,
        insecure: Iterable[str],
        rendered_with: Mapping[str, str] | None = None,
        until: float | None = None,
        opened: Connections | None = None,
    ) -> None:
        self._root = root
        self._until = until
        self._renders = rendered_with is not None and any_installed(rendered_with)
        self._access = Access(root, None, opened or Connections(root, topology=topology))
        self._rendering = (
            _rendering(topology, self._access, rendered_with) if rendered_with is not None else None
        )
        self._topology = topology
        self._options = RegistryOptions(insecure=frozenset(insecure))
        self._locks: dict[str, threading.Lock] = {}
        self._own = threading.Lock()
        self._digests: dict[tuple[str, str], str | None] = {}

    def read(self, applications: Iterable[Application], tell: TellTree) -> None:
        """Tell what each place's tree says, and again when its tags are known by digest."""
        read: list[tuple[Application, DesiredState]] = []
        for each in applications:
            found = asked(registry.where(each.target), partial(self._tree, each))
            if isinstance(found, DesiredState):
                read.append((each, found))
                found = replace(found, unheard=Unavailable("the registry", "no answer in time", passes=True))
            tell(each.place, found)
        registries = Registries(self._root, self._options)
        resolved = [(each, self._resolved(registries, each, tree)) for each, tree in read]
        for application, tree in resolved:
            tell(application.place, tree)
        if self._rendering is None:
            return
        seen = [(each, self._with_switches(each, tree)) for each, tree in resolved]
        for application, tree in seen:
            tell(application.place, self._not_rendered_yet(application, tree))
        for application, tree in seen:
            tell(application.place, self._rendered(self._rendering, application, tree))

    def changes(self, settings: Iterable[tuple[Application, Sequence[str]]], tell: TellChange) -> None:
        """Tell who gave each of these settings the value that it has, or why nobody can say; a place at a time."""
        for application, paths in settings:
            where = registry.where(application.target)
            found = asked(where, partial(self._changed_by, application, paths))
            for path in paths:
                tell((application.place, path), found[path] if isinstance(found, dict) else found)

    def has_seen(self, application: Application, tip: str, revision: str) -> bool:
        """Whether a revision has the files of a place's settings as the tip has them; False where nobody knows it."""
        from ldmrelease.services.inventory.same_files import same_files  # noqa: PLC0415 - few ask it

        with self._alone(application):
            return same_files(self._access, application, tip, revision)

    def _changed_by(
        self, application: Application, paths: Sequence[str]
    ) -> dict[str, Change | Refusal] | TargetFailure:
        with self._alone(application):
            return registry.changed_by(application.target, paths, self._access)

    def _tree(self, application: Application) -> DesiredState | TargetFailure:
        with self._alone(application):
            there = registry.read(application.target, self._access)
        if not isinstance(there, Snapshot):
            return there
        said = registry.stated(application.target, there)
        if isinstance(said, Refusal):
            return said
        sources = _sources(self._topology, application)
        return DesiredState(
            there.revision,
            tuple(
                _said(each, own_repositories(sources[each.component], application))
                for each in said
                if _counts(application, each)
            ),
        )

    def _resolved(self, registries: Registries, application: Application, tree: DesiredState) -> DesiredState:
        sources = _sources(self._topology, application)
        said: list[DeclaredImage] = []
        unheard: TargetFailure | None = None
        for each in tree.said:
            source = sources[each.component]
            if each.resolved:
                said.append(each)
                continue
            digest = asked(source, partial(self._digest, registries, source, each.tag))
            if isinstance(digest, Unavailable):
                unheard = digest
                said.append(each)
                continue
            said.append(replace(each, digest=digest, resolved=True))
        return replace(tree, said=tuple(said), unheard=unheard)

    def _with_switches(self, application: Application, tree: DesiredState) -> DesiredState:
        from ldmrelease.services.inventory.revised import revised  # noqa: PLC0415 - knows layouts of trees
        from ldmrelease.services.inventory.switched_off import switched_off  # noqa: PLC0415 - knows layouts of trees

        with self._alone(application):
            where = registry.where(application.target)
            found = asked(where, partial(switched_off, self._access, application, tree.revision))
            others = asked(where, partial(revised, self._access, application, tree.revision))
        tree = replace(tree, switched_off=tuple(found)) if isinstance(found, list) else tree
        return replace(tree, revised=tuple(others)) if isinstance(others, list) else tree

    def _not_rendered_yet(self, application: Application, tree: DesiredState) -> DesiredState:
        """What holds of a place until its tree is rendered."""
        if not self._renders or not isinstance(application.target.location, GitFile):
            return tree
        where, late = registry.where(application.target), "not rendered in the time that there was"
        note = NotUnderstood(where, late, None, application.place.environment, None, late=True)
        return replace(tree, unrendered=(note,))

    def _rendered(self, rendering: "Rendering", application: Application, tree: DesiredState) -> DesiredState:
        """The same with what containers get instead. Who cannot be reached for it has said the rest already."""
        with self._alone(application):
            there = registry.read(application.target, self._access)
            said = registry.stated(application.target, there) if isinstance(there, Snapshot) else there
            if not isinstance(there, Snapshot) or not isinstance(said, tuple):
                return tree
            found = rendering.of(application, said, there.revision, until=self._until)
        if isinstance(found, Unavailable):
            return replace(tree, unheard=tree.unheard or found)
        others = {
            each.setting: tuple(own for own in found.otherwise if own.setting == each.setting)
            for each in found.otherwise
        }
        return replace(
            tree,
            said=tuple(replace(each, rendered=others.get(each.path, ())) for each in tree.said),
            unrendered=found.unrendered,
        )

    def _digest(self, registries: Registries, source: str, tag: str | None) -> str | None:
        key = (source, tag or "")
        if tag is not None and key not in self._digests:
            found = registries.open(parse_reference(source)).resolve(tag)
            self._digests[key] = found.digest if found is not None else None
        return self._digests.get(key)

    def _alone(self, application: Application) -> threading.Lock:
        where = registry.where(application.target)
        with self._own:
            return self._locks.setdefault(where, threading.Lock())


def _rendering(topology: Topology, access: Access, environ: Mapping[str, str]) -> "Rendering":
    from ldmrelease.services.inventory.rendered import Rendering  # noqa: PLC0415 - knows all layouts of trees

    return Rendering(topology, access, environ)


def _sources(topology: Topology, application: Application) -> dict[str, str]:
    """Where the images are that run there, by component."""
    return {
        source.name: source.source
        for product in topology.products
        for name in application.components(product.name)
        if (source := product.component(name)) is not None
    }


def _said(stated: ImageSetting, own: OwnRepositories) -> DeclaredImage:
    foreign = foreign_image(stated, own)
    resolved = stated.digest is not None or stated.invalid is not None or foreign is not None
    # Nobody has seen what another repository has there.
    digest = stated.digest if foreign is None else None
    tag, invalid = (stated.tag, stated.invalid) if foreign is None else (None, None)
    return DeclaredImage(
        stated.component,
        stated.path,
        tag,
        digest,
        resolved,
        invalid,
        stated.image,
        foreign,
        by_digest=digest is not None,
    )


def _counts(application: Application, stated: ImageSetting) -> bool:
    """Whether the setting makes an image of ours run: names in a menu stand for what is live anyway."""
    ours = any(stated.component == each.rpartition("/")[2] for each in application.runs)
    return ours and stated.alias is None
