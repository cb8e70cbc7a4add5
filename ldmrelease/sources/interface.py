"""What a source of components has to offer: what a release's tag names there now.

Each kind is a module with `find`, named in `registry`.
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import Tag
from ldmrelease.domain.topology import ComponentSource
from ldmrelease.registry.repository import Repository


class SourceAccess(Struct, frozen=True):
    """How sources are reached. located: a directory as the workspace means it, anything else as it is. open: the image
    repository that a reference names."""

    located: Callable[[str], str]
    open: Callable[[str], Repository]


class FoundComponent(Struct, frozen=True):
    """A component bound to a digest; `listing` is the text behind a digest of content, if it is one, and `versions`
    what its parts are called there.
    """

    component: Component
    listing: bytes | None = None
    versions: bytes | None = None


class UnusableComponent(Struct, frozen=True):
    """Something is there that a release cannot be made of: `code` and values."""

    code: str
    values: dict[str, Any]


class Source(Protocol):
    """A kind of source."""

    def find(
        self, source: ComponentSource, tag: Tag, grammar: AnyGrammar, access: SourceAccess, /
    ) -> FoundComponent | UnusableComponent | None:
        """What the tag names there now; None where it names nothing.

        Raises `UnavailableError` where it could not be asked, `BadList` for a list that cannot be read.
        """

    def names(self, source: ComponentSource, access: SourceAccess, /) -> list[str]:
        """Every tag that is there, as it is spelled there. Raises `UnavailableError` where it could not be asked."""
