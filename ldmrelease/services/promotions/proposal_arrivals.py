"""What a proposal brings in beside what runs: components and EUPS products that differ from the release there."""

from collections.abc import Iterator, Sequence

from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.running_release import running_release
from ldmrelease.services.promotions.work import Work
from ldmrelease.services.releases.compare import ComparedVersion, Comparison, compare
from ldmrelease.services.releases.pin import Pinned, stored_release

_MOST_PRODUCTS = 20
_SHORT = 12


def arrivals(works: Sequence[Work]) -> Iterator[str]:
    """A line for each thing that differs, each release that runs at one of the places once.

    Of a place where nobody has looked, and of what was never pinned, nothing is said.
    """
    coming = works[0].pinned
    running = {found.digest: found for each in works if (found := _running(each)) is not None}
    for each in running.values():
        if each.digest != coming.digest:
            yield from _lines(compare(each, coming))


def _running(work: Work) -> Pinned | None:
    names = ImageNames(work.context)
    for component in work.application.components(work.pinned.release.product):
        found = running_release(work.context, names, work.application, component)
        if found is not None:
            return stored_release(work.context, found)
    return None


def _lines(found: Comparison) -> Iterator[str]:
    for each in found.components:
        if each.differs:
            yield f"since {found.before}: {each.component} {_version(each.before)} -> {_version(each.after)}"
    products = found.products or ()
    if products:
        yield f"since {found.before}: {len(products)} of {found.listed} EUPS products differ"
    for product in products[:_MOST_PRODUCTS]:
        yield f"{product.name} {(product.before or 'none')[:_SHORT]} -> {(product.after or 'none')[:_SHORT]}"
    if len(products) > _MOST_PRODUCTS:
        yield f"and {len(products) - _MOST_PRODUCTS} more EUPS products"


def _version(version: ComparedVersion | None) -> str:
    return "none" if version is None else version.spelling
