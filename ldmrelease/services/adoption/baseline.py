"""What runs in an adopted tree, taken as it is: observed, and its releases pinned. Nothing is signed that says that a
decision let it in, so that it is known as *found, not decided* (docs/decisions/0032)."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable, UnavailableError
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.tags import grammar_of, tag_pattern_match
from ldmrelease.domain.topology import Application, Place, Product
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.needs import Baselining
from ldmrelease.services.releases.pin import Pinned, Unpinnable, pin, stored_pin
from ldmrelease.services.releases.store import store_pin
from ldmrelease.targets.results import Refusal

FOUND = "found where it was adopted, not decided"
"""The reason that such a pin is signed with."""


class FoundPlace(Struct, frozen=True):
    """What was seen at a place: the images, and those of them without a digest; or why nothing was."""

    place: Place
    images: int = 0
    unresolved: tuple[str, ...] = ()
    missed: Refusal | Unavailable | None = None


class FoundRelease(Struct, frozen=True):
    """A release that runs: pinned now, pinned before, or not, and why."""

    product: str
    tag: str
    pinned: bool
    problem: Unpinnable | Unavailable | None = None


class Baseline(Struct, frozen=True):
    """What runs, as it was found."""

    places: tuple[FoundPlace, ...]
    releases: tuple[FoundRelease, ...]


def take_baseline(context: Baselining) -> Baseline:
    """Record what runs at every place, and pin each release that is named there and can be resolved."""
    places: list[FoundPlace] = []
    running: dict[tuple[str, str], Product] = {}
    for application in context.workspace.topology.applications:
        seen = observe(context, application)
        if not isinstance(seen, Observation):
            places.append(FoundPlace(application.place, missed=seen))
            continue
        context.append([observation_event(context, seen)])
        lacking = tuple(each.component for each in seen.images if not each.digest)
        places.append(FoundPlace(application.place, len(seen.images), lacking))
        running |= _releases(context, application, seen)
    releases = tuple(_pinned(context, product, tag) for (_, tag), product in sorted(running.items()))
    return Baseline(tuple(places), releases)


def _releases(
    context: Baselining, application: Application, seen: Observation
) -> dict[tuple[str, str], Product]:
    found = {}
    for product in context.workspace.topology.products:
        if application.components(product.name):
            for tag in _tags(product, seen):
                found[product.name, tag] = product
    return found


def _tags(product: Product, seen: Observation) -> Iterator[str]:
    """The releases that a place names: of builds of a cycle, the cycle."""
    builds = grammar_of(product.grammar).BUILDS
    for image in seen.images:
        component = product.component(image.component) if image.product == product.name else None
        tag = image.spelling.partition("@")[0]
        read = tag_pattern_match(component.spelling, tag, product.grammar) if component else None
        if read is None or read.name is None:
            continue
        whole = builds.of(read) if builds is not None else None
        yield whole or read.name


def _pinned(context: Baselining, product: Product, tag: str) -> FoundRelease:
    try:
        before = stored_pin(context, product, tag)
        if before is not None:
            return FoundRelease(product.name, tag, pinned=True)
        found = pin(context, product, tag)
        if not isinstance(found, Pinned):
            return FoundRelease(product.name, tag, pinned=False, problem=found)
        store_pin(context, found, FOUND)
    except UnavailableError as error:
        return FoundRelease(product.name, tag, pinned=False, problem=Unavailable(error.where, error.reason))
    return FoundRelease(product.name, tag, pinned=True)
