"""The components of a release, each at its own build where the product's grammar has builds.

A cycle (`c0044`) is one release of many components, of which each has its own newest build (`c0044.007`). They are
looked for side by side: a hundred components take about as long as the slowest few.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from ldmrelease.domain.images import Carrier, parse_reference
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.tags import Kind, Tag, grammar_of, order_key, parse, tag_pattern_match
from ldmrelease.domain.topology import ComponentKind, ComponentSource, Product
from ldmrelease.registry.workers import Workers
from ldmrelease.services.needs import ReleaseSources
from ldmrelease.sources.interface import FoundComponent, SourceAccess, UnusableComponent
from ldmrelease.sources.registry import source_of


class FoundBuild(Struct, frozen=True):
    """A component as it was found; `moving` where no build of it is fixed, so that its tag may name another soon."""

    found: FoundComponent
    moving: bool


class NoSuchBuild(Struct, frozen=True):
    """A build of a component that was asked for by name and is not there."""

    component: str
    tag: str


def find_builds(
    context: ReleaseSources, product: Product, tag: Tag, builds: Mapping[str, Tag]
) -> list[FoundBuild | UnusableComponent | NoSuchBuild | None]:
    """What each component of a product is at a tag, in their order; None for one that is not there.

    builds: by component, the build that is meant; of the others the newest, else what the tag itself names.
    Raises what a source raises that did not answer.
    """
    access = SourceAccess(context.located, lambda text: context.registries.open(parse_reference(text)))
    search = _Search(product, tag, builds, access)
    workers = Workers(in_turn=all(map(_is_near, product.components)))
    try:
        first, *others = product.components
        return [
            workers.first(search.find, first, prepare=lambda: None),
            *workers.each(search.find, others),
        ]
    finally:
        workers.close()


def named_builds(
    product: Product, tag: Tag, named: Mapping[str, int | str]
) -> Iterator[tuple[str, Tag | None]]:
    """The builds of a cycle that somebody named by number or tag; None for what is no build of it."""
    builds = grammar_of(product.grammar).BUILDS
    for component, name in named.items():
        build = _build(product, tag, name) if builds is not None else None
        yield component, build


def pinned_builds(product: Product, release: Release, tag: Tag) -> dict[str, Tag]:
    """The builds that a pin of a cycle has, by component; without those that are pinned at the moving tag."""
    found = {}
    for component in release.components:
        build = _spelled(product, component)
        if build is not None and build_of(product, build) == tag.name:
            found[component.name] = build
    return found


def build_of(product: Product, tag: Tag) -> str | None:
    """The moving tag of whose builds a tag is one."""
    builds = grammar_of(product.grammar).BUILDS
    return builds.of(tag) if builds is not None else None


def has_builds(product: Product, tag: Tag) -> bool:
    """Whether each component has its own build under the tag."""
    return tag.kind is Kind.moving and grammar_of(product.grammar).BUILDS is not None


def is_next_build(product: Product, before: Component, after: Component) -> bool:
    """Whether a component went from a build of a cycle to a later one of the same, or from what moves by itself."""
    mine, other = _spelled(product, before), _spelled(product, after)
    if mine is None or other is None or before.source != after.source:
        return False
    if has_builds(product, mine):
        return mine.name in (other.name, build_of(product, other))
    cycle = build_of(product, mine)
    return cycle is not None and cycle == build_of(product, other) and _key(mine) < _key(other)


class _Search(Struct, frozen=True):
    """Looks for the components of one release."""

    product: Product
    tag: Tag
    builds: Mapping[str, Tag]
    access: SourceAccess

    def find(self, source: ComponentSource) -> FoundBuild | UnusableComponent | NoSuchBuild | None:
        named = self.builds.get(source.name)
        tag = named or self._newest(source) or self.tag
        found = source_of(source.kind).find(source, tag, self.product.grammar, self.access)
        if found is None:
            return NoSuchBuild(source.name, tag.input) if named is not None else None
        return FoundBuild(found, tag.kind is Kind.moving) if isinstance(found, FoundComponent) else found

    def _newest(self, source: ComponentSource) -> Tag | None:
        """The newest build that the source has, None where it has none of this tag."""
        if not has_builds(self.product, self.tag):
            return None
        names = source_of(source.kind).names(source, self.access)
        tags = (tag_pattern_match(source.spelling, each, self.product.grammar) for each in names)
        builds = [each for each in tags if each is not None and build_of(self.product, each) == self.tag.name]
        return max(builds, key=_key, default=None)


def _build(product: Product, tag: Tag, name: int | str) -> Tag | None:
    builds = grammar_of(product.grammar).BUILDS
    if builds is None or tag.name is None:
        return None
    text = builds.write(tag, name) if isinstance(name, int) else name
    found = parse(text, product.grammar) if text is not None else None
    return found if found is not None and build_of(product, found) == tag.name else None


def _spelled(product: Product, component: Component) -> Tag | None:
    """The tag that a pinned component has at its source."""
    source = product.component(component.name)
    return (
        tag_pattern_match(source.spelling, component.spelling, product.grammar)
        if source is not None
        else None
    )


def _key(tag: Tag) -> tuple[object, ...]:
    return order_key(tag) or ()


def _is_near(source: ComponentSource) -> bool:
    """Whether it is in files of this machine, where a thread costs more than it brings."""
    if source.kind is ComponentKind.IMAGE:
        return parse_reference(source.source).carrier is Carrier.LAYOUT
    return source.kind is ComponentKind.BUILD or ":" not in source.source
