"""A second spelling: a release of the same version, with the images of one that was pinned before under another tag.

It names nothing that runs (`projections.naming`), and nobody is told to promote it: whoever pins `v24.0.0` beside
24.0.0 has two names for one thing, and its history under the first of them.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import order_key, parse
from ldmrelease.services.needs import ReleaseLookup


class _Spelled(Struct, frozen=True):
    """A pin: its tag, what the tag says apart from its spelling, and its images."""

    tag: str
    version: object
    images: frozenset[tuple[str, str]]


def first_spelling(context: ReleaseLookup, product: str, tag: str) -> str:
    """The tag under which a release was pinned first; the tag itself where it is no second spelling."""
    return second_spellings(context, product).get(tag, tag)


def second_spellings(context: ReleaseLookup, product: str) -> dict[str, str]:
    """By tag of a product, as it is pinned now: the tag that was there before it."""
    newest: dict[str, _Spelled] = {}
    same: dict[object, list[_Spelled]] = {}
    for each in _pins(context, product):
        newest[each.tag] = each
        same.setdefault(each.version, []).append(each)
    found = {tag: _older(same[each.version], each) for tag, each in newest.items()}
    return {tag: older for tag, older in found.items() if older is not None}


def second_spelling(context: ReleaseLookup, release: Release) -> str | None:
    """The tag that was there before a release that is or is to be pinned; None where it is no second spelling."""
    return _older(_pins(context, release.product), _spelled(context, release))


def _older(pins: Iterable[_Spelled], spelled: _Spelled) -> str | None:
    for each in pins:
        if each.tag == spelled.tag:
            # Its own first pin: what came later is a second spelling of this one.
            return None
        if spelled.images and each.version == spelled.version and spelled.images <= each.images:
            return each.tag
    return None


def _pins(context: ReleaseLookup, product: str) -> Iterator[_Spelled]:
    """The pins of a product, oldest first."""
    pins = [each for _, tag in context.pins.tags(product) for each in context.pins.revisions(product, tag)]
    for each in sorted(pins, key=lambda each: each.event.sequence):
        yield _spelled(context, canonical.decode(context.ledger.blob(each.body.document), Release))


def _spelled(context: ReleaseLookup, release: Release) -> _Spelled:
    product = context.topology.product(release.product)
    tag = parse(release.tag, product.grammar, product.aliases) if product is not None else None
    order = order_key(tag) if tag is not None else None
    version: object = release.tag
    if tag is not None and order is not None:
        # What orders two spellings of one version is the text itself, and nothing before it.
        version = (str(tag.kind), tag.group, tuple(each for each in order if each != tag.input))
    images = frozenset((each.name, each.digest) for each in release.images)
    return _Spelled(release.tag, version, images)
