"""Make a pin durable by itself, apart from a promotion."""

from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Product
from ldmrelease.services.context import Untrusted
from ldmrelease.services.needs import ReleaseLookup, ReleaseStore
from ldmrelease.services.releases.pin import Pinned, pin_events, push_release


class PinnedMeanwhile(LdmreleaseError):
    """Somebody else pinned the same tag at the same moment: ask again."""


def changed_components(product: Product, before: Pinned, after: Pinned) -> tuple[str, ...]:
    """The components that were pinned and are something else now, of elsewhere or gone; what came since is no change,
    and neither is the next build of a cycle, or another one at a tag that moves.

    The same digest of another source is another pin: signatures and provenance are looked for at its source.
    """
    now = {each.name: each for each in after.release.components}
    return tuple(
        each.name for each in before.release.components if not _as_expected(product, each, now.get(each.name))
    )


def _as_expected(product: Product, before: Component, after: Component | None) -> bool:
    if after is None:
        return False
    from ldmrelease.services.releases.builds import is_next_build  # noqa: PLC0415 - knows every source

    same = (before.source, before.digest) == (after.source, after.digest)
    return same or is_next_build(product, before, after)


def store_pin(context: ReleaseStore, found: Pinned, reason: str | None) -> Pinned:
    """Append the pin as the tag's next revision, and put the release artifact where others look for it.

    Raises `PinnedMeanwhile`, `RegistryError`.
    """
    events, blobs, expect = pin_events(context, found, reason)
    if context.append(events, expect=expect, blobs=blobs) is not None:
        raise PinnedMeanwhile(f"{found.release.name} was pinned by somebody else just now; ask again")
    push_release(context.release_repository(), found)
    (version,) = expect.values()
    return replace(found, revision=version + 1)


def pinned_by_digest(context: ReleaseLookup, product_name: str, tag: str, digest: str) -> Pinned:
    """The pinned revision that has this digest. Raises `Untrusted`."""
    product = context.topology.product(product_name)
    if product is None:
        raise Untrusted(f"the workspace has no product {product_name!r} any more")
    for opened in context.pins.revisions(product_name, tag):
        if opened.body.digest != digest:
            continue
        release = canonical.decode(context.ledger.blob(opened.body.document), Release)
        listing = context.ledger.blob(release.content) if release.content else None
        parsed = parse(tag, product.grammar, product.aliases)
        return Pinned(release, digest, parsed, listing, opened.body.revision)
    raise Untrusted(f"no counted pin of {product_name}/{tag} has the digest {digest}")
