"""Which image somebody means: by a digest or its beginning, by a tag, or by a reference with a repository."""

import re
from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.images import check_digest, check_tag, parse_reference
from ldmrelease.domain.site_registry import ForeignImage, OwnRepositories, repository_name
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
        self, own: OwnRepositories | None, spelling: str, digest: str, foreign: ForeignImage | None = None
    ) -> bool:
        """Whether an image is meant: in one of a component's own repositories or a foreign one, spelled so, with this
        digest.
        """
        if self.repository is not None and not self._is_in(own, foreign):
            return False
        if self.digest is not None:
            return digest.startswith(self.digest)
        return self.tag is None or spelling == self.tag or spelling.endswith(f":{self.tag}")

    def _is_in(self, own: OwnRepositories | None, foreign: ForeignImage | None) -> bool:
        assert self.repository is not None
        if foreign is not None:
            return repository_name(foreign.found) == repository_name(self.repository)
        return own is not None and own.has(self.repository)


def image_query(text: str) -> ImageQuery:
    """The image that a text means: `sha256:...`, a tag, or a reference. Raises `ValueError`."""
    if _DIGEST.fullmatch(text):
        return ImageQuery(digest=text)
    if text.startswith("sha256:"):
        check_digest(text)
    if not any(mark in text for mark in ":/@"):
        return ImageQuery(tag=check_tag(text))
    named = parse_reference(text)
    return ImageQuery(named.name, named.tag, named.digest)


def is_known(context: ReleaseLookup, query: ImageQuery) -> bool:
    """Whether a pin has such an image, or the workspace such a repository where nothing else is said."""
    if query.repository is not None and not _is_source(context.topology, query.repository):
        return False
    if query.digest is not None:
        return any(
            digest.startswith(query.digest) for pin in context.pins.all() for digest in pin.body.digests
        )
    return query.tag is None or next(pinned_releases(context, query.tag), None) is not None


def pinned_releases(context: ReleaseLookup, tag: str) -> Iterator[tuple[str, str, str]]:
    """Product, component and pinned release of which an image's tag is, by the spelling of the workspace."""
    for product in context.topology.products:
        for source in product.components:
            spelled = tag_pattern_match(source.spelling, tag, product.grammar)
            if (
                spelled is not None
                and spelled.name is not None
                and context.pins.revisions(product.name, spelled.name)
            ):
                yield product.name, source.name, spelled.name


def _is_source(topology: Topology, repository: str) -> bool:
    sites = {(each.registry, each.mirrors) for each in topology.applications} | {(None, ())}
    sources = {each.source for product in topology.products for each in product.components}
    return any(OwnRepositories(source, *site).has(repository) for source in sources for site in sites)
