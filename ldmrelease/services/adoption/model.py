"""What is proposed for a tree: products, environments, and the scalars that a promotion would write."""

from msgspec import Struct

from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.trees.interface import TreeImage


class ScalarAddress(Struct, frozen=True, order=True):
    """A scalar of the tree. document: `KIND/NAME` where its file has several; path: as settings are named."""

    file: str
    path: str
    document: str = ""

    def within(self, file: str) -> str:
        """As it is written in a target whose file is `file`."""
        start = "" if self.file == file else f"{self.file}#"
        return f"{start}{self.document}:{self.path}" if self.document else start + self.path


class FoundPart(Struct, frozen=True):
    """A part of what decides an image: where it is written, and then where it is read if nothing stands there."""

    name: str
    addresses: tuple[ScalarAddress, ...]


class FoundSelector(Struct, frozen=True):
    """What decides the version of an image at a place.

    writes: what its one scalar holds, `tag`, `tag@digest` or `image`; template: how several make a tag, None where
    one is all of it; repository_at: the scalar that says its repository, None where it is no scalar of its own.
    """

    environment: str
    application: str
    repository: str
    tag: str
    parts: tuple[FoundPart, ...]
    writes: str = "tag"
    template: str | None = None
    repository_at: ScalarAddress | None = None

    @property
    def written(self) -> tuple[ScalarAddress, ...]:
        """The scalars that a promotion would write."""
        return tuple(each.addresses[0] for each in self.parts)


class Uncovered(Struct, frozen=True):
    """An image that the workspace does not manage, and why. `file` and `line` are where it is decided, if it is."""

    image: TreeImage
    reason: str
    file: str | None = None
    line: int | None = None


class ProposedComponent(Struct, frozen=True):
    """An image repository. spelling: how a release is spelled there, None as it is."""

    name: str
    repository: str
    spelling: str | None = None


class ProposedProduct(Struct, frozen=True):
    """Images that are tagged together. tags: those that the tree has; aliases: names that move by promotion."""

    name: str
    grammar: AnyGrammar
    components: tuple[ProposedComponent, ...]
    tags: tuple[str, ...]
    reason: str
    aliases: tuple[str, ...] = ()


class ProposedSetting(Struct, frozen=True):
    """A selector, and the component (`PRODUCT/COMPONENT`) whose image it decides."""

    component: str
    selector: FoundSelector


class ProposedMenu(Struct, frozen=True):
    """A menu of notebook images: the component on it, the path of its mapping, where the chart's own stands, and the
    key of each name that moves. dropdown: whether what can be started is said apart from what is pulled in advance."""

    component: str
    path: str
    defaults: str
    aliases: tuple[tuple[str, str], ...]
    dropdown: bool


class ProposedApplication(Struct, frozen=True):
    """What is written in one commit of an environment: settings, or a menu. file: of addresses that name none; level:
    where it is not that of its environment."""

    name: str
    file: str
    settings: tuple[ProposedSetting, ...]
    level: str | None = None
    menu: ProposedMenu | None = None

    @property
    def components(self) -> tuple[str, ...]:
        """What runs there."""
        own = (self.menu.component,) if self.menu is not None else (each.component for each in self.settings)
        return tuple(dict.fromkeys(own))


class ProposedEnvironment(Struct, frozen=True):
    """An environment with its level, and why it is at that. is_used: whether patterns have applications there."""

    name: str
    level: str
    reason: str
    applications: tuple[ProposedApplication, ...]
    is_used: bool = False


class TreeProposal(Struct, frozen=True):
    """A workspace for a tree. images: how many the tree asks for; covered: of how many it decides."""

    products: tuple[ProposedProduct, ...]
    environments: tuple[ProposedEnvironment, ...]
    uncovered: tuple[Uncovered, ...]
    images: int
    covered: int
