"""What a grammar of tags has to offer: each is a module, named in `registry`."""

from collections.abc import Iterator
from typing import Protocol

from ldmrelease.domain.tags.tag import Builds, Kind, OrderKey, Tag


class Grammar(Protocol):
    """A way in which a product's tags are spelled.

    KINDS: the kinds of release that its tags may be.
    EXAMPLE: a tag with every spelling that the grammar has.
    SEPARATOR: what joins the parts of a tag.
    NAMES_IN_GIT: whether a release is called by its git tag; else by the tag of its image.
    REBUILDS: whether a registry may have a release and its candidates only as rebuilds, `<tag>_rsp<N>`.
    BUILDS: builds under a moving tag, of which each component of a product has its own newest; None without such.
    """

    KINDS: frozenset[Kind]
    EXAMPLE: str
    SEPARATOR: str
    NAMES_IN_GIT: bool
    REBUILDS: bool
    BUILDS: Builds | None

    def parse(self, text: str, /) -> Tag:
        """Read a tag. Never raises: what does not fit is a tag of kind `unknown` with a reason."""

    def order_key(self, tag: Tag, /) -> OrderKey:
        """What orders a tag that was parsed among those of its kind."""

    def other_spellings(self, text: str, /) -> Iterator[str]:
        """What may be meant by a text, in lower case, that has other separators than the grammar's tags."""
