"""What is asked of a tree, and of each layout of trees: a module of `layouts` with these functions, named in
`registry`."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from ldmrelease.trees.files import Tree
from ldmrelease.trees.values import KeyPath, YamlScalar

SECONDS = 60
"""How long one rendering may take."""
SECONDS_IN_ALL = 300
"""How long all the renderings of one command may take, where it says nothing else."""
MEMORY = 2 << 30
"""Bytes of memory that one rendering may take."""
OUTPUT = 64 << 20
"""Bytes that one rendering may print."""


class OwnSetting(Struct, frozen=True):
    """A scalar of a file that one environment alone reads."""

    file: str
    path: KeyPath


class TemplateLine(Struct, frozen=True):
    """A line of a chart's template."""

    file: str
    line: int


class TreeImage(Struct, frozen=True):
    """An image that a tree asks for.

    image: None where a part of it is decided elsewhere, such as by the defaults of a chart that is not in the tree.
    parts: the scalars that decide it. kind, name, container: of the rendered object; None where it was only read.
    own: where the environment's own file would say its tag, whether it does or not; None where no such place is known.
    template: where an image that no scalar decides stands in the text of a template.
    """

    environment: str
    application: str
    image: str | None
    parts: tuple[YamlScalar, ...]
    kind: str | None = None
    name: str | None = None
    container: str | None = None
    own: OwnSetting | None = None
    template: TemplateLine | None = None


class TreeMenu(Struct, frozen=True):
    """A menu of images that users choose from, in an environment's own file.

    path: of its mapping. defaults: where the chart's own stands, whose keys hold where the environment has none.
    repository: of its images. recommended: the tag that its key `recommendedTag` names, None for none. dropdown:
    whether what may be started is said apart, so that its own keys say what is pulled in advance.
    """

    environment: str
    application: str
    file: str
    path: KeyPath
    defaults: OwnSetting
    repository: str
    recommended: str | None
    dropdown: bool


class NotUnderstood(Struct, frozen=True):
    """What could not be read or rendered; everything else was. `where` is a file or the folder of a chart.

    late: there was no time for it.
    """

    where: str
    reason: str
    line: int | None = None
    environment: str | None = None
    application: str | None = None
    late: bool = False


class SwitchedOff(Struct, frozen=True):
    """An application of a tree that an environment does not deploy.

    file, path: where the switch is, or would be. line, value: None where nothing is said there.
    """

    environment: str
    application: str
    file: str
    path: KeyPath
    line: int | None = None
    value: str | None = None


TreeFinding = TreeImage | TreeMenu | NotUnderstood


class RenderLimits(Struct, frozen=True):
    """What a rendering may take.

    until: when the last one of a command has to have ended, by `time.monotonic`; None for no such time. seconds,
    memory, output: of each rendering, in seconds and bytes.
    """

    until: float | None = None
    seconds: float = SECONDS
    memory: int = MEMORY
    output: int = OUTPUT

    @property
    def seconds_left(self) -> float:
        """How long the next rendering may take; 0 or less where no time is left."""
        left = self.seconds if self.until is None else self.until - time.monotonic()
        return min(self.seconds, left)


Wanted = Callable[[str, str, str], bool]
"""Asked of each application before it is rendered: its environment, its name, and a digest of all that goes into it."""


class Programs(Struct, frozen=True):
    """The programs that render, those that are installed, and where they may work: nothing of the tree is there.

    environment: the variables of this process. cache: where what was rendered is kept for the next time.
    exact: render what is there, without sentinels, so that nothing is known of what decides an image. limits: what
    renderings may take. wanted: which applications are rendered, where a layout can tell them apart; None renders all.
    """

    work: Path
    environment: Mapping[str, str]
    helm: str | None = None
    kustomize: str | None = None
    cache: Path | None = None
    exact: bool = False
    limits: RenderLimits = RenderLimits()
    wanted: Wanted | None = None


class TreeLayout(Protocol):
    """One shape of trees."""

    def fits(self, tree: Tree, /) -> bool:
        """Whether a tree has this shape."""

    def environments(self, tree: Tree, /) -> list[str]:
        """Its environments, by name."""

    def read(self, tree: Tree, environments: Collection[str], /) -> Iterator[TreeFinding]:
        """The images of these environments, read without any program."""

    def render(
        self, tree: Tree, environments: Collection[str], programs: Programs, /
    ) -> Iterator[TreeFinding] | None:
        """The same, container by container, as the programs render them; None where the program that it takes is
        not installed, or there is nothing to render."""


class SwitchingLayout(Protocol):
    """A shape of trees that says by a switch for each application whether an environment deploys it."""

    def fits(self, tree: Tree, /) -> bool:
        """Whether a tree has this shape."""

    def environments(self, tree: Tree, /) -> list[str]:
        """Its environments, by name."""

    def switched_off(self, tree: Tree, environment: str, files: Collection[str], /) -> Iterator[SwitchedOff]:
        """The applications that are off there, of those that files belong to. Raises `UnreadableFile`."""
