"""Which image somebody means: by a digest or its beginning, by a tag, or by a reference with a repository."""

import re

from msgspec import Struct

from ldmrelease.domain.images import check_tag, parse_reference
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.topology import Topology
from ldmrelease.services.needs import ReleaseLookup

_DIGEST = re.compile(r"sha256:[0-9a-f]{1,64}", re.ASCII)


class ImageQuery(Struct, frozen=True):
    """What is known of the image that is meant: its `repository` as a reference names it, its `tag`, its `digest` or
    the beginning of that. A digest decides alone; a tag may have been another image's.
    """

    repository: str | None = None
    tag: str | None = None
    digest: str | None = None

    def has(
        self, source: str | None, spelling: str, digest: str, foreign: ForeignImage | None = None
    ) -> bool:
        """Whether an image is meant: of a component's source or a foreign repository, spelled so, with this digest."""
        if self.repository is not None:
            named = foreign.found if foreign is not None else source
            if named is None or _repository(named) != self.repository:
                return False
        if self.digest is not None:
            return digest.startswith(self.digest)
        return self.tag is None or spelling == self.tag or spelling.endswith(f":{self.tag}")


def image_query(text: str) -> ImageQuery:
    """The image that a text means: `sha256:...`, a tag, or a reference. Raises `ValueError`."""
    if _DIGEST.fullmatch(text):
        return ImageQuery(digest=text)
    if not any(mark in text for mark in ":/@"):
        return ImageQuery(tag=check_tag(text))
    named = parse_reference(text)
    return ImageQuery(named.name, named.tag, named.digest)


def is_known(context: ReleaseLookup, query: ImageQuery) -> bool:
    """Whether a pin has such an image, or the workspace such a repository where nothing else is said."""
    sources = [each for product in context.topology.products for each in product.components]
    if query.repository is not None and query.repository not in {
        _repository(each.source) for each in sources
    }:
        return False
    if query.digest is not None:
        return any(
            digest.startswith(query.digest) for pin in context.pins.all() for digest in pin.body.digests
        )
    return query.tag is None or _is_pinned(context, context.topology, query.tag)


def _is_pinned(context: ReleaseLookup, topology: Topology, tag: str) -> bool:
    for product in topology.products:
        for source in product.components:
            spelled = tag_pattern_match(source.spelling, tag, product.grammar)
            if (
                spelled is not None
                and spelled.name is not None
                and context.pins.revisions(product.name, spelled.name)
            ):
                return True
    return False


def _repository(text: str) -> str | None:
    """The repository of a reference; None of what is none, such as a list of packages."""
    try:
        return parse_reference(text).name
    except ValueError:
        return None
