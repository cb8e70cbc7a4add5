"""What release somebody means by a text that is not spelled as its product's tags are.

One place for every command: a tag in another case, with other separators, as an image's tag, or a digest. It is
understood where it can mean one release alone; else there are suggestions, and none of them is taken.
"""

import difflib
import re
from collections.abc import Iterator

from ldmrelease.domain.tags import grammar_of, parse, tag_pattern_match
from ldmrelease.domain.topology import ComponentSource, Product, Topology
from ldmrelease.services.needs import ReleaseLookup
from ldmrelease.services.releases.products import ChosenProduct, default_product, reads

DIGEST = "sha256:"
_SHORTEST_DIGEST = len(DIGEST) + 6
_REBUILD = re.compile(r"(.+)[._-]rsp[0-9]+", re.IGNORECASE)
_MOST = 3
_SEPARATORS_ADDED, _OTHER_SEPARATORS = 1, 2
"""How much of a text was changed to read it: nothing but its case is 0."""


def understand(
    context: ReleaseLookup, text: str, product: Product | None = None
) -> ChosenProduct | tuple[str, ...]:
    """The release that a text means, of one product or of any; else what may be meant, as `product/tag`.

    What reads as a tag of one product, and is the rebuild of another one's notebook image, is certain where it is
    pinned. Of several products the default one has its way only where it reads the text in another spelling of its own.
    """
    products = context.topology.products if product is None else (product,)
    usual = default_product(context.topology)
    if text.startswith(DIGEST):
        found = dict.fromkeys(_of_digest(context, text, products), 0)
    else:
        found = _all_readings(products, text)
    certain = [each for each, changed in found.items() if changed < _OTHER_SEPARATORS] or [*found]
    asked = [each for each in certain if found[each] == 0 and usual is not None and each[0] == usual.name]
    if len(certain) == 1 or (len(asked) == 1 and all(found[each] == 0 for each in certain)):
        name, tag = asked[0] if asked else certain[0]
        rebuilt = [] if context.pins.revisions(name, tag) else [*_rebuilt(products, text, name)]
        if rebuilt:
            return tuple(dict.fromkeys((*rebuilt, f"{name}/{tag}")))[:_MOST]
        chosen = context.topology.product(name)
        assert chosen is not None
        return ChosenProduct(chosen, tag)
    in_order = sorted(found, key=lambda each: usual is None or each[0] != usual.name)
    names = [f"{name}/{tag}" for name, tag in in_order] or [*_near(context, text, products)]
    return tuple(dict.fromkeys(names))[:_MOST]


def _all_readings(products: tuple[Product, ...], text: str) -> dict[tuple[str, str], int]:
    """Product and tag of each reading, with how much of the text had to be changed for it."""
    found: dict[tuple[str, str], int] = {}
    for product in products:
        for changed, tag in _readings(product, text):
            key = (product.name, tag)
            found[key] = min(changed, found.get(key, changed))
    return found


def _of_digest(
    context: ReleaseLookup, digest: str, products: tuple[Product, ...]
) -> Iterator[tuple[str, str]]:
    if len(digest) < _SHORTEST_DIGEST:
        return
    names = {each.name for each in products}
    for pinned in context.pins.all():
        body = pinned.body
        if body.product in names and any(each.startswith(digest) for each in (body.digest, *body.digests)):
            yield body.product, body.tag


def revisions_of_digest(context: ReleaseLookup, product: str, tag: str, digest: str) -> tuple[int, ...]:
    """The revisions of a tag that have this digest, or one that begins so: as their own, or as that of an image."""
    pins = [each.body for each in context.pins.revisions(product, tag)]
    return tuple(
        each.revision for each in pins if any(own.startswith(digest) for own in (each.digest, *each.digests))
    )


def _readings(product: Product, text: str) -> Iterator[tuple[int, str]]:
    """The tags of a product that a text may mean."""
    for changed, each in _spellings(product, text):
        tag = parse(each, product.grammar, product.aliases)
        if tag.parsed and tag.name is not None:
            yield changed, tag.name
    for component in product.components:
        repository, _, image = text.strip().rpartition(":")
        if repository and not _is_source(component, repository):
            # An image of elsewhere is no release of ours, whatever its tag is.
            continue
        matched = tag_pattern_match(component.spelling, image, product.grammar)
        if matched is not None and matched.name is not None:
            yield 0, matched.name


def _is_source(component: ComponentSource, repository: str) -> bool:
    """Whether a text names a component's repository, in whole or by its last part."""
    source = component.source
    return repository in (source, source.removeprefix("oci:"), source.rpartition("/")[2], component.name)


def _spellings(product: Product, text: str) -> Iterator[tuple[int, str]]:
    """A text in the spellings of its product's grammar: another case, separators put in, other separators."""
    plain = text.strip().lower().removeprefix(f"{product.name.lower()}/")
    yield 0, plain
    grammar = grammar_of(product.grammar)
    changed = _SEPARATORS_ADDED if grammar.SEPARATOR in plain else _OTHER_SEPARATORS
    for each in grammar.other_spellings(plain):
        yield changed, each


def _near(context: ReleaseLookup, text: str, products: tuple[Product, ...]) -> Iterator[str]:
    """Pinned releases whose name is near; that of a notebook image's rebuild is the one that was rebuilt."""
    yield from _rebuilt(products, text)
    for product in products:
        # Somebody left out what is zero: not certain, and a good guess.
        whole = (f"{text.strip().rpartition('/')[2]}{rest}" for rest in (".0", ".0.0"))
        yield from (f"{product.name}/{each}" for each in whole if reads(product, each))
    names = {each.name for each in products}
    pinned = {tag: f"{name}/{tag}" for name, tag in context.pins.tags() if name in names}
    word = text.rpartition("/")[2].lower()
    yield from (pinned[each] for each in difflib.get_close_matches(word, sorted(pinned), n=2, cutoff=0.75))


def _rebuilt(products: tuple[Product, ...], text: str, but: str | None = None) -> Iterator[str]:
    """What a notebook image's rebuild is made of, of each product `but` one."""
    found = _REBUILD.fullmatch(text)
    if found is None:
        return
    for product in products:
        if product.name != but:
            readings = [(changed, tag) for changed, tag in _readings(product, found[1])]
            least = min((changed for changed, _ in readings), default=0)
            yield from (f"{product.name}/{tag}" for changed, tag in readings if changed == least)


def unread_choices(topology: Topology) -> str:
    """The products with their grammars, for whoever has to choose."""
    return ", ".join(f"{each.name} ({each.grammar})" for each in topology.products) or "none"
