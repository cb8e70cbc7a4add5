"""How a place is written: what says which images are wanted there, and where that is kept.

A target is an *editor* (settings of a values file, a notebook menu, image fields of workloads) at a *location*
(a file in git, a text of a ConfigMap, the objects of a cluster).
"""

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.workload_selection import ClusterAccess, Workloads


class Capabilities(Struct, frozen=True):
    """What may be asked of a target.

    has_tree: what is wanted is committed text, apart from what runs; somebody has to bring it there.
    writes_directly: a write changes the workloads themselves.
    keeps_many: it holds many releases at once, each admitted by itself; else the last one replaces the others.
    observable_in_pods: what it says is what pods run; a menu only says what users may start.
    proposable: a change may be proposed for review in place of being written.
    names_aliases: names stand for releases there.
    retirable: a release can be taken away without another in its place.
    programs: what has to be installed to reach it.
    """

    has_tree: bool = False
    writes_directly: bool = False
    keeps_many: bool = False
    observable_in_pods: bool = True
    proposable: bool = False
    names_aliases: bool = False
    retirable: bool = False
    programs: frozenset[str] = frozenset()


class Writes(StrEnum):
    """What a setting holds: an image's tag, its digest, `tag@digest`, or the whole image reference."""

    TAG = "tag"
    DIGEST = "digest"
    TAG_AND_DIGEST = "tag@digest"
    IMAGE = "image"


class Setting(Struct, frozen=True, tag="scalar"):
    """One scalar of a values file that says which image of a component is wanted.

    Addresses are `[FILE#]PATH` (`value_addresses`); without a file they are in the target's own.
    `path` is where it is written; `defaults` are read in turn where nothing stands there, as the values and the
    `appVersion` of a chart. `repository` is the address of the scalar that says in which repository; None looks for one
    beside it.
    """

    component: str
    path: str
    writes: Writes = Writes.TAG
    repository: str | None = None
    defaults: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The addresses that are written."""
        return (self.path,)

    @property
    def read(self) -> tuple[str, ...]:
        """All addresses that it is read from."""
        return (self.path, *self.defaults)


TAG, DIGEST = "tag", "digest"
"""Parts of a selector that every image has, whatever its grammar."""


class SelectorPart(Struct, frozen=True):
    """A part of a selector: written at `path`, and read at `defaults` in turn where nothing stands there."""

    name: str
    path: str
    defaults: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """All addresses that it is read from."""
        return (self.path, *self.defaults)


class Selector(Struct, frozen=True, tag="selector"):
    """Several scalars that say together which image of a component is wanted, as a template puts them (`selectors`).

    `grammar` and `spelling` are those of the component's tags: with them a tag is taken apart into `parts`.
    `repository` is as for a `Setting`; None looks beside the last part.
    """

    component: str
    template: str
    parts: tuple[SelectorPart, ...]
    grammar: AnyGrammar
    spelling: str
    repository: str | None = None

    @property
    def written(self) -> tuple[str, ...]:
        """The addresses that are written."""
        return tuple(each.path for each in self.parts)

    @property
    def read(self) -> tuple[str, ...]:
        """All addresses that it is read from."""
        return tuple(address for each in self.parts for address in each.read)


class GitFile(Struct, frozen=True, tag="git"):
    """A file on a branch; `repository` is a directory or a remote that git knows."""

    repository: str
    branch: str
    file: str

    has_tree: ClassVar[bool] = True
    proposable: ClassVar[bool] = True
    programs: ClassVar[frozenset[str]] = frozenset({"git"})

    def __str__(self) -> str:
        return self.file


class ConfigMapKey(Struct, frozen=True, tag="config-map"):
    """A text of a ConfigMap: the value of `key`."""

    cluster: ClusterAccess
    namespace: str
    name: str
    key: str

    has_tree: ClassVar[bool] = True
    proposable: ClassVar[bool] = False
    programs: ClassVar[frozenset[str]] = frozenset()

    def __str__(self) -> str:
        return f"ConfigMap {self.namespace}/{self.name} {self.key}"


class MemoryFile(Struct, frozen=True, tag="memory"):
    """A text that is kept in the memory of the process, in one of its connections: for tests and trials. The
    workspace's file cannot name it, since what is promoted there has to outlive the process."""

    name: str

    has_tree: ClassVar[bool] = True
    proposable: ClassVar[bool] = False
    programs: ClassVar[frozenset[str]] = frozenset()

    def __str__(self) -> str:
        return self.name


FileLocation = GitFile | ConfigMapKey | MemoryFile
"""Where a text with settings is kept. As text it is the name for people."""


class ImageSettingsTarget(Struct, frozen=True, tag="image-settings"):
    """Settings in a text and in others beside it, each for the image of a component.

    `registry` is the environment's own registry, and `mirrors` those that have the same images under the same path
    (`host[:port][/path]`): what stands beside a tag may name them.
    """

    location: FileLocation
    settings: tuple[Setting | Selector, ...]
    registry: str | None = None
    mirrors: tuple[str, ...] = ()

    @property
    def capabilities(self) -> Capabilities:
        """What may be asked of it."""
        where = self.location
        return Capabilities(has_tree=where.has_tree, proposable=where.proposable, programs=where.programs)


class MenuTarget(Struct, frozen=True, tag="menu"):
    """A notebook menu: the mapping at `path` of a text (numReleases, pin, recommendedTag, cycle).

    `keep` bounds how many pinned releases of a kind stay live; `aliases` are the names that move by
    promotion, each with the key that holds it. `defaults` is the address of the chart's own menu, which says what holds
    where a key is absent; None where all of them have to be there.
    """

    location: FileLocation
    path: str
    component: str
    keep: dict[str, int]
    aliases: dict[str, str]
    defaults: str | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What may be asked of it."""
        where = self.location
        return Capabilities(
            has_tree=where.has_tree,
            keeps_many=True,
            observable_in_pods=False,
            proposable=where.proposable,
            names_aliases=bool(self.aliases),
            retirable=True,
            programs=where.programs,
        )


class KubernetesTarget(Struct, frozen=True, tag="kubernetes"):
    """Image fields of workloads, written by server-side apply.

    `take_over` lists the field managers whose ownership of image fields may be taken; `manifests` is a folder
    of whole manifests with `component://NAME` images (whole-manifest mode), None where image fields alone are
    written. `registry` is the environment's own registry (`host[:port][/path]`), that images are run from.
    """

    workloads: Workloads
    take_over: tuple[str, ...] = ()
    manifests: str | None = None
    registry: str | None = None

    @property
    def location(self) -> "KubernetesTarget":
        """The objects are their own settings."""
        return self

    @property
    def capabilities(self) -> Capabilities:
        """What may be asked of it."""
        return Capabilities(writes_directly=True)

    def __str__(self) -> str:
        return f"{self.workloads.cluster.context}/{self.workloads.namespace}"


Target = ImageSettingsTarget | MenuTarget | KubernetesTarget
