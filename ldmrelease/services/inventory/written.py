"""What is written in menus and no release is known of: a slip, or a tag whose image and pin are gone.

It can be taken out all the same. For the request it becomes a release without components: its tag is what is written.
"""

from collections.abc import Iterable, Iterator

from ldmrelease.domain import canonical
from ldmrelease.domain.release import Release, release_digest
from ldmrelease.domain.tags import parse, tag_pattern_match
from ldmrelease.domain.topology import Application, Product
from ldmrelease.services.deployments.desired import snapshot
from ldmrelease.services.needs import AliasLookup
from ldmrelease.services.releases.components import components_of
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.targets import registry
from ldmrelease.targets.results import Snapshot


def written_release(
    context: AliasLookup, applications: Iterable[Application], text: str, product: str | None = None
) -> Pinned | None:
    """What the menus of these places have that is written so, or spells that tag; else what was taken out of one so
    before. None where there is neither. A menu that cannot be read is left out.
    """
    products = [each for each in context.topology.products if product in (None, each.name)]
    for each in applications:
        for owner, written in _written(context, each, products):
            if text in _names(owner, written):
                return _pinned(context, owner, written)
    for owner in products:
        for _, tag in context.pins.tags(owner.name):
            if text in _names(owner, tag):
                found = _stored(context, owner, tag)
                if found is not None and not found.release.components:
                    return found
    return None


def _stored(context: AliasLookup, product: Product, written: str) -> Pinned | None:
    """The newest pin of a tag that need not be one of the product's grammar."""
    revisions = context.pins.revisions(product.name, written)
    if not revisions:
        return None
    body = revisions[-1].body
    release = canonical.decode(context.ledger.blob(body.document), Release)
    return Pinned(
        release, body.digest, parse(written, product.grammar, product.aliases), revision=body.revision
    )


def _written(
    context: AliasLookup, application: Application, products: list[Product]
) -> Iterator[tuple[Product, str]]:
    there = snapshot(context, application) if application.target.capabilities.keeps_many else None
    stated = registry.stated(application.target, there) if isinstance(there, Snapshot) else ()
    owners = components_of(context.topology, application)
    for each in stated if isinstance(stated, tuple) else ():
        owner = owners.get(each.component)
        written = each.tag or each.invalid
        if owner is not None and written and each.alias is None:
            yield from ((product, written) for product in products if product.name == owner.product)


def _names(product: Product, written: str) -> set[str]:
    """What a text may be called: as it is written, or by the tag that it spells."""
    spelled = {
        found.name
        for source in product.components
        if (found := tag_pattern_match(source.spelling, written, product.grammar)) is not None and found.name
    }
    return {each for name in (written, *spelled) for each in (name, f"{product.name}/{name}")}


def _pinned(context: AliasLookup, product: Product, written: str) -> Pinned:
    stored = _stored(context, product, written)
    if stored is not None:
        return stored
    tag = parse(written, product.grammar, product.aliases)
    missing = tuple(each.name for each in product.components)
    release = Release(product.name, written, str(tag.kind), (), missing, None)
    return Pinned(release, release_digest(release), tag)
