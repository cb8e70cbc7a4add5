"""The list of what is pinned."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import Kind, parse
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Product
from ldmrelease.services.needs import ReleaseLookup
from ldmrelease.services.releases.second_spellings import second_spellings

_UNKNOWN = "unknown"


class PinnedRelease(Struct, frozen=True):
    """A tag with its newest pin that counts. `kind` is `unknown` where the workspace has no such product;
    `sequence` is the event of the pin; `second_spelling_of` is the tag that was there before with its images.
    """

    product: str
    tag: str
    kind: str
    complete: bool
    revision: int
    digest: str
    pinned: str
    by: str
    sequence: int
    second_spelling_of: str | None = None


def pinned_releases(
    context: ReleaseLookup, product: str | None = None, kinds: Collection[Kind] | None = None
) -> list[PinnedRelease]:
    """What is pinned, in the order of pinning: of one product, of some kinds of tags, or all."""
    chosen = [each for each in _all(context, product) if not kinds or each.kind in kinds]
    return sorted(chosen, key=lambda each: each.sequence)


def _all(context: ReleaseLookup, product: str | None) -> Iterator[PinnedRelease]:
    second: dict[str, dict[str, str]] = {}
    for owner, tag in context.pins.tags(product):
        if owner not in second:
            second[owner] = second_spellings(context, owner)
        revisions = context.pins.revisions(owner, tag)
        if revisions and not _is_only_written(context, revisions[-1].body):
            newest, known = revisions[-1], context.topology.product(owner)
            yield PinnedRelease(
                owner,
                tag,
                _kind(context, known, newest.body),
                newest.body.complete,
                newest.body.revision,
                newest.body.digest,
                spell(newest.event.time),
                newest.person,
                newest.event.sequence,
                second[owner].get(tag),
            )


def _kind(context: ReleaseLookup, product: Product | None, pin: Pin) -> str:
    """What a tag is; of one that moves, what its pin is."""
    if product is None:
        return _UNKNOWN
    kind = parse(pin.tag, product.grammar).kind
    if kind is Kind.moving:
        return canonical.decode(context.ledger.blob(pin.document), Release).kind
    return str(kind)


def _is_only_written(context: ReleaseLookup, pin: Pin) -> bool:
    """Whether it stands for what was taken out of a menu, and nothing belongs to it."""
    if pin.digests or pin.content is not None:
        return False
    return not canonical.decode(context.ledger.blob(pin.document), Release).components
