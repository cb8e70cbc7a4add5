"""What differs between two pins of a product: images, EUPS products, configuration."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.release import Component
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.services.releases.pin import Pinned


class ComparedVersion(Struct, frozen=True):
    """A component as one of the two has it."""

    source: str
    spelling: str
    digest: str


class ComponentChange(Struct, frozen=True):
    """A component in both; None where one of the two does not have it."""

    component: str
    kind: str
    before: ComparedVersion | None
    after: ComparedVersion | None

    @property
    def differs(self) -> bool:
        """Whether it is made of something else; the spelling of its tag alone is not a difference."""
        mine, other = self.before, self.after
        return mine is None or other is None or (mine.source, mine.digest) != (other.source, other.digest)


class ProductChange(Struct, frozen=True):
    """An EUPS product that differs, by its commits; None where one of the two lists does not have it."""

    name: str
    before: str | None
    after: str | None


class Comparison(Struct, frozen=True):
    """From `before` to `after` (names of releases).

    `products` are the EUPS products that differ, of `listed` ones in either list; None where one of the two
    has no list, so that nothing can be said. `same` says that nothing differs but spellings.
    """

    before: str
    after: str
    components: tuple[ComponentChange, ...]
    products: tuple[ProductChange, ...] | None
    listed: int
    same: bool


def compare(before: Pinned, after: Pinned) -> Comparison:
    """Two pins, component by component and product by product."""
    components = tuple(_components(before, after))
    products, listed = _products(before.listing, after.listing)
    same = not any(each.differs for each in components) and not products
    return Comparison(before.release.name, after.release.name, components, products, listed, same)


def _components(before: Pinned, after: Pinned) -> Iterator[ComponentChange]:
    mine = {each.name: each for each in before.release.components}
    others = {each.name: each for each in after.release.components}
    order = list(ComponentKind)
    for name in sorted(mine | others, key=lambda each: (order.index((mine | others)[each].kind), each)):
        kind = str((mine | others)[name].kind)
        yield ComponentChange(name, kind, _version(mine.get(name)), _version(others.get(name)))


def _version(component: Component | None) -> ComparedVersion | None:
    return (
        None if component is None else ComparedVersion(component.source, component.spelling, component.digest)
    )


def _products(before: bytes | None, after: bytes | None) -> tuple[tuple[ProductChange, ...] | None, int]:
    if before is None or after is None:
        return None, 0
    from ldmrelease.sources.eups import read_listing  # noqa: PLC0415 - for builds alone

    mine, others = read_listing(before), read_listing(after)
    names = sorted(mine | others)
    changes = (ProductChange(each, mine.get(each), others.get(each)) for each in names)
    return tuple(each for each in changes if each.before != each.after), len(names)
